/** Series at irregular times on a regular grid, which networks run over. */
import { TweedieError } from '../../error.ts'
import { type NdArray, toNumbers, zeros } from '../../tensor/index.ts'

/** Times of series, and the step of the grid that they are put on. */
export interface OwnTimes {
  /** [T], or [N, T] of each observation. */
  readonly at: NdArray
  /** Default: the smallest difference between two times of a series. */
  readonly every?: number
}

const fail = (message: string): never => {
  throw new TweedieError('input', message)
}

/** A grid longer than this many times its series is mostly holes. */
const SPARSEST = 32

/** The smallest difference, freed of its rounding by all that are multiples of it. */
const commonStep = (gaps: readonly number[]): number => {
  const least = gaps.reduce((a, b) => Math.min(a, b), Infinity)
  const steps = gaps.reduce((sum, gap) => sum + Math.round(gap / least), 0)
  return gaps.reduce((sum, gap) => sum + gap, 0) / steps
}

const short = (value: number): string => String(Number(value.toPrecision(6)))

/** The cell of every time, and how many cells there are. */
const cellsOf = ({ at, every }: OwnTimes, count: number, length: number) => {
  const times = toNumbers(at)
  const fits = [`${length}`, `${count},${length}`].includes(String(at.shape))
  if (!fits || !times.every(Number.isFinite))
    return fail(`times: expected [${length}] or [${count}, ${length}] of numbers, got [${at.shape}]`)
  const series = times.length / length
  const gaps = times.flatMap((t, i) => (i % length > 0 ? [t - times[i - 1]] : []))
  if (gaps.some((gap) => !(gap > 0))) return fail('times: must rise along each series')
  const step = every ?? commonStep(gaps)
  if (!(step > 0 && Number.isFinite(step)))
    return fail('times: one time alone has no step; say it with --every')
  const start = times.reduce((a, b) => Math.min(a, b))
  const cells = times.map((t) => Math.round((t - start) / step))
  const twice = cells.findIndex((c, i) => i % length > 0 && c === cells[i - 1])
  if (twice >= 0)
    return fail(
      `times: ${short(times[twice - 1])} and ${short(times[twice])} fall into one step of ${short(step)}; ` +
        'take a smaller one',
    )
  const size = cells.reduce((a, b) => Math.max(a, b)) + 1
  if (size > SPARSEST * length)
    return fail(
      `times: steps of ${short(step)} make ${size} cells for ${length} times; take larger ones with --every`,
    )
  const cell = (row: number, t: number): number => cells[(series === 1 ? 0 : row * length) + t]
  return { cell, size, start, step }
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
  const [count, channels, length] = y.shape
  const { cell, size, start, step } = cellsOf(times, count, length)
  const [grid, seen] = [zeros([count, channels, size]), zeros([count, channels, size])]
  const isSeen = (n: number, c: number, t: number): boolean =>
    mask === undefined || Number(mask.data[(n * mask.shape[1] + (c % mask.shape[1])) * length + t]) !== 0
  for (let n = 0; n < count; n++)
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < length; t++) {
        if (!isSeen(n, c, t)) continue
        const at = (n * channels + c) * size + cell(n, t)
        grid.data[at] = Number(y.data[(n * channels + c) * length + t])
        seen.data[at] = 1
      }
  return { y: grid, mask: seen, start, step }
}
