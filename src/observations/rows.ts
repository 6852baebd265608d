import type { Parameters } from '../operators/index.ts'
import { type NdArray, rows, rowsAt } from '../tensor/index.ts'
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

/**
 * Observations of a set by their rows, in this order.
 *
 * @example
 * ```ts
 * const two = observationRowsAt(readObservations('observations.npz'), [0, 7])
 * ```
 */
export const observationRowsAt = (set: ObservationSet, at: readonly number[]): ObservationSet => {
  const { y, operator, std } = set
  const count = y.shape[0]
  const chosen = (array: NdArray<'float32'>) => (array.shape[0] === count ? rowsAt(array, at) : array)
  const each = (parameters: Parameters<NdArray<'float32'>>) =>
    Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, chosen(array)]))
  const { parameters, truth } = operator
  return {
    ...set,
    y: rowsAt(y, at),
    operator: { ...operator, parameters: each(parameters), ...(truth ? { truth: each(truth) } : {}) },
    ...(std ? { std: chosen(std) } : {}),
  }
}
