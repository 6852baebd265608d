/** Restoring whole observation sets with a distilled sampler: all draws of an observation in one pass. */
import { isDeepStrictEqual } from 'node:util'
import { TweedieError } from '../error.ts'
import type { Observations } from '../observations/index.ts'
import { familyOf, filledOutside, type OperatorSpec, outsideValue } from '../operators/index.ts'
import { type LostDraw, range, rowsNotFinite } from '../posterior/index.ts'
import { checkAborted } from '../progress.ts'
import { normalBatch, stream } from '../random/index.ts'
import {
  type ExecuteOptions,
  eachBatch,
  expandDims,
  float32,
  jit,
  mean,
  mul,
  type NdArray,
  reshape,
  reshaped,
  type Shape,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { type ConditionInput, conditionRows } from './condition.ts'
import { restoredAgain, type Summary } from './restored-again.ts'
import { type AmortizedSampler, drawingOf, oneStep, type SamplerOperator } from './sampler.ts'
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

/** The operator of observations as samplers know it. */
export const samplerOperator = ({ name, settings, of }: OperatorSpec, blind = false): SamplerOperator => ({
  ...(familyOf(name).deletes ? { name: 'mask', settings: {} } : { name, settings, ...(of ? { of } : {}) }),
  ...(blind ? { blind } : {}),
})

/** Settings that the sampler names are the same; it may name none. */
const agree = (own: OperatorSpec, given: OperatorSpec): boolean =>
  own.name === given.name &&
  Object.entries(own.settings).every(([key, value]) => given.settings[key] === value) &&
  (own.of?.length ?? 0) === (given.of?.length ?? 0) &&
  (own.of ?? []).every((part, i) => agree(part, given.of?.[i] ?? part))

/**
 * Whether a sampler for one operator takes observations of another: the same with the same settings. A blind
 * one saw settings drawn, so it takes any.
 */
const isFor = (own: SamplerOperator, given: SamplerOperator): boolean =>
  own.blind ? given.name === own.name : agree(own, given)

const nameOf = ({ name, settings, of }: OperatorSpec): string => {
  const words = [name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(' ')
  return of ? `${words} (${of.map(nameOf).join(', ')})` : words
}

/**
 * Checks that a set is of the kind that a sampler was made for.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` for another operator, other settings of it, and other shapes
 */
export const checkRestorable = (
  { operator, condition }: Pick<AmortizedSampler, 'operator' | 'condition'>,
  set: Observations,
  where: string,
): void => {
  const given = samplerOperator(set.operator)
  if (!isFor(operator, given)) {
    throw new TweedieError(
      'input',
      `${where}: observed by ${nameOf(given)}, the sampler is for ${nameOf(operator)}`,
    )
  }
  const { parameters } = set.operator
  const shapes = Object.entries(condition.beside).map(([name, shape]) => ({
    field: name,
    shape,
    got: parameters[name]?.shape.slice(1),
  }))
  for (const { field, shape, got } of [
    { field: 'y', shape: condition.y, got: set.y.shape.slice(1) },
    ...shapes,
  ]) {
    if (!isDeepStrictEqual([...shape], got)) {
      const found = got ? `[N, ${got}]` : 'none'
      throw new TweedieError(
        'input',
        `${where}: field '${field}' must be [N, ${shape}] for this sampler, got ${found}`,
      )
    }
  }
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

/** Observations of a batch whose draws, or their log q, are not all finite. */
const brokenRows = ({ mean, logq }: Summary): number[] => {
  const [observations] = mean.shape
  const density = logq && reshaped(float32(logq), [observations, logq.size / observations])
  return [...new Set([...rowsNotFinite(float32(mean)), ...(density ? rowsNotFinite(density) : [])])]
}

/** An array of so many rows with some of them NaN. */
const withNaN = (x: NdArray<'float32'>, count: number, lost: readonly number[]): NdArray<'float32'> => {
  const size = x.size / count
  for (const row of lost) x.data.fill(Number.NaN, row * size, (row + 1) * size)
  return x
}

/** @throws TweedieError `numeric` when there are lost draws and nobody is told, or nothing else */
const told = (lost: readonly LostDraw[], all: number, { onLost }: RestoreOptions): void => {
  if (lost.length === 0) return
  if (!onLost || lost.length === all)
    throw new TweedieError(
      'numeric',
      `restore: observation ${lost[0].observation} gives draws that are not finite ` +
        `(${lost.length} of ${all})`,
    )
  onLost(lost)
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
  const { draws: K, batch = 1024, keep: keepsDraws = true, seed, execute, onProgress, signal } = options
  const { event, condition, measurement } = sampler
  const count = set.y.shape[0]
  if (measurement !== undefined && (count > 1 || measurementDigest(set, 0) !== measurement))
    throw new TweedieError('input', 'restore: the sampler is for one measurement, see `measurementRow`')
  const size = Math.min(count, Math.max(1, Math.floor(batch / K)))
  const program = jit(summarised(sampler), execute)
  const [centre, spread] = [zeros([count, ...event]), zeros([count, ...event])]
  const logq = drawingOf(sampler.flow).density ? zeros([K, count]) : undefined
  const draws = keepsDraws ? zeros([K, count, ...event]) : undefined
  const lost = new Map<number, LostDraw>() // rows of a last batch that is shifted back come twice
  const keep = (out: Summary, from: number): void => {
    centre.data.set(float32(out.mean).data, from * sizeOf(event))
    spread.data.set(float32(out.spread).data, from * sizeOf(event))
    if (logq && out.logq) scatter(logq.data, float32(out.logq).data, K, count, from)
    if (draws) scatter(draws.data, float32(out.x).data, K, count, from)
  }
  const lose = (observation: number, own: readonly number[]): void => {
    for (const draw of own) lost.set(draw * count + observation, { draw, observation })
  }
  /** One observation once more, and which of its draws are lost; all where only their mean overflows. */
  const again = async (row: number): Promise<readonly number[]> => {
    const one = [row, row + 1] as const
    const { out, lost } = await restoredAgain(
      (z) => program(conditionRows(condition, set, ...one), z),
      (draw) => latents(seed, 1, one, event, draw),
      K,
    )
    keep(out, row)
    return lost.length === 0 && brokenRows(out).length > 0 ? range(0, K) : lost
  }
  try {
    await eachBatch(count, size, async (from, to) => {
      checkAborted(signal, 'restoring')
      const input = conditionRows(condition, set, from, to)
      const out = await program(input, latents(seed, K, [from, to], event))
      keep(out, from)
      const broken = brokenRows(out)
      // Where all of several break, it is not a draw that diverged: the sampler did.
      const hopeless = broken.length === to - from && broken.length > 1
      for (const row of broken) lose(from + row, hopeless ? range(0, K) : await again(from + row))
      onProgress?.(to, count)
    })
    told([...lost.values()], K * count, options)
  } finally {
    await program.release()
  }
  const { valid, range: units } = set
  const kept = (x: NdArray<'float32'>, value: number) =>
    valid ? filledOutside(x, { inside: valid, value }) : x
  const outside = outsideValue(units)
  const observations = [...lost.values()].map(({ observation }) => observation)
  return {
    mean: withNaN(kept(centre, outside), count, observations),
    ...(K > 1 ? { spread: withNaN(kept(spread, 0), count, observations) } : {}),
    ...(logq ? { logq: withNaN(logq, K * count, [...lost.keys()]) } : {}),
    ...(draws ? { draws: withNaN(kept(draws, outside), K * count, [...lost.keys()]) } : {}),
  }
}
