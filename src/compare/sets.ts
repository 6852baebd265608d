/** What is observed of test data: the same for all methods, steps and samplers of a task. */
import type { ObservationSet } from '../data/index.ts'
import { familyOf, observe } from '../operators/index.ts'
import type { NdArray } from '../tensor/index.ts'
import type { Task } from './cell.ts'
import { onlyThere, type View } from './view.ts'

/** The observations of a task. */
export interface Sets {
  /** With the parameters that each observation really had. */
  readonly known: ObservationSet
  /** As the task shows them: of a blind task without their parameters. Only blind samplers get these. */
  readonly shown: ObservationSet
}

/** Parameters with those that are masks 0 where nothing counts. */
const cut = (
  parameters: Readonly<Record<string, NdArray<'float32'>>>,
  view: View,
): Record<string, NdArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, array]) => [
      name,
      name === 'mask' ? onlyThere(view, array) : array,
    ]),
  )

/** A set that observes nothing where there is nothing: padding and land are outside its masks. */
const withoutPadding = (set: ObservationSet, view: View): ObservationSet => {
  const { operator, y } = set
  if (operator.kind === 'mask')
    return { ...set, y: onlyThere(view, y), operator: { ...operator, mask: onlyThere(view, operator.mask) } }
  if (operator.kind !== 'family' || !('mask' in operator.parameters)) return set
  const { parameters, truth } = operator
  return {
    ...set,
    y: onlyThere(view, y),
    operator: {
      ...operator,
      parameters: cut(parameters, view),
      ...(truth ? { truth: cut(truth, view) } : {}),
    },
  }
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
  view: View,
): Promise<Sets> => {
  const set = await observe(truth, { operator, noise, range: [0, 1], seed })
  const shown = view.there ? withoutPadding(set, view) : set
  return { known: unveiled(shown), shown }
}
