/**
 * Denoising diffusion null-space model (Wang, Yu & Zhang 2023): the part of x that a noiseless linear
 * observation fixes is put in place, D = (I − A⁺A) x̂ + A⁺ y. Cost: one network evaluation.
 */
import { type Observation, requirePinv } from '../operators/index.ts'
import { add, type Tensor } from '../tensor/index.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry } from './method-entry.ts'
import { residual } from './update.ts'

/**
 * x ↦ (I − A⁺A) x + A⁺ y.
 *
 * @param who - the method, for the message
 * @throws TweedieError `input` for operators without pseudo-inverse
 */
export const projected = (observation: Observation, who: string): ((x: Tensor) => Tensor) => {
  const pinv = requirePinv(observation.A, who)
  return (x) => add(x, pinv(residual(observation, x)))
}

/**
 * DDNM, for noiseless observations: noise on y stays in the result.
 *
 * @throws TweedieError (the method) `input` for operators without pseudo-inverse
 *
 * @example
 * ```ts
 * const posterior = ddnm()(prior, observation)
 * ```
 */
export const ddnm = (): GuidanceMethod => (prior, observation) => {
  const project = projected(observation, 'ddnm')
  return (xt, sigma) => project(prior(xt, sigma))
}

/** DDNM in the list of methods. */
export const ddnmEntry = guidanceEntry({
  name: 'ddnm',
  title: 'DDNM',
  reference: 'Wang, Yu & Zhang 2023',
  needs: 'pinv',
  usesNoise: false,
  settings: {},
  make: ddnm,
  vjps: () => 0,
})
