/** Posterior draws of whole observation sets, batch by batch, with counter-addressed noise. */

import { requireInteger } from '../checks.ts'
import { inDomain, type Prior, type SamplerOptions, sampler } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import {
  type BatchedObservations,
  batchedObservations,
  type ObservationBatch,
  type Observations,
} from '../observations/index.ts'
import { applyAffine, type DataRange, fromPrior, insideOf } from '../operators/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import { eachBatch, float32, itemAt, NdArray, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import { type BatchDraw, type DrawAddress, samplerDraw } from './batch-draw.ts'
import { compileMethod, type PosteriorMethod, samplingOf } from './method.ts'
import { mmps } from './mmps.ts'
import { finer, redrawn, rowsNotFinite } from './redraw.ts'

/** One sample for each of the first `count` rows. */
export const drawAll = async (
  draw: BatchDraw,
  set: Pick<BatchedObservations, 'count' | 'event'>,
  address: DrawAddress,
  {
    count = set.count,
    batch = 256,
    onBatch,
  }: { count?: number; batch?: number; onBatch?: (done: number) => void } = {},
): Promise<NdArray<'float32'>> => {
  const n = sizeOf(set.event)
  const out = zeros([count, ...set.event])
  await eachBatch(count, batch, async (from, to) => {
    out.data.set(float32(await draw(from, to, address)).data, from * n)
    onBatch?.(to)
  })
  return out
}

