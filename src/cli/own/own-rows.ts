/** Rows of own observations: what they have in common, and some of them to look at. */
import { setImmediate } from 'node:timers/promises'
import {
  counting,
  frameOf,
  joinedObservations,
  type ObservationFrame,
  type ObservationSet,
  type OwnSource,
  rowBytes,
  runsOf,
  type Shaped,
} from '../../observations/index.ts'
import { checkAborted } from '../../progress.ts'

/** Bytes of observations that are in memory at once. */
export const PART = 2 ** 23

/** Own observations of which it is known what all of them share. */
export interface OwnRows extends OwnSource {
  readonly frame: ObservationFrame<Shaped>
}

/** Looks at the first two. @throws TweedieError `input` when they are unsound */
export const withFrame = async ({ count, rows }: OwnSource): Promise<OwnRows> => {
  const first = await rows(0, Math.min(2, count))
  return { count, rows, frame: counting(frameOf(first), count) }
}

/** Observations `from … to − 1` alone. */
export const ownPart = ({ frame, rows }: OwnRows, from: number, to: number): OwnRows => ({
  count: to - from,
  frame: counting(frame, to - from),
  rows: (first, stop) => rows(from + first, from + stop),
})

/** So many rows, evenly spaced; all of them where there are fewer. */
export const evenly = (count: number, most: number): number[] => {
  const some = Math.min(count, Math.max(1, most))
  return Array.from({ length: some }, (_, i) => Math.floor((i * count) / some))
}

/**
 * What is made of the observations at these rows, a few MiB of them at once.
 *
 * @throws TweedieError `input` for rows that are unsound, and what making throws; `interrupted`
 */
export const madeOf = async <T>(
  { frame, rows }: OwnRows,
  at: readonly number[],
  make: (set: ObservationSet) => T | Promise<T>,
  signal: AbortSignal,
): Promise<T[]> => {
  const each = Math.max(1, Math.floor(PART / rowBytes(frame)))
  const made: T[] = []
  for (let first = 0; first < at.length; first += each) {
    await setImmediate() // signals come between two parts
    checkAborted(signal, 'looking at observations')
    const parts: ObservationSet[] = []
    for (const [from, to] of runsOf(at.slice(first, first + each))) parts.push(await rows(from, to))
    made.push(await make(joinedObservations(frame, parts)))
  }
  return made
}
