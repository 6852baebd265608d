/**
 * MMPS made asymptotically exact: sequential Monte Carlo (smc.ts) whose proposal is the step guided by MMPS (Rozet et
 * al. 2024) and whose twist is MMPS's own Gaussian N(y; A x̂, Σy + A V Aᵀ). One particle is MMPS; many are p(x | y)
 * of the prior's chain, also where the posterior has several modes, whose masses MMPS does not get right.
 *
 * Cost of a step, for each particle: one network evaluation, and vector–Jacobian products as `mmpsTwist` says.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Observation } from '../operators/index.ts'
import { type ParticleSampler, type SmcOptions, smc } from './smc.ts'
import { type MmpsTwistOptions, mmpsTwist } from './twist.ts'

/** Options of {@link smcMmps}. */
export interface SmcMmpsOptions extends SmcOptions, MmpsTwistOptions {}

/**
 * The sampler of SMC-corrected MMPS; any differentiable operator.
 *
 * @throws TweedieError `input` as {@link smc}
 *
 * @example
 * ```ts
 * const draw = smcMmps(prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { particles: 16, steps: 64 })
 * ```
 */
export const smcMmps = <C>(
  prior: Denoiser,
  observationOf: (context: C) => Observation,
  { density, solve, ...options }: SmcMmpsOptions = {},
): ParticleSampler<C> => smc(mmpsTwist({ density, solve }), prior, observationOf, options, 'smc-mmps')
