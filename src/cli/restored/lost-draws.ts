/** Draws that are lost: NaN throughout, since the sampler diverged with more steps too. */
import { meanOverDraws, stdOverDraws } from '../../diagnose/index.ts'
import type { LostDraw } from '../../posterior/index.ts'
import { NdArray, ndarray, rows, rowsAt, sizeOf, zeros } from '../../tensor/index.ts'

type Floats = NdArray<'float32'>

/** Names that a line has room for. */
const NAMED = 10

/** Numbers, of which the first are named. */
export const listed = (numbers: readonly number[]): string => {
  const more = numbers.length - NAMED
  return `${numbers.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The observations of which a draw is lost, ascending. */
export const distinct = (lost: readonly LostDraw[]): number[] =>
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

/** The second axis of [K, N, ...] at some indices. */
export const columnsAt = ({ shape: [k, n, ...event], data }: Floats, at: readonly number[]): Floats => {
  const flat = new NdArray('float32', [k * n, ...event], data)
  const chosen = Array.from({ length: k }, (_, draw) => at.map((i) => draw * n + i)).flat()
  return new NdArray('float32', [k, at.length, ...event], rowsAt(flat, chosen).data)
}

/** Rows of an array of any dtype at some indices. */
export const anyRowsAt = (array: NdArray, kept: readonly number[]): NdArray =>
  ndarray(
    kept.flatMap((row) => Array.from(rows(array, row, row + 1).data, Number)),
    [kept.length, ...array.shape.slice(1)],
    array.dtype,
  )
