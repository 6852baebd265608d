/** Series at irregular times on a regular grid, which networks run over. */
import { TweedieError } from '../../error.ts'
import { heldNumbers, type OpenNumbers } from '../../formats/index.ts'
import { NdArray, toNumbers, zeros } from '../../tensor/index.ts'

/** Times of series, and the step of the grid that they are put on. */
export interface OwnTimes {
  /** [T], or [N, T] of each observation: in memory, or where they lie in a file. */
  readonly at: NdArray | OpenNumbers
  /** Default: the smallest difference between two times of a series. */
  readonly every?: number
}

const fail = (message: string): never => {
  throw new TweedieError('input', message)
}

/** A grid longer than this many times its series is mostly holes. */
const SPARSEST = 32

/** Times that are looked at at once. */
const PIECE = 2 ** 16

const short = (value: number): string => String(Number(value.toPrecision(6)))

/** The times of series `from … to − 1`, one after the other; [T] are those of all. */
type TimesOf = (from: number, to: number) => readonly number[]

/** Calls `see` with the times of each series. */
const eachSeries = (
  of: TimesOf,
  series: number,
  length: number,
  see: (t: readonly number[]) => void,
): void => {
  const each = Math.max(1, Math.floor(PIECE / length))
  for (let from = 0; from < series; from += each) {
    const times = of(from, Math.min(series, from + each))
    for (let at = 0; at < times.length; at += length) see(times.slice(at, at + length))
  }
}

/** The first time and the least difference of two. @throws TweedieError `input` unless times rise */
const firstAndLeast = (of: TimesOf, series: number, length: number, expected: string) => {
  let [start, least, areFinite, rise] = [Infinity, Infinity, true, true]
  eachSeries(of, series, length, (times) => {
    for (const [i, t] of times.entries()) {
      areFinite &&= Number.isFinite(t)
      start = Math.min(start, t)
      if (i === 0) continue
      const gap = t - times[i - 1]
      rise &&= gap > 0
      least = Math.min(least, gap)
    }
  })
  if (!areFinite) return fail(expected)
  if (!rise) return fail('times: must rise along each series')
  return { start, least }
}

/** The smallest difference, freed of its rounding by all that are multiples of it. */
const commonStep = (of: TimesOf, series: number, length: number, least: number): number => {
  let [sum, steps] = [0, 0]
  eachSeries(of, series, length, (times) => {
    for (let i = 1; i < times.length; i++) {
      const gap = times[i] - times[i - 1]
      sum += gap
      steps += Math.round(gap / least)
    }
  })
  return sum / steps
}

/** A regular grid of times. */
export interface TimeGrid {
  /** Time of the first cell, and between two. */
  readonly start: number
  readonly step: number
  /** Cells. */
  readonly size: number
  /** The cell of each time of series `from …`: [series, T], or [T] of all. */
  readonly cells: (from: number, to: number) => readonly number[]
}

/**
 * The grid of the times of series: all of them are gone through, and none is kept.
 *
 * @param count - observations
 * @param length - T
 * @throws TweedieError `input` for times that do not fit or do not rise, two in one step, and steps so small
 *   that almost nothing is seen
 */
export const timeGrid = ({ at, every }: OwnTimes, count: number, length: number): TimeGrid => {
  const { shape } = at
  const shared = String(shape) === `${length}`
  const expected = `times: expected [${length}] or [${count}, ${length}] of numbers, got [${shape}]`
  if (!shared && String(shape) !== `${count},${length}`) return fail(expected)
  const held = at instanceof NdArray ? heldNumbers({ array: at, complex: false }) : at
  if (held.complex) return fail(expected)
  const series = shared ? 1 : count
  const of: TimesOf = (from, to) => toNumbers(shared ? held.whole() : held.rows(from, to))
  const { start, least } = firstAndLeast(of, series, length, expected)
  const step = every ?? commonStep(of, series, length, least)
  if (!(step > 0 && Number.isFinite(step)))
    return fail('times: one time alone has no step; say it with --every')
  const cell = (t: number): number => Math.round((t - start) / step)
  let size = 0
  eachSeries(of, series, length, (times) => {
    const twice = times.findIndex((t, i) => i > 0 && cell(t) === cell(times[i - 1]))
    if (twice >= 0)
      fail(
        `times: ${short(times[twice - 1])} and ${short(times[twice])} fall into one step of ` +
          `${short(step)}; take a smaller one`,
      )
    for (const t of times) size = Math.max(size, cell(t) + 1)
  })
  if (size > SPARSEST * length)
    return fail(
      `times: steps of ${short(step)} make ${size} cells for ${length} times; take larger ones with --every`,
    )
  return { start, step, size, cells: (from, to) => of(from, to).map(cell) }
}

/**
 * Some of the series on a grid, see {@link onTimeGrid}.
 *
 * @param first - number of the first of them in the whole
 */
export const putOnGrid = (
  { cells, size }: TimeGrid,
  y: NdArray,
  mask: NdArray | undefined,
  first: number,
): { readonly y: NdArray<'float32'>; readonly mask: NdArray<'float32'> } => {
  const [count, channels, length] = y.shape
  const cell = cells(first, first + count)
  const [grid, seen] = [zeros([count, channels, size]), zeros([count, channels, size])]
  const isSeen = (n: number, c: number, t: number): boolean =>
    mask === undefined || Number(mask.data[(n * mask.shape[1] + (c % mask.shape[1])) * length + t]) !== 0
  for (let n = 0; n < count; n++)
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < length; t++) {
        if (!isSeen(n, c, t)) continue
        const at = (n * channels + c) * size + cell[(n * length + t) % cell.length]
        grid.data[at] = Number(y.data[(n * channels + c) * length + t])
        seen.data[at] = 1
      }
  return { y: grid, mask: seen }
}

/** Series at irregular times as series on a regular grid, with a mask of the cells that have a value. */
export interface OnGrid {
  /** [N, C, G]: each value in the nearest cell, 0 elsewhere. */
  readonly y: NdArray<'float32'>
  /** Like y: 1 where a value was seen. */
  readonly mask: NdArray<'float32'>
  /** Time of the first cell, and between two. */
  readonly start: number
  readonly step: number
}

/**
 * Puts series at irregular times on a regular grid. A time moves by half a step at most.
 *
 * @param y - [N, C, T]
 * @param mask - of the shape of y or with one channel, 1 where seen; default everywhere
 * @throws TweedieError `input` for times that do not fit or do not rise, two in one step, and steps so small
 *   that almost nothing is seen
 *
 * @example
 * ```ts
 * const series = ndarray([0.3, 0.1, 0.7], [1, 1, 3])
 * const { y, mask, step } = onTimeGrid(series, { at: ndarray([0, 1, 2.5]) })
 * ```
 */
export const onTimeGrid = (y: NdArray, times: OwnTimes, mask?: NdArray): OnGrid => {
  const [count, , length] = y.shape
  const grid = timeGrid(times, count, length)
  return { ...putOnGrid(grid, y, mask, 0), start: grid.start, step: grid.step }
}