/** How draws are counted, batched, seeded and watched. */
interface Drawing {
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

/**
 * Options of {@link priorDraws}: those of the sampler (steps and their kind, device; the schedule is the
 * prior's unless another is given), and those of drawing.
 */
export type PriorDrawOptions = SamplerOptions & Omit<Drawing, 'draws' | 'seconds'>

/** Options of {@link posteriorDraws}. */
export interface DrawOptions extends SamplerOptions, Drawing {
  /** Posterior method, a value of posterior/: `mmps()`, `dps({ zeta: 1 })`, `tds()`, …; default `mmps()`. */
  readonly method?: PosteriorMethod
}

/** Fewer have no spread. */
const LEAST_DRAWS = 2

/**
 * K draws of every observation through a {@link BatchDraw} → [K, N, ...event], in the units of the prior.
 * Releases nothing.
 */
export const drawSeveral = async (
  draw: BatchDraw,
  set: Pick<BatchedObservations, 'count' | 'event'>,
  { draws = 1, batch = 64, seconds = Number.POSITIVE_INFINITY, seed, onProgress, signal }: Drawing,
): Promise<NdArray<'float32'>> => {
  requireInteger(draws, 1, 'draws')
  const out = zeros([draws, set.count, ...set.event])
  const each = set.count * sizeOf(set.event)
  const started = performance.now()
  for (let k = 0; k < draws; k++) {
    if (k >= LEAST_DRAWS && performance.now() - started > 1000 * seconds)
      return new NdArray('float32', [k, ...out.shape.slice(1)], out.data.slice(0, k * each))
    const address = { stream: (purpose: string) => stream(seed, `draw ${purpose}`), lap: 0, draw: k }
    const onBatch = (done: number) => {
      onProgress?.(k * set.count + done, draws * set.count)
      checkAborted(signal, 'sampling')
    }
    out.data.set((await drawAll(draw, set, address, { batch, onBatch })).data, k * each)
  }
  return out
}

/** A draw that is not finite, with more steps either. */
export interface LostDraw {
  readonly draw: number
  readonly observation: number
}

/**
 * Draws [K, N, ...event] in the units of the data, those that are lost NaN throughout.
 *
 * @throws TweedieError `numeric` when there are lost ones and nobody is told, or nothing else
 */
const inDataUnits = (
  draws: NdArray<'float32'>,
  range: DataRange,
  { onLost }: Pick<Drawing, 'onLost'>,
): NdArray<'float32'> => {
  const [k, n, ...event] = draws.shape
  const size = sizeOf(event)
  const rows = rowsNotFinite(new NdArray('float32', [k * n, ...event], draws.data))
  if (rows.length > 0 && (!onLost || rows.length === k * n))
    throw new TweedieError(
      'numeric',
      `${rows.length} of ${k * n} draws are not finite, the first of observation ${rows[0] % n}: ` +
        'the sampler diverged; try more steps, or another method',
    )
  for (const row of rows) draws.data.fill(Number.NaN, row * size, (row + 1) * size)
  if (rows.length > 0) onLost?.(rows.map((row) => ({ draw: Math.floor(row / n), observation: row % n })))
  return applyAffine(fromPrior(range), draws)
}

/** @throws TweedieError `input` when a set is of other signals than a prior knows */
const checkEvent = ({ event }: Prior, { operator }: Observations): void => {
  if (String(operator.event) === String(event)) return
  throw new TweedieError(
    'input',
    `the observations are of signals [${operator.event}], the prior knows [${event}]`,
  )
}

/** @throws TweedieError `input` when a set has entries of which the prior says that they are not there */
const checkDomain = ({ domain, event }: Prior, { valid }: Observations): void => {
  if (!domain || !valid) return
  const [known, wanted] = [domain.inside, valid].map((mask) => insideOf(mask, event).data)
  const more = wanted.filter((v, i) => v > known[i]).length
  if (more > 0)
    throw new TweedieError(
      'input',
      `the domain of the observations has ${more} entries more than that of the prior, ` +
        'which knows nothing there',
    )
}

/**
 * Posterior draws of every observation of a set, in the units of the data.
 *
 * @param set - in the units of the data, those of a file read batch by batch; those of the prior follow
 * from the prior's range
 * Outside the domain of the set or of the prior all draws are the same known number (`outsideValue`).
 *
 * @returns [draws, N, ...event], fewer draws where time was up; draw k of observation i depends on the seed,
 *   k and i only
 * @throws TweedieError `input` when the prior knows other signals or the method does not take the operator,
 * `numeric` when draws are not finite, with more steps either, and `onLost` is not given, `interrupted`
 *
 * @example
 * ```ts
 * const [prior, set] = [loadPrior('runs/demo'), readObservations('test.npz')]
 * const draws = await posteriorDraws(prior, set, { steps: 64, draws: 16, seed: 0 })
 * ```
 */
export const posteriorDraws = async (
  prior: Prior,
  set: Observations,
  options: DrawOptions,
): Promise<NdArray<'float32'>> => {
  checkEvent(prior, set)
  checkDomain(prior, set)
  const { mean, schedule, range } = prior
  const batched = batchedObservations(set, range)
  const { domain } = batched
  const denoiser = domain ? inDomain(prior.denoiser, domain) : prior.denoiser
  const { method = mmps(), signal } = options
  const sampling = samplingOf(method, { ...options, schedule: options.schedule ?? schedule })
  const draw = redrawn((times) =>
    samplerDraw(
      compileMethod(method, denoiser, batched.observation, finer(sampling, times)),
      batched,
      mean,
      signal,
    ),
  )
  try {
    return inDataUnits(await drawSeveral(draw, batched, options), range, options)
  } finally {
    await draw.release()
  }
}

/** Draws of the prior itself, [count, ...event], in its own units. */
export const priorLatents = async (
  { denoiser, mean, schedule, event }: Prior,
  count: number,
  options: PriorDrawOptions,
): Promise<NdArray<'float32'>> => {
  const nothing = { count, event, batch: () => ({ y: zeros([1]), parameters: {}, noise: {} }) }
  const sampling = { ...options, schedule: options.schedule ?? schedule }
  const draw = redrawn((times) =>
    samplerDraw(
      sampler<ObservationBatch<Tensor>>(() => denoiser, finer(sampling, times)),
      nothing,
      mean,
      options.signal,
    ),
  )
  try {
    return itemAt(await drawSeveral(draw, nothing, options), 0)
  } finally {
    await draw.release()
  }
}

/**
 * Draws of the prior itself, in the units of the data.
 *
 * @returns [count, ...event]; draw i depends on the seed and i only
 * @throws TweedieError `numeric` when draws are not finite, `interrupted`
 *
 * @example
 * ```ts
 * const x = await priorDraws(loadPrior('runs/demo'), 16, { steps: 64, seed: 0 })
 * ```
 */
export const priorDraws = async (
  prior: Prior,
  count: number,
  options: PriorDrawOptions,
): Promise<NdArray<'float32'>> => {
  const x = await priorLatents(prior, count, options)
  const alone = new NdArray('float32', [1, ...x.shape], x.data)
  return itemAt(inDataUnits(alone, prior.range, options), 0)
}
