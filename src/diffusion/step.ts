/**
 * One step of a reverse sampler from noise level σt to σs < σt, as expressions. `z` holds the step's noise,
 * [noises, ...xt.shape]. All are in the VE form of DiEM (Rozet et al. 2024).
 */
import { TweedieError } from '../error.ts'
import {
  add,
  broadcastTo,
  div,
  fullLike,
  minimum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  type Tensor,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** Noise levels of a step, scalars. */
export interface Levels {
  readonly t: Tensor
  readonly s: Tensor
}

/** A kind of step: how many noises it takes, and what it does. */
export interface Step {
  readonly name: string
  /** Standard normal arrays consumed by a step. */
  readonly noises: number
  /** Denoiser evaluations of a step. */
  readonly evaluations: number
  step(D: Denoiser, xt: Tensor, levels: Levels, z: Tensor | undefined): Tensor
}

const perSample = (sigma: Tensor, x: Tensor): Tensor => broadcastTo(sigma, [x.shape[0]])

const noise = (z: Tensor | undefined, i: number, like: Tensor): Tensor => {
  if (!z) throw new TweedieError('shape', 'this sampler needs noise, got none')
  return reshape(slice(z, [i], [i + 1]), like.shape)
}

/**
 * xs = D + (σs/σt)√(1 − τη)(xt − D) + σs√τη z with τ = 1 − σs²/σt², τη = min(ητ, 1): η = 0 is DDIM (Song et
 * al. 2021), η = 1 ancestral sampling (DDPM, Ho et al. 2020).
 * One denoiser evaluation a step; one noise where η > 0.
 *
 * @param options - `eta`: η in [0, 1], default 0
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: ddim(), steps: 32 }) // deterministic after the start
 * ```
 */
export const ddim = ({ eta = 0 } = {}): Step => ({
  name: eta === 0 ? 'ddim' : `ddim(${eta})`,
  noises: eta === 0 ? 0 : 1,
  evaluations: 1,
  step: (D, xt, { t, s }, z) => {
    const ratio = div(s, t)
    const tau = minimum(mul(sub(1, square(ratio)), eta), 1)
    const keep = eta === 0 ? ratio : mul(ratio, sqrt(sub(1, tau)))
    const d = D(xt, perSample(t, xt), { sigma: s, sensitivity: sub(1, keep) })
    const mean = add(d, mul(sub(xt, d), keep))
    return eta === 0 ? mean : add(mean, mul(noise(z, 0, xt), mul(s, sqrt(tau))))
  },
})

/**
 * Ancestral sampling (Ho et al. 2020): DDIM with η = 1, written without the cancellation in 1 − τ. The
 * default of samplers. One denoiser evaluation and one noise a step.
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: ddpm(), steps: 64 })
 * ```
 */
export const ddpm = (): Step => ({
  name: 'ddpm',
  noises: 1,
  evaluations: 1,
  step: (D, xt, { t, s }, z) => {
    const keep = square(div(s, t))
    const d = D(xt, perSample(t, xt), { sigma: s, sensitivity: sub(1, keep) })
    return add(add(d, mul(sub(xt, d), keep)), mul(noise(z, 0, xt), mul(s, sqrt(sub(1, keep)))))
  },
})

/**
 * Predictor–corrector: a DDIM step, then `corrections` Langevin steps x ← x − τ(x − D) + σs√(2τ) z at level s
 * (DiEM, τ = 0.1, one correction).
 * One denoiser evaluation and one noise more for each correction.
 *
 * @param options - `corrections`: default 1; `tau`: τ > 0, default 0.1
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: predictorCorrector({ corrections: 2 }), steps: 32 })
 * ```
 */
export const predictorCorrector = ({ corrections = 1, tau = 0.1 } = {}): Step => ({
  name: `pc(${corrections})`,
  noises: corrections,
  evaluations: 1 + corrections,
  step: (D, xt, levels, z) => {
    const { s } = levels
    const langevin = { sigma: s, sensitivity: fullLike(s, tau) }
    let x = ddim().step(D, xt, levels, undefined)
    for (let i = 0; i < corrections; i++) {
      const drift = mul(sub(x, D(x, perSample(s, x), langevin)), tau)
      x = add(sub(x, drift), mul(noise(z, i, x), mul(s, Math.sqrt(2 * tau))))
    }
    return x
  },
})

/**
 * Heun's second-order step of the probability-flow ODE dx/dσ = (x − D)/σ (Karras et al. 2022, Algorithm 1).
 * Two denoiser evaluations a step, no noise.
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: heun(), steps: 18 })
 * ```
 */
export const heun = (): Step => ({
  name: 'heun',
  noises: 0,
  evaluations: 2,
  step: (D, xt, { t, s }) => {
    // Each evaluation gets the sensitivity of the Euler step of which it is half.
    const move = { sigma: s, sensitivity: sub(1, div(s, t)) }
    const slope = div(sub(xt, D(xt, perSample(t, xt), move)), t)
    const h = sub(s, t)
    const guess = add(xt, mul(slope, h))
    const next = div(sub(guess, D(guess, perSample(s, xt), move)), s)
    return add(xt, mul(add(slope, next), mul(h, 0.5)))
  },
})
