/**
 * Files of draws that are written as they come, with mean and spread of each observation: neither the draws
 * nor the means are ever all in memory.
 */
import { type ArrayField, type ArrayWriter, arrayWriter } from '../../formats/index.ts'
import type { LostDraw, TakeDraws } from '../../posterior/index.ts'
import { float32, type NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { blanked, lostAmong, momentsOf } from './lost-draws.ts'
import { intervalFields, type Repair, repairedIntervals } from './repair.ts'

/** Elements of the draws that are in memory at once. */
const PIECE = 2 ** 18

const floats = (shape: Shape): ArrayField => ({ dtype: 'float32', shape })

/** Mean, and of two draws or more spread, of each observation. @param each - [N, ...event] */
export const momentFields = (draws: number, each: Shape): Readonly<Record<string, ArrayField>> => ({
  mean: floats(each),
  ...(draws > 1 ? { spread: floats(each) } : {}),
})

/** K draws of N observations, and intervals of them where there is a repair. @param each - [N, ...event] */
export const drawFields = (
  draws: number,
  each: Shape,
  repair: Repair | undefined,
): Readonly<Record<string, ArrayField>> => ({
  draws: floats([draws, ...each]),
  ...(repair ? intervalFields(repair, draws, each) : {}),
})

/**
 * Writes the intervals of some observations.
 *
 * @param draws - theirs, [K, n, ...event]
 * @param lost - which of these are lost: their intervals are NaN
 */
export const appendIntervals = (
  { append }: ArrayWriter,
  repair: Repair,
  draws: NdArray<'float32'>,
  lost: readonly LostDraw[],
  isFirst: boolean,
): void => {
  const { calibration, ...intervals } = repairedIntervals(repair, draws)
  const rows = lost.map(({ observation }) => observation)
  for (const [name, interval] of Object.entries(intervals)) append(name, blanked(interval, rows))
  if (isFirst) append('calibration', calibration)
}

/** A file of draws that is being written. */
export interface DrawsFile {
  /** Takes the next ones. */
  readonly take: TakeDraws
  /**
   * Writes mean, spread and intervals of what was taken. Afterwards the file is there, whole.
   *
   * @param made - draws of each observation: fewer than announced where time was up
   */
  readonly close: (made: number, lost: readonly LostDraw[]) => void
  /** Leaves nothing behind; after `close` it does nothing. */
  readonly discard: () => void
}

/**
 * Begins a file of draws.
 *
 * @param of - draws of each observation, and the shape [N, ...event] of all of these
 */
export const drawsFile = (
  path: string,
  { draws, each }: { readonly draws: number; readonly each: Shape },
  repair: Repair | undefined,
): DrawsFile => {
  const writer = arrayWriter(path, { ...momentFields(draws, each), ...drawFields(draws, each, repair) })
  const [count, ...event] = each
  return {
    take: ({ x }) => writer.append('draws', x),
    close: (made, lost) => {
      if (made < draws) writer.shorten('draws')
      const drawn = writer.written('draws')
      const size = Math.max(1, Math.floor(PIECE / (made * sizeOf(event))))
      for (let from = 0; from < count; from += size) {
        const to = Math.min(from + size, count)
        const part = float32(drawn.columns(from, to))
        const own = lostAmong(lost, from, to)
        for (const [name, moment] of Object.entries(momentsOf(part, own))) writer.append(name, moment)
        if (repair) appendIntervals(writer, repair, part, own, from === 0)
      }
      writer.close()
    },
    discard: writer.discard,
  }
}
