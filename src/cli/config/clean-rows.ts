/** Clean data as rows to learn from. */
import type { CleanSource } from '../../datasets/index.ts'
import { zeros } from '../../tensor/index.ts'
import type { SampleRows } from '../../training/index.ts'

/** Clean items as rows in their own units, read as a step asks for them. */
export const cleanRows = ({ shape: [count, ...event], rows: read }: CleanSource): SampleRows => ({
  count,
  event,
  rowsAt: (rows) => {
    const x = zeros([rows.length, ...event])
    for (const [i, row] of rows.entries()) x.data.set(read(row, row + 1).data, (i * x.size) / rows.length)
    return x
  },
})
