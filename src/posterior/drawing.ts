/** Draws of whole sets, batch by batch: handed on as they come, or in one array. */
import { requireInteger } from '../checks.ts'
import type { BatchedObservations } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import {
  type Batch,
  batchesOf,
  float32,
  inOrder,
  type NdArray,
  rows,
  type Spread,
  sizeOf,
  zeros,
} from '../tensor/index.ts'
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

/** Draw `draw` of a batch of observations. */
export interface DrawJob extends Batch {
  readonly draw: number
}

/** Who makes draws, batch by batch: in the units of the prior, [to − from, ...event]. */
export type DrawSpread = Spread<DrawJob, NdArray<'float32'>>

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
  /** Who makes the draws; default this process, one batch after the other. */
  readonly spread?: DrawSpread
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

const addressOf = (seed: number, draw: number): DrawAddress => ({
  stream: (purpose) => stream(seed, `draw ${purpose}`),
  lap: 0,
  draw,
})

/** Draws made by this process, with the noise of a seed. Nothing is released. */
export const drawnHere = (draw: BatchDraw, { seed }: Pick<Drawing, 'seed'>): DrawSpread =>
  Object.assign(async ({ draw: k, from, to }: DrawJob) => float32(await draw(from, to, addressOf(seed, k))), {
    ahead: 1,
  })

/** One sample for each of the first `count` rows. */
export const drawAll = async (
  draw: BatchDraw,
  set: Drawn,
  address: DrawAddress,
  { count = set.count, batch = 256 }: { count?: number; batch?: number } = {},
): Promise<NdArray<'float32'>> => {
  const out = zeros([count, ...set.event])
  const n = sizeOf(set.event)
  for (const { from, to, first } of batchesOf(count, batch)) {
    const x = float32(await draw(from, to, address))
    out.data.set(rows(x, first - from, to - from).data, first * n)
  }
  return out
}

/**
 * K draws of every observation, in the units of the prior, handed on as they come: no more than a batch for
 * each that is under way is in memory. Releases nothing.
 *
 * @returns how many draws were made: fewer than asked for where time was up
 */
export const eachDraw = async (
  spread: DrawSpread,
  { count }: Pick<Drawn, 'count'>,
  {
    draws = 1,
    batch = 64,
    known = 0,
    seconds = Number.POSITIVE_INFINITY,
    onProgress,
    signal,
  }: Omit<ResumedDrawing, 'seed'>,
  take: TakeDraws,
): Promise<number> => {
  requireInteger(draws, 1, 'draws')
  const started = performance.now()
  let made = 0
  function* jobs(): Generator<DrawJob, void> {
    for (let draw = 0; draw < draws; draw++) {
      if (draw >= LEAST_DRAWS && performance.now() - started > 1000 * seconds) return
      made = draw + 1
      for (const each of batchesOf(count, batch)) if (draw > 0 || each.to > known) yield { draw, ...each }
    }
  }
  await inOrder(jobs(), spread, (x, { draw, from, to, first }) => {
    take({ draw, from: first, x: rows(x, first - from, to - from) })
    onProgress?.(draw * count + to, draws * count)
    checkAborted(signal, 'sampling')
  })
  return made
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
  gathered(set, drawing.draws ?? 1, (take) => eachDraw(drawnHere(draw, drawing), set, drawing, take))
