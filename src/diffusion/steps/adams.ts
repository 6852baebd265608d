import type { Step } from '../step.ts'
import { multistep } from './multistep.ts'

/**
 * Exponential Adams steps of second order that predict, evaluate and correct: SA-Solver (Xue et al. 2023)
 * with a two-step predictor and a one-step corrector. The default of samplers: at 32 evaluations it is within
 * 3 % of a Gaussian posterior's variance. One denoiser evaluation a step; one noise where τ > 0.
 *
 * @param options - `stochasticity`: τ in [0, 1], less in steps by more than e^0.3 in σ, as few steps make
 *   them; 0 is the probability flow, most exact with an exact
 *   denoiser; 1 the reverse SDE, which makes good what a network has wrong; default 0.9
 * @throws TweedieError `input` for a stochasticity outside [0, 1]
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: adams({ stochasticity: 1 }), steps: 32 })
 * ```
 */
export const adams = ({ stochasticity = 0.9 } = {}): Step =>
  multistep({ name: 'adams', stochasticity, corrector: true, slopeWeight: 'exact', reach: 0.3 })
