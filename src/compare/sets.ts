/** Observations of test data: the same for all methods, steps and samplers of a task. */
import { type ObservationSet, observe, unveiled } from '../observations/index.ts'
import type { NdArray } from '../tensor/index.ts'
import type { Task } from './cell.ts'
import type { Appearance } from './view.ts'

/** The observations of a task. */
export interface Sets {
  /** With the parameters that each observation really had. */
  readonly known: ObservationSet
  /** As the task shows them: of a blind task without their parameters. Only blind samplers get these. */
  readonly shown: ObservationSet
}

/** The corrupted view of test items [N, ...event] in [0, 1], with the noise as the task tells it. */
export const observed = async (
  { operator, noise, told = noise }: Task,
  truth: NdArray<'float32'>,
  seed: number,
  { view, valid }: Partial<Appearance> = {},
): Promise<Sets> => {
  const set = await observe(truth, { operator, noise, range: [0, 1], view, valid, seed })
  const shown = { ...set, noise: told }
  return { known: { ...shown, operator: unveiled(shown.operator) }, shown }
}
