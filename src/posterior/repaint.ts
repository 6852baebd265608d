/**
 * RePaint (Lugmayr et al. 2022): the known pixels come from the observation, the unknown ones from the prior,
 * xs = m ∘ (y + σs z) + (1 − m) ∘ xs'. As a denoiser D = m ∘ y + (1 − m) ∘ x̂: see mcg.ts for why the known pixels have the
 * same law at every level. What is RePaint's own is going back: sample with `timeTravel(step, { repeats })`, which
 * lets known and unknown pixels agree. Cost: one network evaluation.
 */
import type { Denoiser } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Observation, Operator } from '../operators/index.ts'
import { projected } from './ddnm.ts'

const requireMask = (A: Operator): void => {
  if (A.name === 'mask' || A.name === 'identity') return
  throw new TweedieError(
    'input',
    `repaint needs a mask, got operator '${A.name}'; ddnm takes any pseudo-inverse`,
  )
}

/**
 * The denoiser of RePaint, for noiseless masked observations.
 *
 * @throws TweedieError `input` when the operator is no mask
 *
 * @example
 * ```ts
 * sampler((o) => repaint(prior, { y: o.y, A: mask(o.mask), noise }), { step: timeTravel(ddpm(), { repeats: 10 }) })
 * ```
 */
export const repaint = (prior: Denoiser, observation: Observation): Denoiser => {
  requireMask(observation.A)
  const project = projected(observation, 'repaint')
  return (xt, sigma) => project(prior(xt, sigma))
}
