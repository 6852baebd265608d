/** Posterior draws of whole observation sets, batch by batch, with counter-addressed noise. */

import { inDomain, type Prior, type SamplerOptions, sampler } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import {
  batchedObservations,
  countOf,
  type ObservationBatch,
  type Observations,
} from '../observations/index.ts'
import { applyAffine, type DataRange, fromPrior, insideOf } from '../operators/index.ts'
import {
  type HeldSpread,
  itemAt,
  type NdArray,
  sizeOf,
  type Tensor,
  withSpread,
  zeros,
} from '../tensor/index.ts'
import { type BatchDraw, samplerDraw } from './batch-draw.ts'
import {
  type Drawing,
  type DrawJob,
  drawnHere,
  eachDraw,
  gathered,
  type LostDraw,
  type ResumedDrawing,
  type TakeDraws,
} from './drawing.ts'
import { compileMethod, type PosteriorMethod, samplingOf } from './method.ts'
import { mmps } from './mmps.ts'
import { finer, redrawn, rowsNotFinite } from './redraw.ts'

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

/** Draws that this process makes by compiled programs. */
type HeldDraws = HeldSpread<DrawJob, NdArray<'float32'>>

const heldDraws = (draw: BatchDraw, drawing: Pick<Drawing, 'seed'>): HeldDraws =>
  Object.assign(drawnHere(draw, drawing), { release: draw.release })

/** Draws handed on in the units of the data, those that are lost NaN throughout. */
interface InDataUnits {
  readonly take: TakeDraws
  /** Tells which are lost. @throws TweedieError `numeric` when there is nothing else */
  readonly end: (made: number) => void
}

/**
 * Takes draws in the units of the prior and hands them on.
 *
 * @param count - observations; of `draws` draws
 */
