/** EDM's preconditioning (Karras et al. 2022), trained on t ~ Beta(3, 3) as in DiEM (Rozet et al. 2024). */
import { betaBatch } from '../../random/index.ts'
import { edmWeight } from '../loss.ts'
import { preconditioned } from '../precondition.ts'
import { exponentialSchedule } from '../schedule.ts'
import type { Parameterization } from './parameterization.ts'

/**
 * The default: a linear part beside the network, whatever levels a schedule has, and the weight under which
 * the network itself has unit weight.
 *
 * @example
 * ```ts
 * const prior = edm.denoiser(net, frozen(params), { skip: gaussian })
 * ```
 */
export const edm: Parameterization = {
  name: 'edm',
  settings: {},
  corrects: true,
  denoiser: preconditioned,
  times: (stream, at) => betaBatch(stream, 3, 3, at, []),
  levelOf: (time, schedule) => schedule.sigmaOf(time),
  weight: edmWeight,
  schedule: exponentialSchedule,
}
