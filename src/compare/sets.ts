/** What is observed of test data: the same for all methods, steps and samplers of a task. */
import type { ObservationSet } from '../observations/index.ts'
import { observe } from '../observations/index.ts'
import { familyOf } from '../operators/index.ts'
import type { NdArray } from '../tensor/index.ts'
import type { Task } from './cell.ts'

/** The observations of a task. */
export interface Sets {
  /** With the parameters that each observation really had. */
  readonly known: ObservationSet
  /** As the task shows them: of a blind task without their parameters. Only blind samplers get these. */
  readonly shown: ObservationSet
}

/** A blind set with the parameters that its observations had; deleted entries are those of a set of masks. */
const unveiled = (set: ObservationSet): ObservationSet => {
  const { operator } = set
  if (operator.kind !== 'family' || !operator.truth) return set
  const { truth, parameters, ...rest } = operator
  if (familyOf(operator.name).masks) return { ...set, operator: { kind: 'mask', mask: truth.mask } }
  return { ...set, operator: { ...rest, parameters: { ...parameters, ...truth } } }
}

/** The corrupted view of test items [N, ...event] in [0, 1]. */
export const observed = async (
  { operator, noise }: Task,
  truth: NdArray<'float32'>,
  seed: number,
): Promise<Sets> => {
  const shown = await observe(truth, { operator, noise, range: [0, 1], seed })
  return { known: unveiled(shown), shown }
}
