import type { Float32s } from '../formats/index.ts'
import { type NdArray, rows } from '../tensor/ndarray.ts'
import type { ObservationSet } from './observation-set.ts'
import type { ObservationOperator } from './operator.ts'

type Cut = (array: NdArray<'float32'>) => NdArray<'float32'>

const cutAll = (arrays: Float32s, cut: Cut): Float32s =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, cut(array)]))

const cutOperator = (operator: ObservationOperator, cut: Cut): ObservationOperator => {
  switch (operator.kind) {
    case 'identity':
      return operator
    case 'mask':
      return { ...operator, mask: cut(operator.mask) }
    case 'projection':
      return { ...operator, matrix: cut(operator.matrix) }
    case 'family': {
      const made = { ...operator, parameters: cutAll(operator.parameters, cut) }
      return operator.truth ? { ...made, truth: cutAll(operator.truth, cut) } : made
    }
  }
}

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
  const cut: Cut = (array) => (array.shape[0] === count ? rows(array, start, stop) : array)
  const few = { ...set, y: cut(y), operator: cutOperator(operator, cut) }
  return std ? { ...few, std: cut(std) } : few
}
