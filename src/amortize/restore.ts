/** Restoring whole observation sets with a distilled sampler: all draws of an observation in one pass. */
import { TweedieError } from '../error.ts'
import { countOf, type Observations } from '../observations/index.ts'
import { filledOutside, outsideValue } from '../operators/index.ts'
import { type LostDraw, range, rowsNotFinite } from '../posterior/index.ts'
import { checkAborted } from '../progress.ts'
import { normalBatch, stream } from '../random/index.ts'
import {
  type Batch,
  batchesOf,
  type ExecuteOptions,
  expandDims,
  float32,
  type HeldSpread,
  inOrder,
  jit,
  mean,
  mul,
  type NdArray,
  reshape,
  reshaped,
  rows,
  type Shape,
  type Spread,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  withSpread,
  zeros,
} from '../tensor/index.ts'
import { type ConditionInput, conditionRows } from './condition.ts'
import { restoredAgain, type Summary } from './restored-again.ts'
import { type AmortizedSampler, drawingOf, oneStep } from './sampler.ts'
import { measurementDigest } from './single.ts'

/** How to restore. */
export interface RestoreOptions {
  /** Draws K of each observation. */
  readonly draws: number
  /**
   * Draws in flight at once (memory and speed, not the result), default 1024; at least those of one
   * observation.
   */
  readonly batch?: number
  /** Keep the draws themselves, default true; without them memory does not grow with K. */
  readonly keep?: boolean
  readonly seed: number
  readonly execute?: ExecuteOptions
  /**
   * Told which draws are lost: not finite, by other noise either. They are NaN in the result, as are then
   * mean and spread of the observation. Without it they are an error.
   */
  readonly onLost?: (lost: readonly LostDraw[]) => void
  /** Who makes the restorations; default this process, one batch after the other. */
  readonly spread?: Spread<Batch, RestoredRows>
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Restorations of N observations, in the units of the data. */
export interface Restored {
  /** [N, ...event]. */
  readonly mean: NdArray<'float32'>
  /** [N, ...event], the standard deviation of K ≥ 2 draws with 1/(K − 1). */
  readonly spread?: NdArray<'float32'>
  /** [K, N], log q(x | y) of every draw in nats; absent where the sampler's density is not known. */
  readonly logq?: NdArray<'float32'>
  /** [K, N, ...event]. */
  readonly draws?: NdArray<'float32'>
}

/** Draws of Y observations with their statistics. */
const summarised = (sampler: AmortizedSampler) => {
  const draw = oneStep(sampler)
  return (input: ConditionInput, z: Tensor) => {
    const { x, logq } = draw(input, z)
    const observations = input.y.shape[0]
    const each = reshape(x, [observations, x.shape[0] / observations, ...sampler.event])
    const centre = mean(each, { axes: 1 })
    const squares = sum(square(sub(each, expandDims(centre, 1))), { axes: 1 })
    const spread = sqrt(mul(squares, 1 / Math.max(1, each.shape[1] - 1)))
    return { x, mean: centre, spread, ...(logq ? { logq } : {}) }
  }
}

/**
 * z of draws `first … first + draws − 1` of rows `from … to − 1`: [(to − from)·draws, ...event]; it depends
 * on the seed, the draw and the row only.
 */
const latents = (
  seed: number,
  draws: number,
  [from, to]: readonly [number, number],
  event: Shape,
  first = 0,
) => {
  const source = stream(seed, 'restore z')
  const each = Array.from({ length: (to - from) * draws }, (_, i) => i)
  return normalBatch(
    source,
    {
      observation: each.map((i) => from + Math.floor(i / draws)),
      draw: each.map((i) => first + (i % draws)),
    },
    event,
  )
}

/** [Y·K, ...] with the draws of each observation together into [K, N, ...], from observation `from` on. */
const scatter = (out: NdArray<'float32'>, part: NdArray<'float32'>, from = 0): void => {
  const [draws, count, ...rest] = out.shape
  const n = sizeOf(rest)
  for (let row = 0; row < part.size / n; row++) {
    const [i, k] = [Math.floor(row / draws), row % draws]
    out.data.set(part.data.subarray(row * n, (row + 1) * n), (k * count + from + i) * n)
  }
}

/** Observations of a batch whose draws, or their log q, are not all finite. */
const brokenRows = ({ mean, logq }: Summary): number[] => {
  const [observations] = mean.shape
  const density = logq && reshaped(float32(logq), [observations, logq.size / observations])
  return [...new Set([...rowsNotFinite(float32(mean)), ...(density ? rowsNotFinite(density) : [])])]
}

/** Rows of [rows, ...] NaN. */
const withNaN = (x: NdArray<'float32'>, rows: number, lost: readonly number[]): NdArray<'float32'> => {
  const size = x.size / rows
  for (const row of lost) x.data.fill(Number.NaN, row * size, (row + 1) * size)
  return x
}

const diverged = (lost: readonly LostDraw[], all: number): TweedieError =>
  new TweedieError(
    'numeric',
    `restore: observation ${lost[0].observation} gives draws that are not finite (${lost.length} of ${all})`,
  )

/** Restorations of observations `from …`, as they come. */
export interface RestoredRows extends Restored {
  readonly from: number
  /** Draws of these that are lost. */
  readonly lost: readonly LostDraw[]
}

/** Rows of an answer from observation `skip` on, with K draws each. */
const answersFrom = ({ x, mean, spread, logq }: Summary, skip: number): Summary => {
  const [size] = mean.shape
  const draws = x.shape[0] / size
  const kept = (array: NdArray, each: number) => rows(float32(array), skip * each, size * each)
  return {
    x: kept(x, draws),
    mean: kept(mean, 1),
    spread: kept(spread, 1),
    ...(logq ? { logq: kept(logq, draws) } : {}),
  }
}

/** @throws TweedieError `input` for a sampler of one measurement and other observations */
const checkMeasurement = ({ measurement }: AmortizedSampler, set: Observations): void => {
  if (measurement !== undefined && (countOf(set) > 1 || measurementDigest(set, 0) !== measurement))
    throw new TweedieError('input', 'restore: the sampler is for one measurement, see `measurementRow`')
}

/**
 * The restorations of {@link restoreEach} batch by batch, in any order: what several processes share
 * (`spread`).
 *
 * @throws TweedieError `input` for a sampler of one measurement and other observations
 *
 * @example
 * ```ts
 * const set = openObservations('test.safetensors')
 * const restored = restoredBatches(sampler, set, { draws: 128, seed: 0 })
 * const { mean } = await restored({ from: 8, to: 16, first: 8 })
 * await restored.release()
 * ```
 */
export const restoredBatches = (
  sampler: AmortizedSampler,
  set: Observations,
  {
    draws: K,
    keep: keepsDraws = true,
    seed,
    execute,
    signal,
  }: Pick<RestoreOptions, 'draws' | 'keep' | 'seed' | 'execute' | 'signal'>,
): HeldSpread<Batch, RestoredRows> => {
  checkMeasurement(sampler, set)
  const { event, condition } = sampler
  const program = jit(summarised(sampler), execute)
  const { valid, range: units } = set
  const outside = outsideValue(units)
  const inside = (x: NdArray<'float32'>, value: number) =>
    valid ? filledOutside(x, { inside: valid, value }) : x
  /** One observation once more, and which of its draws are lost; all where only their mean overflows. */
  const again = async (row: number): Promise<{ readonly out: Summary; readonly gone: readonly number[] }> => {
    const one = [row, row + 1] as const
    const { out, lost } = await restoredAgain(
      (z) => program(conditionRows(condition, set, ...one), z),
      (draw) => latents(seed, 1, one, event, draw),
      K,
    )
    return { out, gone: lost.length === 0 && brokenRows(out).length > 0 ? range(0, K) : lost }
  }
  const finished = async (out: Summary, from: number): Promise<RestoredRows> => {
    const n = out.mean.shape[0]
    const [mean, spread] = [float32(out.mean), float32(out.spread)]
    const [logq, draws] = [
      out.logq ? zeros([K, n]) : undefined,
      keepsDraws ? zeros([K, n, ...event]) : undefined,
    ]
    const keep = (part: Summary, at: number): void => {
      mean.data.set(float32(part.mean).data, at * sizeOf(event))
      spread.data.set(float32(part.spread).data, at * sizeOf(event))
      if (logq && part.logq) scatter(logq, float32(part.logq), at)
      if (draws) scatter(draws, float32(part.x), at)
    }
    keep(out, 0)
    const lost: LostDraw[] = []
    const broken = brokenRows(out)
    // Where all of several break, it is not a draw that diverged: the sampler did.
    const hopeless = broken.length === n && broken.length > 1
    for (const row of broken) {
      const retried = hopeless ? undefined : await again(from + row)
      if (retried) keep(retried.out, row)
      for (const draw of retried?.gone ?? range(0, K)) lost.push({ draw, observation: from + row })
    }
    const observations = lost.map(({ observation }) => observation - from)
    const places = lost.map(({ draw, observation }) => draw * n + observation - from)
    return {
      from,
      lost,
      mean: withNaN(inside(mean, outside), n, observations),
      ...(K > 1 ? { spread: withNaN(inside(spread, 0), n, observations) } : {}),
      ...(logq ? { logq: withNaN(logq, K * n, places) } : {}),
      ...(draws ? { draws: withNaN(inside(draws, outside), K * n, places) } : {}),
    }
  }
  const restored = async ({ from, to, first }: Batch): Promise<RestoredRows> => {
    checkAborted(signal, 'restoring')
    const input = conditionRows(condition, set, from, to)
    const out = await program(input, latents(seed, K, [from, to], event))
    return finished(answersFrom(out, first - from), first)
  }
  return Object.assign(restored, { ahead: 1, release: program.release })
}

/**
 * Restores every observation of a set (units of the data) and hands the restorations on as they come, in
 * order: memory does not grow with the set or with the number of draws. See {@link restore}.
 *
 * @throws TweedieError as {@link restore}
 *
 * @example
 * ```ts
 * const set = openObservations('test.safetensors')
 * await restoreEach(sampler, set, { draws: 128, seed: 0 }, ({ from, mean }) => console.log(from, mean.shape))
 * ```
 */
export const restoreEach = async (
  sampler: AmortizedSampler,
  set: Observations,
  options: RestoreOptions,
  take: (rows: RestoredRows) => void | Promise<void>,
): Promise<void> => {
  const { draws: K, batch = 1024, spread, onLost, onProgress } = options
  checkMeasurement(sampler, set)
  const count = countOf(set)
  const lost: LostDraw[] = []
  const batches = batchesOf(count, Math.max(1, Math.floor(batch / K)))
  await withSpread(
    spread,
    () => restoredBatches(sampler, set, options),
    (by) =>
      inOrder(batches, by, async (rows, { to }) => {
        lost.push(...rows.lost)
        if (lost.length > 0 && !onLost) throw diverged(lost, K * count)
        await take(rows)
        onProgress?.(to, count)
      }),
  )
  if (lost.length === K * count) throw diverged(lost, K * count)
  if (lost.length > 0) onLost?.(lost)
}

/** Entries `from …` of the second axis of [K, N, ...]. */
const putColumns = (out: NdArray<'float32'>, part: NdArray<'float32'>, from: number): void => {
  const [draws, count, ...rest] = out.shape
  const each = part.size / draws
  for (let k = 0; k < draws; k++)
    out.data.set(part.data.subarray(k * each, (k + 1) * each), (k * count + from) * sizeOf(rest))
}

/**
 * Restores every observation of a set (units of the data). Outside its domain all draws are the same known
 * number (`outsideValue`).
 *
 * @throws TweedieError `input` for a sampler of one measurement and other observations, `numeric` when draws
 * are not finite, by other noise either, and `onLost` is not given, `interrupted`
 *
 * @example
 * ```ts
 * const set = readObservations('test.npz')
 * const { mean, spread, logq } = await restore(sampler, set, { draws: 128, seed: 0 })
 * ```
 */
export const restore = async (
  sampler: AmortizedSampler,
  set: Observations,
  options: RestoreOptions,
): Promise<Restored> => {
  const { draws: K, keep = true } = options
  const each = [countOf(set), ...sampler.event]
  const all: Restored = {
    mean: zeros(each),
    ...(K > 1 ? { spread: zeros(each) } : {}),
    ...(drawingOf(sampler.flow).density ? { logq: zeros([K, each[0]]) } : {}),
    ...(keep ? { draws: zeros([K, ...each]) } : {}),
  }
  await restoreEach(sampler, set, options, ({ from, mean, spread, logq, draws }) => {
    const at = from * sizeOf(sampler.event)
    all.mean.data.set(mean.data, at)
    if (spread) all.spread?.data.set(spread.data, at)
    if (all.logq && logq) putColumns(all.logq, logq, from)
    if (all.draws && draws) putColumns(all.draws, draws, from)
  })
  return all
}
