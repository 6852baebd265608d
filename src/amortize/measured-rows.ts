/**
 * Measurements as objectives take them: arrays with a row for each, and what a batch of rows means inside a
 * program.
 */
import { TweedieError } from '../error.ts'
import type { Observation } from '../operators/index.ts'
import { constant, type NdArray, rowsAt, type Shape, type Tensor } from '../tensor/index.ts'

/** Arrays of measurements by name, such as y and mask; each has one row for each measurement. */
export type Named<K extends string, L> = { readonly [name in K]: L }

/** An array of measurements, in memory or of which rows are read when they are asked for. */
export type RowArray = NdArray<'float32'> | ReadRows

/** An array of which rows are read when they are asked for. */
export interface ReadRows {
  /** [N, ...]. */
  readonly shape: Shape
  /** The rows at an index, in its order. */
  readonly rowsAt: (index: readonly number[]) => NdArray<'float32'>
}

/** Measurements to learn from. */
export interface Measurements<K extends string = string> {
  readonly arrays: Named<K, RowArray>
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

const chosen = (array: RowArray, index: readonly number[]): NdArray<'float32'> =>
  'rowsAt' in array ? array.rowsAt(index) : rowsAt(array, index)

/** The chosen rows of every array. */
export const measuredRows = (
  { arrays }: Measurements,
  index: readonly number[],
): Named<string, NdArray<'float32'>> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, chosen(array, index)]))

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

const FIRST = [0]

/** The first of the measurements, as programs see it. */
export const observationOfFirst = ({ arrays, observe }: Measurements): Observation => {
  const first = Object.entries(arrays).map(([name, array]) => [name, constant(chosen(array, FIRST))] as const)
  return observe(Object.fromEntries(first))
}

/** Shape of one x, as the operator of the measurements takes it. */
export const eventOfMeasurements = (measurements: Measurements): Shape =>
  observationOfFirst(measurements).A.inShape
