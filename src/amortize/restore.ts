/** Restoring whole observation sets with a distilled sampler: all draws of an observation in one pass. */
import { isDeepStrictEqual } from 'node:util'
import { TweedieError } from '../error.ts'
import type { ObservationOperator, ObservationSet } from '../observations/index.ts'
import { parametersOf } from '../observations/index.ts'
import { familyOf } from '../operators/index.ts'
import { normalBatch, stream } from '../random/index.ts'
import {
  type ExecuteOptions,
  expandDims,
  jit,
  mean,
  mul,
  type NdArray,
  ndarray,
  reshape,
  rows,
  type Shape,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { ConditionInput, ConditionLayout } from './condition.ts'
import { type AmortizedSampler, oneStep, type SamplerOperator } from './sampler.ts'
import { measurementDigest } from './single.ts'

/** How to restore. */
export interface RestoreOptions {
  /** Draws K of each observation. */
  readonly draws: number
  /** Draws in flight at once (memory and speed, not the result), default 1024; at least those of one observation. */
  readonly batch?: number
  /** Keep the draws themselves, default true; without them memory does not grow with K. */
  readonly keep?: boolean
  readonly seed: number
  readonly execute?: ExecuteOptions
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Restorations of N observations, in the units of the data. */
export interface Restored {
  /** [N, ...event]. */
  readonly mean: NdArray<'float32'>
  /** [N, ...event], the standard deviation of K ≥ 2 draws with 1/(K − 1). */
  readonly spread?: NdArray<'float32'>
  /** [K, N], log q(x | y) of every draw in nats. */
  readonly logq: NdArray<'float32'>
  /** [K, N, ...event]. */
  readonly draws?: NdArray<'float32'>
}

/** What a sampler needs to know of an operator. */
export const samplerOperator = (operator: ObservationOperator, blind = false): SamplerOperator => ({
  kind: operator.kind,
  ...(operator.kind === 'family' ? { name: operator.name, settings: operator.settings } : {}),
  ...(blind ? { blind } : {}),
})

/**
 * Whether a sampler for one operator takes observations of another: the same with the same settings. A blind one saw settings drawn, so it
 * takes any; those of masks also when the masks are known, which it does not look at.
 */
const isFor = (own: SamplerOperator, given: SamplerOperator): boolean => {
  if (!own.blind) return isDeepStrictEqual(given, own)
  if (given.kind !== 'family')
    return given.kind === 'mask' && own.name !== undefined && familyOf(own.name).masks
  return given.name === own.name
}

const nameOf = ({ kind, name, settings }: SamplerOperator): string =>
  name === undefined ? kind : `${name} ${JSON.stringify(settings)}`

/**
 * Checks that a set is of the kind that a sampler was made for.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` for another operator, other settings of it, and other shapes
 */
export const checkRestorable = (
  { operator, telling }: Pick<AmortizedSampler, 'operator' | 'telling'>,
  set: ObservationSet,
  where: string,
): void => {
  const given = samplerOperator(set.operator)
  if (!isFor(operator, given)) {
    throw new TweedieError(
      'input',
      `${where}: observed by ${nameOf(given)}, the sampler is for ${nameOf(operator)}`,
    )
  }
  const parameters = parametersOf(set.operator)
  const shapes = Object.entries(telling.beside).map(([name, shape]) => ({
    field: name,
    shape,
    got: parameters[name]?.shape.slice(1),
  }))
  for (const { field, shape, got } of [
    { field: 'y', shape: telling.y, got: set.y.shape.slice(1) },
    ...shapes,
  ]) {
    if (!isDeepStrictEqual([...shape], got)) {
      throw new TweedieError(
        'input',
        `${where}: field '${field}' must be [N, ${shape}] for this sampler, got ${got ? `[N, ${got}]` : 'none'}`,
      )
    }
  }
}

/** What the sampler is told of rows `from … to − 1`. */
const toldRows = (
  { beside }: ConditionLayout,
  { y, operator }: ObservationSet,
  from: number,
  to: number,
): ConditionInput<NdArray<'float32'>> => {
  const parameters = parametersOf(operator)
  const shared = (array: NdArray<'float32'>): NdArray<'float32'> => {
    const out = zeros([to - from, ...array.shape.slice(1)])
    for (let i = 0; i < to - from; i++) out.data.set(array.data, i * array.size)
    return out
  }
  const rowsOf = (array: NdArray<'float32'>) =>
    array.shape[0] === y.shape[0] ? rows(array, from, to) : shared(array)
  return {
    y: rows(y, from, to),
    beside: Object.fromEntries(Object.keys(beside).map((name) => [name, rowsOf(parameters[name])])),
  }
}

/** Draws of Y observations with their statistics. */
const summarised = (sampler: AmortizedSampler) => {
  const draw = oneStep(sampler)
  return (seen: ConditionInput, z: Tensor) => {
    const { x, logq } = draw(seen, z)
    const observations = seen.y.shape[0]
    const each = reshape(x, [observations, x.shape[0] / observations, ...sampler.event])
    const centre = mean(each, { axes: 1 })
    const squares = sum(square(sub(each, expandDims(centre, 1))), { axes: 1 })
    return { x, logq, mean: centre, spread: sqrt(mul(squares, 1 / Math.max(1, each.shape[1] - 1))) }
  }
}

/** z of every draw k of rows `from … to − 1`: [(to − from)·K, ...event]; it depends on the seed, k and the row only. */
const latents = (seed: number, draws: number, [from, to]: readonly [number, number], event: Shape) => {
  const source = stream(seed, 'restore z')
  const each = Array.from({ length: (to - from) * draws }, (_, i) => i)
  return normalBatch(
    source,
    { observation: each.map((i) => from + Math.floor(i / draws)), draw: each.map((i) => i % draws) },
    event,
  )
}

const values = ({ data, dtype }: NdArray): Float32Array => {
  if (data instanceof Float32Array) return data
  throw new TweedieError('shape', `expected float32, got ${dtype}`)
}

/** [Y·K, n] into rows `from …` of [K, N, n]. */
const scatter = (out: Float32Array, part: Float32Array, draws: number, count: number, from: number): void => {
  const n = out.length / (draws * count)
  for (let i = 0; i < part.length / (draws * n); i++) {
    for (let k = 0; k < draws; k++) {
      const at = (i * draws + k) * n
      out.set(part.subarray(at, at + n), (k * count + from + i) * n)
    }
  }
}

const checkFinite = (array: NdArray<'float32'>, from: number): void => {
  const bad = array.data.findIndex((v) => !Number.isFinite(v))
  if (bad < 0) return
  const row = from + Math.floor((bad * array.shape[0]) / array.size)
  throw new TweedieError('numeric', `restore: observation ${row} gives draws that are no numbers`)
}

/**
 * Restores every observation of a set (units of the data).
 *
 * @throws TweedieError `input` for a sampler of one measurement and other observations, `numeric` when draws are not finite,
 * `interrupted`
 *
 * @example
 * ```ts
 * const { mean, spread, logq } = await restore(sampler, readObservations('test.npz'), { draws: 128, seed: 0 })
 * ```
 */
export const restore = async (
  sampler: AmortizedSampler,
  set: ObservationSet,
  options: RestoreOptions,
): Promise<Restored> => {
  const { draws: K, batch = 1024, keep = true, seed, execute, onProgress, signal } = options
  const { event, telling, measurement } = sampler
  const count = set.y.shape[0]
  if (measurement !== undefined && (count > 1 || measurementDigest(set, 0) !== measurement))
    throw new TweedieError('input', 'restore: the sampler is for one measurement, see `measurementRow`')
  const size = Math.min(count, Math.max(1, Math.floor(batch / K)))
  const program = jit(summarised(sampler), execute)
  const [centre, spread] = [zeros([count, ...event]), zeros([count, ...event])]
  const logq = zeros([K, count])
  const draws = keep ? zeros([K, count, ...event]) : undefined
  try {
    for (let start = 0; start < count; start += size) {
      if (signal?.aborted) throw new TweedieError('interrupted', 'restoring was interrupted')
      const from = Math.min(start, count - size) // the last batch is shifted back: one compiled shape serves all
      const seen = toldRows(telling, set, from, from + size)
      const out = await program(seen, latents(seed, K, [from, from + size], event))
      const drawn = ndarray(values(out.logq), [size, K])
      checkFinite(drawn, from)
      centre.data.set(values(out.mean), from * sizeOf(event))
      spread.data.set(values(out.spread), from * sizeOf(event))
      scatter(logq.data, values(out.logq), K, count, from)
      if (draws) scatter(draws.data, values(out.x), K, count, from)
      onProgress?.(Math.min(start + size, count), count)
    }
  } finally {
    await program.release()
  }
  return { mean: centre, ...(K > 1 ? { spread } : {}), logq, ...(draws ? { draws } : {}) }
}
