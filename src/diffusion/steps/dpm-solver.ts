import type { Step } from '../step.ts'
import { multistep } from './multistep.ts'

/**
 * DPM-Solver++(2M) (Lu et al. 2022), and with τ = 1 its stochastic form, SDE-DPM-Solver++(2M). One denoiser
 * evaluation a step; one noise where τ > 0.
 *
 * @param options - `stochasticity`: τ in [0, 1], default 0
 * @throws TweedieError `input` for a stochasticity outside [0, 1]
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { step: dpmSolver(), steps: 32 })
 * ```
 */
export const dpmSolver = ({ stochasticity = 0 } = {}): Step =>
  multistep({ name: 'dpm', stochasticity, corrector: false, slopeWeight: 'midpoint' })
