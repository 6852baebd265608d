import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import type { Items } from './joined-items.ts'

/** Bytes for items that take work to read. */
export const KEPT_BYTES = 2 ** 25

/**
 * Items of which the first that are read stay in memory, up to so many bytes: those of small folders are
 * decoded once. None is given up for another, since in passes and permutations any is as likely to be next.
 *
 * @param event - shape of an item
 * @param bytes - default 32 MiB
 */
export const keptItems = ({ count, rows }: Items, event: Shape, bytes = KEPT_BYTES): Items => {
  const size = sizeOf(event)
  const most = Math.floor(bytes / (4 * size))
  const kept = new Map<number, Float32Array>()
  const itemAt = (row: number): Float32Array => {
    const known = kept.get(row)
    if (known) return known
    const { data } = rows(row, row + 1)
    if (kept.size < most) kept.set(row, data)
    return data
  }
  return {
    count,
    rows: (from, to) => {
      const data = new Float32Array((to - from) * size)
      for (let row = from; row < to; row++) data.set(itemAt(row), (row - from) * size)
      return new NdArray('float32', [to - from, ...event], data)
    },
  }
}
