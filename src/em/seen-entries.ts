/** What masked observations show, as numbers. */
import { keptEntries, type ObservationSet } from '../observations/index.ts'
import { toPrior } from '../operators/index.ts'
import { sizeOf } from '../tensor/index.ts'

/** y = x + noise where an entry was seen, of `count` observations of `size` entries. */
export interface SeenEntries {
  readonly count: number
  readonly size: number
  /** [count, size], in the units of the prior; 0 where nothing was seen. */
  readonly y: Float64Array
  /** [count, size]: 1 where y was seen, 0 elsewhere. */
  readonly seen: Uint8Array
  /** Variance of the noise: [count, size]. */
  readonly noise: Float64Array
}

/**
 * The entries that masked observations show, in the units of the prior. Undefined for other operators, and
 * for blind sets.
 *
 * @param count - observations, the first ones; default all
 */
export const seenEntries = (set: ObservationSet, count = set.y.shape[0]): SeenEntries | undefined => {
  const { operator, std, range, y } = set
  const kept = keptEntries(set)
  if (!kept) return undefined
  const size = sizeOf(operator.event)
  const { scale, offset } = toPrior(range)
  const own = kept.size / y.shape[0] === size && kept.shape[0] === y.shape[0]
  const at = (i: number): number => (own ? i : i % kept.size)
  const seen = Uint8Array.from({ length: count * size }, (_, i) => (kept.data[at(i)] === 0 ? 0 : 1))
  return {
    count,
    size,
    y: Float64Array.from(seen, (s, i) => (s ? scale * y.data[i] + offset : 0)),
    seen,
    noise: Float64Array.from(seen, (_, i) => (scale * (std ? std.data[i % std.size] : set.noise)) ** 2),
  }
}

/** The first observations. */
export const firstSeen = ({ size, y, seen, noise }: SeenEntries, count: number): SeenEntries => ({
  count,
  size,
  y: y.subarray(0, count * size),
  seen: seen.subarray(0, count * size),
  noise: noise.subarray(0, count * size),
})
