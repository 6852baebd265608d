/**
 * The K·N draws of N observations as rows, draw k of observation i being row k N + i: batches of them and of
 * what was observed.
 */

import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import { float32, NdArray, rowsAt, type Shape, sizeOf } from '../tensor/index.ts'

/** Rows `from … to − 1` of [K, N, ...event], as [to − from, ...event]. */
export const drawRows = (
  { data, shape: [, , ...event] }: NdArray<'float32'>,
  from: number,
  to: number,
): NdArray<'float32'> => floatRows(data, event, from, to)

const floatRows = (data: Float32Array, event: Shape, from: number, to: number): NdArray<'float32'> =>
  new NdArray('float32', [to - from, ...event], data.subarray(from * sizeOf(event), to * sizeOf(event)))

/** The observation and the draw of rows `from … to − 1`. */
export const addressOf = (count: number, from: number, to: number) => {
  const rows = Array.from({ length: to - from }, (_, r) => from + r)
  return { observation: rows.map((r) => r % count), draw: rows.map((r) => Math.floor(r / count)) }
}

/** The observations of the signals that rows are draws of. */
export const observedOf = (set: BatchedObservations) => {
  const all = set.batch(0, set.count)
  return (from: number, to: number): ObservationBatch<NdArray> => {
    const { observation } = addressOf(set.count, from, to)
    const of = (array: NdArray): NdArray =>
      array.shape[0] === set.count ? rowsAt(float32(array), observation) : array
    const { std } = all.noise
    return {
      y: of(all.y),
      parameters: Object.fromEntries(
        Object.entries(all.parameters).map(([name, array]) => [name, of(array)]),
      ),
      noise: std ? { std: of(std) } : {},
    }
  }
}
