/**
 * Observations of which rows are read when they are asked for: a set in memory, or a file that may be larger
 * than memory.
 */
import { TweedieError } from '../error.ts'
import type { DataRange } from '../operators/index.ts'
import { joinedRows, type NdArray, sizeOf } from '../tensor/index.ts'
import { mapFrame, type ObservationFrame, type ObservationSet } from './observation-set.ts'
import { type Shaped, unveiled } from './operator.ts'
import { observationRows } from './rows.ts'
import { withinDomain } from './within-domain.ts'

/** What a set says without its rows, arrays by their shapes, and its rows when they are asked for. */
export interface ObservationSource extends ObservationFrame<Shaped> {
  /**
   * Observations `from … to − 1`, within the domain (`withinDomain`). What all observations share, [1, ...],
   * stays shared.
   *
   * @throws TweedieError `input` for rows that are unsound, `io` when the system refuses
   */
  readonly rows: (from: number, to: number) => ObservationSet
}

/** Observations in memory, or read by rows. */
export type Observations = ObservationSet | ObservationSource

/** How many observations there are. */
export const countOf = ({ y }: ObservationFrame<Shaped>): number => y.shape[0]

const isSource = (observations: Observations): observations is ObservationSource => 'rows' in observations

/** Whether all observations are in memory. */
export const isInMemory = (observations: Observations): observations is ObservationSet =>
  !isSource(observations)

/** What a set says without its rows. */
export const frameOf = (set: ObservationSet): ObservationFrame<Shaped> =>
  mapFrame(set, ({ shape }) => ({ shape }))

/**
 * Observations as a source of rows.
 *
 * @example
 * ```ts
 * const first = sourceOf(readObservations('observations.npz')).rows(0, 64)
 * ```
 */
export const sourceOf = (observations: Observations): ObservationSource => {
  if (isSource(observations)) return observations
  const set = withinDomain(observations)
  return { ...frameOf(set), rows: (from, to) => observationRows(set, from, to) }
}

/** Observations `from … to − 1`, of a set in memory as they are. */
export const readRows = (observations: Observations, from: number, to: number): ObservationSet =>
  isSource(observations) ? observations.rows(from, to) : observationRows(observations, from, to)

/** All observations, in memory. */
export const wholeSet = (observations: Observations): ObservationSet =>
  isSource(observations) ? observations.rows(0, countOf(observations)) : observations

/** The same observations with the parameters that they really had, of blind sets. */
export const unveiledObservations = (observations: Observations): Observations =>
  isSource(observations)
    ? {
        ...observations,
        operator: unveiled(observations.operator),
        rows: (from, to) => {
          const set = observations.rows(from, to)
          return { ...set, operator: unveiled(set.operator) }
        },
      }
    : { ...observations, operator: unveiled(observations.operator) }

/** The same observations, in memory when they are of so many bytes at most. */
export const heldObservations = (observations: Observations, bytes: number): Observations =>
  rowBytes(observations) * countOf(observations) <= bytes ? wholeSet(observations) : observations

/** The same observations, of data of another range. */
export const withRange = (observations: Observations, range: DataRange): Observations =>
  isSource(observations)
    ? { ...observations, range, rows: (from, to) => ({ ...observations.rows(from, to), range }) }
    : { ...observations, range }

/** A frame of `count` observations instead of its own, of which there are two where there are to be more. */
export const counting = (frame: ObservationFrame<Shaped>, count: number): ObservationFrame<Shaped> =>
  mapFrame(frame, ({ shape }) => ({
    shape: shape[0] === countOf(frame) ? [count, ...shape.slice(1)] : shape,
  }))

/**
 * The first observations.
 *
 * @throws TweedieError `input` when there are not so many
 */
export const firstObservations = (observations: Observations, count: number): Observations => {
  const there = countOf(observations)
  if (count > there)
    throw new TweedieError('input', `the set has ${there} observations, ${count} were asked for`)
  return isSource(observations)
    ? { ...counting(observations, count), rows: observations.rows }
    : observationRows(observations, 0, count)
}

/** Runs of rows that follow each other, from … to − 1. */
export const runsOf = (at: readonly number[]): (readonly [number, number])[] => {
  const starts = at.flatMap((row, i) => (i === 0 || row !== at[i - 1] + 1 ? [i] : []))
  return starts.map((start, k) => {
    const stop = starts[k + 1] ?? at.length
    return [at[start], at[stop - 1] + 1]
  })
}

/**
 * Observations one after the other.
 *
 * @param frame - of the whole that they are rows of, which says what all of them share
 */
export const joinedObservations = (
  frame: ObservationFrame<Shaped>,
  parts: readonly ObservationSet[],
): ObservationSet => {
  const count = countOf(frame)
  const [first] = parts
  if (parts.length === 1) return first
  const chosen = ({ shape }: Shaped, of: (set: ObservationSet) => NdArray<'float32'>) =>
    shape[0] === count ? joinedRows(parts.map(of)) : of(first)
  const { parameters, truth } = frame.operator
  const each = (
    shapes: typeof parameters,
    of: (set: ObservationSet) => Readonly<Record<string, NdArray<'float32'>>>,
  ) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, chosen(shape, (set) => of(set)[name])]),
    )
  return {
    ...first,
    y: joinedRows(parts.map(({ y }) => y)),
    operator: {
      ...first.operator,
      parameters: each(parameters, ({ operator }) => operator.parameters),
      ...(truth ? { truth: each(truth, ({ operator }) => operator.truth ?? {}) } : {}),
    },
    ...(frame.std ? { std: chosen(frame.std, ({ std, y }) => std ?? y) } : {}),
  }
}

/** The observations at these rows, in this order, in memory. */
export const observationsAt = (observations: Observations, at: readonly number[]): ObservationSet => {
  const source = sourceOf(observations)
  return joinedObservations(
    source,
    runsOf(at).map(([from, to]) => source.rows(from, to)),
  )
}

/** The observations at these rows, in this order: in memory where all are, else read when asked for. */
export const chosenObservations = (observations: Observations, at: readonly number[]): Observations =>
  isSource(observations)
    ? {
        ...counting(observations, at.length),
        rows: (from, to) => observationsAt(observations, at.slice(from, to)),
      }
    : observationsAt(observations, at)

/** Bytes of the rows that are taken where all observations are needed at once. */
export const SHARE_BYTES = 512 * 2 ** 20

/** Bytes of one observation in memory: y, parameters and standard deviations of its own, in float32. */
export const rowBytes = (frame: ObservationFrame<Shaped>): number => {
  const count = countOf(frame)
  let bytes = 0
  mapFrame(frame, (array) => {
    if (array.shape[0] === count) bytes += (4 * sizeOf(array.shape)) / count
    return array
  })
  return bytes
}

/**
 * Observations in memory, for what needs them all at once: all of them up to so many bytes, beyond that as
 * many as these hold, evenly spaced over the set.
 *
 * @param bytes - default {@link SHARE_BYTES}
 *
 * @example
 * ```ts
 * const some = boundedShare(openObservations('slices.safetensors'))
 * ```
 */
export const boundedShare = (observations: Observations, bytes = SHARE_BYTES): ObservationSet => {
  const count = countOf(observations)
  const most = Math.max(1, Math.floor(bytes / rowBytes(observations)))
  if (count > most)
    return observationsAt(
      observations,
      Array.from({ length: most }, (_, i) => Math.floor((i * count) / most)),
    )
  return wholeSet(observations)
}
