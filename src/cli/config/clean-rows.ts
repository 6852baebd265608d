/** Clean data as rows to learn from. */
import type { CleanSource } from '../../datasets/index.ts'
import { NdArray, zeros } from '../../tensor/index.ts'
import { type SampleRows, sampleRows } from '../../training/index.ts'

/** Items that lie in a file of arrays, read by position. */
const readNow = (
  { shape: [count, ...event] }: CleanSource,
  read: (from: number, to: number) => NdArray<'float32'>,
): SampleRows => ({
  count,
  event,
  rowsAt: (rows) => {
    const x = zeros([rows.length, ...event])
    for (const [i, row] of rows.entries()) x.data.set(read(row, row + 1).data, (i * x.size) / rows.length)
    return x
  },
})

/**
 * Clean items as rows in their own units: those of files of arrays are read as a step asks for them. Pictures
 * and k-space are worked out first, and are in memory.
 */
export const cleanRows = async (source: CleanSource): Promise<SampleRows> => {
  const [count] = source.shape
  const first = source.rows(0, Math.min(1, count))
  if (!(first instanceof NdArray)) return sampleRows(await source.rows(0, count))
  return readNow(source, (from, to) => {
    const rows = source.rows(from, to)
    if (rows instanceof NdArray) return rows
    throw new Error('rows that came at once do so always')
  })
}
