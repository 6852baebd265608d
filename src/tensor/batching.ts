/** Work on many rows in batches of one size, so that one compiled program serves them all. */
import { requireInteger } from '../checks.ts'

/**
 * Calls `work(from, to)` for batches of at most `most` rows. The last batch is shifted back to be as large as
 * the others: some of its rows are done twice, with the same result.
 *
 * @param count - rows in all
 * @throws TweedieError `input` for a size of batches that is no positive integer
 *
 * @example
 * ```ts
 * await eachBatch(10, 4, async (from, to) => console.log(from, to)) // 0 4, 4 8, 6 10
 * ```
 */
export const eachBatch = async (
  count: number,
  most: number,
  work: (from: number, to: number) => Promise<void>,
): Promise<void> => {
  requireInteger(most, 1, 'the size of batches')
  const size = Math.min(count, most)
  for (let start = 0; start < count; start += size) {
    const from = Math.min(start, count - size)
    await work(from, from + size)
  }
}
