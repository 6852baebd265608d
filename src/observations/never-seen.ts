/** Entries of x that no observation of a set shows: of these nothing can be learned. */
import { insideOf } from '../operators/index.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/index.ts'
import { countOf, type Observations, readRows } from './observation-source.ts'
import { keptEntries } from './observed.ts'

/** Entries inside the domain that every mask of a set hides. */
export interface NeverSeen {
  /** [...event]: 1 where no observation shows the entry. */
  readonly entries: NdArray<'float32'>
  readonly count: number
  /** Of the entries inside the domain. */
  readonly share: number
  /** Where they are, in words: rows and columns of images, else the first indices. */
  readonly place: string
  /** Whether random masks as dense as these would have left far fewer: there may be nothing to see. */
  readonly systematic: boolean
}

const span = (values: readonly number[]): string => {
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  return low === high ? `${low}` : `${low} to ${high}`
}

/** Indices listed before the rest is left out. */
const LISTED = 8

/** The last axes of images as rows and columns, of signals as positions. */
const placeOf = (at: readonly number[], event: Shape): string => {
  const width = event[event.length - 1]
  const columns = at.map((i) => i % width)
  if (event.length > 2) {
    const rows = at.map((i) => Math.floor(i / width) % event[event.length - 2])
    return `rows ${span(rows)}, columns ${span(columns)}`
  }
  const places = [...new Set(columns)]
  const first = places.slice(0, LISTED).join(', ')
  return places.length > LISTED ? `entries ${first}, … (within ${span(places)})` : `entries ${first}`
}

/**
 * The share p that random masks keep, from how often entries are seen that are seen at all in N masks, which
 * is p/(1 − (1 − p)^N), rising in p.
 */
const keptShare = (often: number, rows: number): number => {
  let [low, high] = [0, 1]
  for (let i = 0; i < 50; i++) {
    const p = (low + high) / 2
    if (p / (1 - (1 - p) ** rows) < often) low = p
    else high = p
  }
  return high
}

/** Entries of masks that are looked at in one go; y of their rows is read with them. */
const PIECE = 2 ** 20

/** How often each entry of x was observed; undefined where masks do not say it. */
const timesSeen = (set: Observations): Float64Array | undefined => {
  const [rows, size] = [countOf(set), sizeOf(set.operator.event)]
  const each = Math.max(1, Math.floor(PIECE / size))
  const times = new Float64Array(size)
  for (let from = 0; from < rows; from += each) {
    const kept = keptEntries(readRows(set, from, Math.min(rows, from + each)))
    if (!kept) return undefined
    for (let i = 0; i < kept.size; i++) if (kept.data[i] !== 0) times[i % size]++
  }
  return times
}

/** Share of the entries of x that were observed; undefined where masks do not say it. */
export const seenShare = (set: Observations): number | undefined => {
  const times = timesSeen(set)
  return times && times.reduce((sum, n) => sum + n, 0) / (countOf(set) * times.length)
}

/**
 * What no observation of a set shows; undefined where there is no such entry, for operators other than known
 * masks, of which it is not said, and for a single observation.
 *
 * @example
 * ```ts
 * const unknown = neverSeen(readObservations('observations.npz'))
 * if (unknown) console.log(`${unknown.count} entries, ${unknown.place}`)
 * ```
 */
export const neverSeen = (set: Observations): NeverSeen | undefined => {
  const rows = countOf(set)
  const { event } = set.operator
  const counts = rows < 2 ? undefined : timesSeen(set)
  if (!counts) return undefined
  const size = sizeOf(event)
  const seen = counts.map((times) => Math.min(1, times))
  const inside = set.valid ? insideOf(set.valid, event).data : new Float32Array(size).fill(1)
  const entries = inside.map((v, i) => v * (1 - seen[i]))
  const at = Array.from(entries.keys()).filter((i) => entries[i] !== 0)
  if (at.length === 0) return undefined
  const there = inside.reduce((sum, v) => sum + v, 0)
  const shown = there - at.length
  const often = counts.reduce((sum, times) => sum + times, 0) / (rows * Math.max(1, shown))
  const missed = (1 - keptShare(often, rows)) ** rows
  return {
    entries: new NdArray('float32', event, entries),
    count: at.length,
    share: at.length / there,
    place: placeOf(at, event),
    systematic: at.length > (2 * shown * missed) / (1 - missed) + 3,
  }
}

/** One line for people. */
export const neverSeenWords = ({ count, share, place, systematic }: NeverSeen): string => {
  const hint = systematic ? '; if nothing is there (land, background), say so with --domain' : ''
  return (
    `${count} entries (${(100 * share).toPrecision(2)} %) are seen in no observation: ${place}. ` +
    `They are drawn with the spread of the prior${hint}`
  )
}
