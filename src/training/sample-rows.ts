/** Rows to learn from, wherever they are: in memory or on disk. */
import { NdArray, rowsAt, type Shape } from '../tensor/index.ts'

/** Items [count, ...event] of which some are asked for at a time. */
export interface SampleRows {
  readonly count: number
  /** Shape of one. */
  readonly event: Shape
  /** The rows of these indices, copied: [rows.length, ...event]. @throws TweedieError `io` */
  rowsAt(rows: readonly number[]): NdArray<'float32'>
}

/**
 * Rows of an array; rows are as they are.
 *
 * @param x - [N, ...event]
 *
 * @example
 * ```ts
 * const { count, event } = sampleRows(ndarray([1, 2, 3, 4], [2, 2])) // 2, [2]
 * ```
 */
export const sampleRows = (x: NdArray<'float32'> | SampleRows): SampleRows =>
  x instanceof NdArray ? { count: x.shape[0], event: x.shape.slice(1), rowsAt: (rows) => rowsAt(x, rows) } : x

/** Some of the rows, in this order. */
export const chosenRows = (samples: SampleRows, chosen: ArrayLike<number>): SampleRows => ({
  count: chosen.length,
  event: samples.event,
  rowsAt: (rows) => samples.rowsAt(rows.map((row) => chosen[row])),
})

/** The same rows, each changed by itself as it is read: [n, ...event] to the same shape. */
export const mappedRows = (
  samples: SampleRows,
  change: (x: NdArray<'float32'>) => NdArray<'float32'>,
): SampleRows => ({ ...samples, rowsAt: (rows) => change(samples.rowsAt(rows)) })
