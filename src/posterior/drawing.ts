/** Draws of whole sets, batch by batch: handed on as they come, or in one array. */
import { requireInteger } from '../checks.ts'
import type { BatchedObservations } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import { eachBatch, float32, type NdArray, rows, sizeOf, zeros } from '../tensor/index.ts'
import type { BatchDraw, DrawAddress } from './batch-draw.ts'

/** What of a set its draws need. */
type Drawn = Pick<BatchedObservations, 'count' | 'event'>

/** Draw `draw` of observations `from …`, as it comes. */
export interface DrawnRows {
  readonly draw: number
  readonly from: number
  /** [n, ...event]. */
  readonly x: NdArray<'float32'>
}

/** Takes draws as they come: all observations of draw 0 in order, then those of draw 1, and so on. */
export type TakeDraws = (rows: DrawnRows) => void

/** How draws are counted, batched, seeded and watched. */
export interface Drawing {
  /** Draws for each observation, default 1. */
  readonly draws?: number
  /** Samples in flight at once (memory and speed, not the result), default 64. */
  readonly batch?: number
  /** Seconds after which no further draw of all observations is begun; two are made in any case. */
  readonly seconds?: number
  /** Seed of all noise, 0 … 2⁵³ − 1. */
  readonly seed: number
  /**
   * Told which draws are lost: not finite, by up to four times the steps either (redraw.ts). They are NaN in
   * the result. Without it they are an error.
   */
  readonly onLost?: (lost: readonly LostDraw[]) => void
  /** After each batch, with the number of samples drawn and to be drawn. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Drawing that goes on. */
export interface ResumedDrawing extends Drawing {
  /** Rows of the first draw that are there already, default 0: batches of them are not drawn again. */
  readonly known?: number
}

/** A draw that is not finite, with more steps either. */
export interface LostDraw {
  readonly draw: number
  readonly observation: number
}

/** Fewer have no spread. */
const LEAST_DRAWS = 2

/** One sample for each of the first `count` rows, handed on batch by batch, each row once. */
const drawRows = async (
  draw: BatchDraw,
  { count, batch, known = 0 }: { readonly count: number; readonly batch: number; readonly known?: number },
  address: DrawAddress,
  take: (x: NdArray<'float32'>, from: number) => void,
): Promise<void> => {
  let done = 0 // a last batch that is shifted back has rows that came before
  await eachBatch(count, batch, async (from, to) => {
    if (to > known) take(rows(float32(await draw(from, to, address)), done - from, to - from), done)
    done = to
  })
}

/** One sample for each of the first `count` rows. */
export const drawAll = async (
  draw: BatchDraw,
  set: Drawn,
  address: DrawAddress,
  { count = set.count, batch = 256 }: { count?: number; batch?: number } = {},
): Promise<NdArray<'float32'>> => {
  const out = zeros([count, ...set.event])
  const n = sizeOf(set.event)
  await drawRows(draw, { count, batch }, address, (x, from) => out.data.set(x.data, from * n))
  return out
}

/**
 * K draws of every observation through a {@link BatchDraw}, in the units of the prior, handed on as they
 * come: no more than a batch is in memory. Releases nothing.
 *
 * @returns how many draws were made: fewer than asked for where time was up
 */
export const eachDraw = async (
  draw: BatchDraw,
  { count }: Pick<Drawn, 'count'>,
  {
    draws = 1,
    batch = 64,
    known,
    seconds = Number.POSITIVE_INFINITY,
    seed,
    onProgress,
    signal,
  }: ResumedDrawing,
  take: TakeDraws,
): Promise<number> => {
  requireInteger(draws, 1, 'draws')
  const started = performance.now()
  for (let k = 0; k < draws; k++) {
    if (k >= LEAST_DRAWS && performance.now() - started > 1000 * seconds) return k
    const address = { stream: (purpose: string) => stream(seed, `draw ${purpose}`), lap: 0, draw: k }
    await drawRows(draw, { count, batch, known: k === 0 ? known : 0 }, address, (x, from) => {
      take({ draw: k, from, x })
      onProgress?.(k * count + from + x.shape[0], draws * count)
      checkAborted(signal, 'sampling')
    })
  }
  return draws
}

/**
 * What hands its draws on, with all of them in one array.
 *
 * @param each - calls what it is given with each part, and returns the number of draws made
 * @returns [draws made, N, ...event]
 */
export const gathered = async (
  { count, event }: Drawn,
  draws: number,
  each: (take: TakeDraws) => Promise<number>,
): Promise<NdArray<'float32'>> => {
  requireInteger(draws, 1, 'draws')
  const out = zeros([draws, count, ...event])
  const n = sizeOf(event)
  const made = await each(({ draw, from, x }) => out.data.set(x.data, (draw * count + from) * n))
  return rows(out, 0, made)
}

/** K draws of every observation through a {@link BatchDraw} → [K, N, ...event], as {@link eachDraw}. */
export const drawSeveral = (draw: BatchDraw, set: Drawn, drawing: Drawing): Promise<NdArray<'float32'>> =>
  gathered(set, drawing.draws ?? 1, (take) => eachDraw(draw, set, drawing, take))
