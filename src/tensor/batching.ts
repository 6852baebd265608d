/** Work on many rows in batches of one size, so that one compiled program serves them all. */
import { requireInteger } from '../checks.ts'

/** Rows `from … to − 1`, of which those before `first` are of an earlier batch too. */
export interface Batch {
  readonly from: number
  readonly to: number
  readonly first: number
}

/**
 * Batches of at most `most` rows. The last one is shifted back to be as large as the others: some of its rows
 * come twice.
 *
 * @param count - rows in all
 * @throws TweedieError `input` for a size of batches that is no positive integer
 *
 * @example
 * ```ts
 * const spans = [...batchesOf(10, 4)].map(({ from, to }) => [from, to]) // [0, 4], [4, 8], [6, 10]
 * ```
 */
export function* batchesOf(count: number, most: number): Generator<Batch, void> {
  requireInteger(most, 1, 'the size of batches')
  const size = Math.min(count, most)
  for (let first = 0; first < count; first += size) {
    const from = Math.min(first, count - size)
    yield { from, to: from + size, first }
  }
}

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
  for (const { from, to } of batchesOf(count, most)) await work(from, to)
}
