/**
 * Measurements as objectives take them: arrays with a row for each, and what a batch of rows means inside a
 * program.
 */
import { TweedieError } from '../error.ts'
import type { Observation } from '../operators/index.ts'
import { constant, type NdArray, rows, rowsAt, type Shape, type Tensor } from '../tensor/index.ts'

/** Arrays of measurements by name, such as y and mask; each has one row for each measurement. */
export type Named<K extends string, L> = { readonly [name in K]: L }

/** Measurements to learn from. */
export interface Measurements<K extends string = string> {
  readonly arrays: Named<K, NdArray<'float32'>>
  /**
   * The observations of the rows of a batch. The operator may know more than the condition (blind
   * restoration).
   */
  observe(rows: Named<K, Tensor>): Observation
  /** The condition of the flow, [B, ...flow.condition]; default y in that shape. */
  condition?(rows: Named<K, Tensor>): Tensor
  /**
   * The condition of x [B, ...event] (units of the prior), had it been observed as the rows were, with noise
   * made of e, standard normal like `arrays.y`. Absent when that cannot be said.
   */
  simulate?(rows: Named<K, Tensor>, x: Tensor, e: Tensor): Tensor
}

/** The chosen rows of every array. */
export const measuredRows = (
  { arrays }: Measurements,
  index: readonly number[],
): Named<string, NdArray<'float32'>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, rowsAt(array, index)]))

/**
 * Number of measurements.
 *
 * @throws TweedieError `input` when they have no rows, or not all arrays as many
 */
export const countOfMeasurements = ({ arrays }: Measurements): number => {
  const counts = Object.entries(arrays).map(([name, { shape }]) => ({ name, count: shape[0] ?? 0 }))
  const [first] = counts
  const odd = counts.find(({ count }) => count !== first.count || count === 0)
  if (!first || odd) {
    const listed = counts.map(({ name, count }) => `${name} ${count}`).join(', ')
    throw new TweedieError('input', `measurements need arrays of as many rows each, got ${listed || 'none'}`)
  }
  return first.count
}

/** The first of the measurements, as programs see it. */
export const observationOfFirst = ({ arrays, observe }: Measurements): Observation => {
  const first = Object.entries(arrays).map(([name, array]) => [name, constant(rows(array, 0, 1))] as const)
  return observe(Object.fromEntries(first))
}

/** Shape of one x, as the operator of the measurements takes it. */
export const eventOfMeasurements = (measurements: Measurements): Shape =>
  observationOfFirst(measurements).A.inShape
