/** EDM's steps (Karras et al. 2022): Heun's, deterministic or with noise put in before. */
import { TweedieError } from '../../error.ts'
import { add, div, mul, sub, type Tensor } from '../../tensor/index.ts'
import type { Denoiser } from '../denoiser.ts'
import { type Levels, noise, perSample, type Step, singleStep } from '../step.ts'

const heunStep = (D: Denoiser, xt: Tensor, { t, s }: Pick<Levels, 't' | 's'>): Tensor => {
  // Each evaluation gets the sensitivity of the Euler step of which it is half.
  const move = { sigma: s, sensitivity: sub(1, div(s, t)) }
  const slope = div(sub(xt, D(xt, perSample(t, xt), move)), t)
  const h = sub(s, t)
  const guess = add(xt, mul(slope, h))
  const next = div(sub(guess, D(guess, perSample(s, xt), move)), s)
  return add(xt, mul(add(slope, next), mul(h, 0.5)))
}

/**
 * Heun's second-order step of the probability-flow ODE dx/dσ = (x − D)/σ (Karras et al. 2022, Algorithm 1),
 * with `churn` after noise has raised the level from σt to (1 + γ)σt (Algorithm 2, S_noise = 1).
 * Two denoiser evaluations a step; a noise with churn.
 *
 * @param options - `churn`: γ in [0, 1], default 0; Karras et al. take (√2 − 1) at most
 * @throws TweedieError `input` for a churn outside [0, 1]
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: heun({ churn: 0.1 }), steps: 18 })
 * ```
 */
export const heun = ({ churn = 0 } = {}): Step => {
  if (!(churn >= 0 && churn <= 1))
    throw new TweedieError('input', `heun: churn must lie in [0, 1], got ${churn}`)
  if (churn === 0) return singleStep({ name: 'heun', noises: 0, evaluations: 2, step: heunStep })
  return singleStep({
    name: `heun(${churn})`,
    noises: 1,
    evaluations: 2,
    step: (D, xt, { t, s }, z) => {
      const raised = mul(t, 1 + churn)
      const more = mul(noise(z, 0, xt), mul(t, Math.sqrt((1 + churn) ** 2 - 1)))
      return heunStep(D, add(xt, more), { t: raised, s })
    },
  })
}
