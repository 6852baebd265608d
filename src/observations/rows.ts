import type { Parameters } from '../operators/index.ts'
import { type NdArray, rows } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { parameterRows } from './operator.ts'

/**
 * Observations `start … stop − 1` of a set, as views of its arrays.
 *
 * @example
 * ```ts
 * const few = observationRows(readObservations('observations.npz'), 0, 16)
 * ```
 */
export const observationRows = (set: ObservationSet, start: number, stop: number): ObservationSet => {
  const { y, operator, std } = set
  const count = y.shape[0]
  const cut = (parameters: Parameters<NdArray<'float32'>>) => parameterRows(parameters, count, start, stop)
  const { parameters, truth } = operator
  return {
    ...set,
    y: rows(y, start, stop),
    operator: { ...operator, parameters: cut(parameters), ...(truth ? { truth: cut(truth) } : {}) },
    ...(std ? { std: cut({ std }).std } : {}),
  }
}