const inDataUnits = (
  range: DataRange,
  { draws = 1, count }: { readonly draws?: number; readonly count: number },
  { onLost }: Pick<Drawing, 'onLost'>,
  take: TakeDraws,
): InDataUnits => {
  const lost: LostDraw[] = []
  const diverged = (all: number) =>
    new TweedieError(
      'numeric',
      `${lost.length} of ${all} draws are not finite, the first of observation ${lost[0].observation}: ` +
        'the sampler diverged; try more steps, or another method',
    )
  return {
    take: ({ draw, from, x }) => {
      const size = sizeOf(x.shape.slice(1))
      const gone = rowsNotFinite(x)
      for (const row of gone) {
        lost.push({ draw, observation: from + row })
        x.data.fill(Number.NaN, row * size, (row + 1) * size)
      }
      if (lost.length > 0 && !onLost) throw diverged(draws * count)
      take({ draw, from, x: applyAffine(fromPrior(range), x) })
    },
    end: (made) => {
      if (lost.length === made * count) throw diverged(made * count)
      if (lost.length > 0) onLost?.(lost)
    },
  }
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
 * The draws of {@link eachPosteriorDraw} batch by batch, in any order and in the units of the prior: what
 * several processes share (`spread`).
 *
 * @throws TweedieError `input` when the prior knows other signals
 *
 * @example
 * ```ts
 * const draws = posteriorBatches(loadPrior('runs/demo'), openObservations('test.safetensors'), { seed: 0 })
 * const x = await draws({ draw: 3, from: 64, to: 128, first: 64 })
 * await draws.release()
 * ```
 */
export const posteriorBatches = (
  prior: Prior,
  set: Observations,
  options: Omit<DrawOptions, 'spread'>,
): HeldDraws => {
  checkEvent(prior, set)
  checkDomain(prior, set)
  const { mean, schedule, range } = prior
  const batched = batchedObservations(set, range)
  const denoiser = batched.domain ? inDomain(prior.denoiser, batched.domain) : prior.denoiser
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
  return heldDraws(draw, options)
}

/**
 * Posterior draws of every observation of a set, in the units of the data, handed on as they come: memory
 * does not grow with the set or with the number of draws.
 *
 * @param set - in the units of the data, those of a file read batch by batch; those of the prior follow
 * from the prior's range
 * @param take - gets each batch, draw by draw
 * @returns how many draws were made: fewer than asked for where time was up
 * @throws TweedieError as {@link posteriorDraws}
 *
 * @example
 * ```ts
 * const [prior, set] = [loadPrior('runs/demo'), openObservations('test.safetensors')]
 * const shape = [16, ...set.y.shape]
 * const writer = arrayWriter('draws.safetensors', { draws: { dtype: 'float32', shape } })
 * const options = { steps: 64, draws: 16, seed: 0 }
 * await eachPosteriorDraw(prior, set, options, ({ x }) => writer.append('draws', x))
 * writer.close()
 * ```
 */
export const eachPosteriorDraw = async (
  prior: Prior,
  set: Observations,
  options: DrawOptions,
  take: TakeDraws,
): Promise<number> => {
  checkEvent(prior, set)
  checkDomain(prior, set)
  const count = countOf(set)
  const handedOn = inDataUnits(prior.range, { draws: options.draws, count }, options, take)
  return withSpread(
    options.spread,
    () => posteriorBatches(prior, set, options),
    async (spread) => {
      const made = await eachDraw(spread, { count }, options, handedOn.take)
      handedOn.end(made)
      return made
    },
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
  const { event } = set.operator
  return gathered({ count: countOf(set), event }, options.draws ?? 1, (take) =>
    eachPosteriorDraw(prior, set, options, take),
  )
}

/** The draws of {@link eachPriorLatent} batch by batch, in any order. */
export const priorBatches = (
  { denoiser, mean, schedule, event }: Prior,
  options: Omit<PriorDrawOptions, 'spread'>,
): HeldDraws => {
  const nothing = { event, batch: () => ({ y: zeros([1]), parameters: {}, noise: {} }) }
  const sampling = { ...options, schedule: options.schedule ?? schedule }
  const draw = redrawn((times) =>
    samplerDraw(
      sampler<ObservationBatch<Tensor>>(() => denoiser, finer(sampling, times)),
      nothing,
      mean,
      options.signal,
    ),
  )
  return heldDraws(draw, options)
}

/** Draws of the prior itself, in its own units, handed on as they come. */
export const eachPriorLatent = async (
  prior: Prior,
  count: number,
  options: PriorDrawOptions & Pick<ResumedDrawing, 'known'>,
  take: TakeDraws,
): Promise<void> => {
  await withSpread(
    options.spread,
    () => priorBatches(prior, options),
    (spread) => eachDraw(spread, { count }, { ...options, draws: 1 }, take),
  )
}

/** All that is handed on of one draw, [count, ...event]. */
const gatheredOne = async (
  { event }: Prior,
  count: number,
  each: (take: TakeDraws) => Promise<void>,
): Promise<NdArray<'float32'>> => {
  const all = await gathered({ count, event }, 1, async (take) => {
    await each(take)
    return 1
  })
  return itemAt(all, 0)
}

/** Draws of the prior itself, [count, ...event], in its own units. */
export const priorLatents = (
  prior: Prior,
  count: number,
  options: PriorDrawOptions,
): Promise<NdArray<'float32'>> =>
  gatheredOne(prior, count, (take) => eachPriorLatent(prior, count, options, take))

/**
 * Draws of the prior itself, in the units of the data, handed on as they come.
 *
 * @throws TweedieError as {@link priorDraws}
 *
 * @example
 * ```ts
 * const prior = loadPrior('runs/demo')
 * await eachPriorDraw(prior, 16, { steps: 64, seed: 0 }, ({ from, x }) => console.log(from, x.shape))
 * ```
 */
export const eachPriorDraw = async (
  prior: Prior,
  count: number,
  options: PriorDrawOptions,
  take: TakeDraws,
): Promise<void> => {
  const handedOn = inDataUnits(prior.range, { count }, options, take)
  await eachPriorLatent(prior, count, options, handedOn.take)
  handedOn.end(1)
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
export const priorDraws = (
  prior: Prior,
  count: number,
  options: PriorDrawOptions,
): Promise<NdArray<'float32'>> =>
  gatheredOne(prior, count, (take) => eachPriorDraw(prior, count, options, take))
