/** First-order steps: DDIM (Song et al. 2021) and ancestral sampling (DDPM, Ho et al. 2020). */
import { add, div, minimum, mul, sqrt, square, sub, type Tensor } from '../../tensor/index.ts'
import type { Denoiser } from '../denoiser.ts'
import { type Levels, noise, perSample, type Step, singleStep } from '../step.ts'

/** The deterministic step, xs = D + (σs/σt)(xt − D): Euler's, of the probability-flow ODE. */
export const eulerStep = (D: Denoiser, xt: Tensor, { t, s }: Levels): Tensor => {
  const ratio = div(s, t)
  const d = D(xt, perSample(t, xt), { sigma: s, sensitivity: sub(1, ratio) })
  return add(d, mul(sub(xt, d), ratio))
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
export const ddim = ({ eta = 0 } = {}): Step => {
  if (eta === 0) return singleStep({ name: 'ddim', noises: 0, evaluations: 1, step: eulerStep })
  return singleStep({
    name: `ddim(${eta})`,
    noises: 1,
    evaluations: 1,
    step: (D, xt, { t, s }, z) => {
      const ratio = div(s, t)
      const tau = minimum(mul(sub(1, square(ratio)), eta), 1)
      const keep = mul(ratio, sqrt(sub(1, tau)))
      const d = D(xt, perSample(t, xt), { sigma: s, sensitivity: sub(1, keep) })
      return add(add(d, mul(sub(xt, d), keep)), mul(noise(z, 0, xt), mul(s, sqrt(tau))))
    },
  })
}

/**
 * Ancestral sampling (Ho et al. 2020): DDIM with η = 1, written without the cancellation in 1 − τ. One
 * denoiser evaluation and one noise a step. At 64 steps it keeps 85 % of a Gaussian's variance: `adams()`
 * keeps it at 32.
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: ddpm(), steps: 64 })
 * ```
 */
export const ddpm = (): Step =>
  singleStep({
    name: 'ddpm',
    noises: 1,
    evaluations: 1,
    step: (D, xt, { t, s }, z) => {
      const keep = square(div(s, t))
      const d = D(xt, perSample(t, xt), { sigma: s, sensitivity: sub(1, keep) })
      return add(add(d, mul(sub(xt, d), keep)), mul(noise(z, 0, xt), mul(s, sqrt(sub(1, keep)))))
    },
  })
