/** What interpolations share: channel by channel, from the entries that were seen. */

import { type Places, placesOf } from '../em/places.ts'
import { TweedieError } from '../error.ts'
import { keptEntries, type ObservationSet } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import { zeros } from '../tensor/index.ts'
import type { Baseline } from './baseline.ts'

/** The seen entries of a channel of one observation; at least one. */
interface SeenEntries {
  /** Their places, ascending. */
  readonly at: readonly number[]
  /** y [P] of all entries; it means nothing where `at` does not point. */
  readonly y: Float32Array
}

/** All entries [P] of a channel from those that were seen. */
export type Interpolation = (seen: SeenEntries) => ArrayLike<number>

/** Mean of what was seen in a channel of all observations: for observations in which nothing was. */
const meansOf = ({ y }: ObservationSet, kept: ArrayLike<number>, channels: number): number[] => {
  const [sums, counts] = [new Float64Array(channels), new Float64Array(channels)]
  const size = y.size / y.shape[0] / channels
  for (let i = 0; i < y.size; i++) {
    if (kept[i] === 0) continue
    const c = Math.floor(i / size) % channels
    sums[c] += y.data[i]
    counts[c]++
  }
  if (counts.some((n) => n === 0)) throw new TweedieError('input', 'a channel was seen in no observation')
  return Array.from(sums, (sum, c) => sum / counts[c])
}

/**
 * A baseline of an interpolation. What was seen stays as it is, noise included; an observation of which
 * nothing was seen gets the mean of the others.
 *
 * @param prepare - what depends on the places alone
 */
export const interpolated =
  (prepare: (places: Places) => Interpolation): Baseline =>
  async (set, { signal, onProgress } = {}) => {
    const kept = keptEntries(set)
    if (!kept) throw new TweedieError('input', 'interpolation needs observations through masks')
    const places = placesOf(set)
    const { channels, points } = places
    const size = points.length
    const interpolate = prepare(places)
    const means = meansOf(set, kept.data, channels)
    const mean = zeros(set.y.shape)
    const count = set.y.shape[0]
    for (let i = 0; i < count; i++) {
      checkAborted(signal, 'interpolation')
      for (let c = 0; c < channels; c++) {
        const from = (i * channels + c) * size
        const at = points.map((_, p) => p).filter((p) => kept.data[from + p] !== 0)
        const out = mean.data.subarray(from, from + size)
        if (at.length === 0) out.fill(means[c])
        else out.set(interpolate({ at, y: set.y.data.subarray(from, from + size) }))
      }
      onProgress?.(i + 1, count)
    }
    return { mean }
  }
