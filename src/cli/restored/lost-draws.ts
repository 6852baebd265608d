/** Draws that are lost: NaN throughout, since the sampler diverged with more steps too. */
import { meanOverDraws, stdOverDraws } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { type ObservationSet, observationsAt } from '../../observations/index.ts'
import type { LostDraw } from '../../posterior/index.ts'
import { NdArray, ndarray, rows, rowsAt, sizeOf, zeros } from '../../tensor/index.ts'
import type { Io } from '../io.ts'
import type { LogDensity } from './foreign-draws.ts'
import type { RepairedFile } from './repair.ts'

type Floats = NdArray<'float32'>

/** Names that a line has room for. */
const NAMED = 10

const listed = (numbers: readonly number[]): string => {
  const more = numbers.length - NAMED
  return `${numbers.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const distinct = (lost: readonly LostDraw[]): number[] =>
  [...new Set(lost.map(({ observation }) => observation))].sort((a, b) => a - b)

/** What a command says of draws that it has lost. @param whose what the rows are: observations, or samples */
export const lostWords = (lost: readonly LostDraw[], whose: string): string =>
  `the sampler diverged in ${lost.length} ${lost.length === 1 ? 'draw' : 'draws'}, after further tries too ` +
  `(${whose} ${listed(distinct(lost))}); NaN in the file; --strict stops instead`

/** The draws of observations `from … to − 1` that are lost, counted from there. */
export const lostAmong = (lost: readonly LostDraw[], from: number, to: number): LostDraw[] =>
  lost.flatMap(({ draw, observation }) =>
    observation >= from && observation < to ? [{ draw, observation: observation - from }] : [],
  )

/** The draws of a file [K, N, ...event] that are NaN throughout. */
export const lostDraws = ({ shape: [k, n, ...event], data }: Floats): LostDraw[] => {
  const size = sizeOf(event)
  return Array.from({ length: k * n }, (_, row) => row)
    .filter((row) => data.subarray(row * size, (row + 1) * size).every(Number.isNaN))
    .map((row) => ({ draw: Math.floor(row / n), observation: row % n }))
}

/** Rows of arrays [N, ...] made NaN. */
export const blanked = <T extends Floats>(array: T, lost: readonly number[]): T => {
  const size = sizeOf(array.shape.slice(1))
  for (const row of lost) array.data.fill(Number.NaN, row * size, (row + 1) * size)
  return array
}

/** Mean and, of two draws or more, spread of each observation over the draws that are there; else NaN. */
export const momentsOf = (draws: Floats, lost: readonly LostDraw[]): Readonly<Record<string, Floats>> => {
  const [k, n, ...event] = draws.shape
  const size = sizeOf(event)
  const there = new NdArray('float32', draws.shape, lost.length > 0 ? draws.data.slice() : draws.data)
  for (const { draw, observation } of lost)
    there.data.fill(0, (draw * n + observation) * size, (draw * n + observation + 1) * size)
  const moments = { mean: meanOverDraws(there), ...(k > 1 ? { spread: stdOverDraws(there) } : {}) }
  for (const observation of distinct(lost)) {
    const gone = lost.filter((one) => one.observation === observation).map(({ draw }) => draw)
    const own = Array.from({ length: k }, (_, draw) => draw).filter((draw) => !gone.includes(draw))
    const flat = new NdArray('float32', [k * n, ...event], draws.data)
    const sound = rowsAt(
      flat,
      own.map((draw) => draw * n + observation),
    )
    const few = new NdArray('float32', [own.length, 1, ...event], sound.data)
    const missing = () => blanked(zeros([1, ...event]), [0])
    moments.mean.data.set((own.length > 0 ? meanOverDraws(few) : missing()).data, observation * size)
    moments.spread?.data.set((own.length > 1 ? stdOverDraws(few) : missing()).data, observation * size)
  }
  return moments
}

/** Draws of N problems, and what else is known of each. */
export interface OfProblems {
  readonly draws: Floats
  readonly truth?: Floats
  readonly set?: ObservationSet
  readonly given?: Floats
  readonly logDensity?: LogDensity
  readonly repaired?: RepairedFile
}

/** The second axis of [K, N, ...] at some indices. */
const columnsAt = ({ shape: [k, n, ...event], data }: Floats, at: readonly number[]): Floats => {
  const flat = new NdArray('float32', [k * n, ...event], data)
  const chosen = Array.from({ length: k }, (_, draw) => at.map((i) => draw * n + i)).flat()
  return new NdArray('float32', [k, at.length, ...event], rowsAt(flat, chosen).data)
}

/**
 * The problems without those that have a lost draw, which is said; the same object where none is lost.
 *
 * @param file - of the draws, for messages
 * @throws TweedieError `input` when no problem is left
 */
export const withoutLost = <T extends OfProblems>(all: T, file: string, io: Pick<Io, 'note'>): T => {
  const { draws, truth, set, given, logDensity, repaired } = all
  const lost = distinct(lostDraws(draws))
  if (lost.length === 0) return all
  const n = draws.shape[1]
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => !lost.includes(i))
  if (kept.length === 0)
    throw new TweedieError('input', `${file}: every problem has a draw that is lost (NaN)`)
  const intervals = repaired?.intervals.map((interval) => ({
    ...interval,
    low: at(interval.low, kept),
    high: at(interval.high, kept),
  }))
  io.note(`${file}: ${lost.length} of ${n} problems have a lost draw (NaN), left out: ${listed(lost)}`)
  return {
    ...all,
    draws: columnsAt(draws, kept),
    ...(truth ? { truth: rowsAt(truth, kept) } : {}),
    ...(set ? { set: observationsAt(set, kept) } : {}),
    ...(given ? { given: rowsAt(given, kept) } : {}),
    ...(logDensity
      ? { logDensity: { draws: columnsAt(logDensity.draws, kept), truth: rowsAt(logDensity.truth, kept) } }
      : {}),
    ...(repaired && intervals ? { repaired: { ...repaired, intervals } } : {}),
  }
}

const at = (array: NdArray, kept: readonly number[]): NdArray =>
  ndarray(
    kept.flatMap((row) => Array.from(rows(array, row, row + 1).data, Number)),
    [kept.length, ...array.shape.slice(1)],
    array.dtype,
  )
