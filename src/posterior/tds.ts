/**
 * Twisted diffusion sampler (Wu et al. 2023): sequential Monte Carlo (smc.ts) with the twist l = N(y; A x̂, Σy + r I)
 * and proposals guided by ∇ log l. Cost of a step: one network evaluation and one vector–Jacobian product for each
 * particle.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Observation } from '../operators/index.ts'
import type { Covariance } from './covariance.ts'
import { type ParticleSampler, type SmcOptions, smc } from './smc.ts'
import { isotropicTwist } from './twist.ts'

/** Options of {@link tds}. */
export interface TdsOptions extends SmcOptions {
  /** Variance r(σ) of A x given xt, default σ²/(1 + σ²). */
  readonly variance?: Covariance
}

/**
 * The sampler of TDS; any differentiable operator.
 *
 * @throws TweedieError `input` as {@link smc}
 *
 * @example
 * ```ts
 * const draw = tds(prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { particles: 8, steps: 64 })
 * ```
 */
export const tds = <C>(
  prior: Denoiser,
  observationOf: (context: C) => Observation,
  { variance, ...options }: TdsOptions = {},
): ParticleSampler<C> => smc(isotropicTwist(variance), prior, observationOf, options, 'tds')
