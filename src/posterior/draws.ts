/** Posterior draws of whole observation sets, batch by batch, with counter-addressed noise. */

import { type Denoiser, type Sampler, type SamplerOptions, sampler } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { ObservationSet } from '../observations/index.ts'
import {
  type BatchedObservations,
  batchedObservations,
  type ObservationBatch,
} from '../observations/index.ts'
import type { Observation } from '../operators/index.ts'
import { normalBatch, type Stream, stream } from '../random/index.ts'
import { float32, NdArray, reshaped, type Shape, sizeOf, type Tensor, zeros } from '../tensor/index.ts'
import { mmps } from './mmps.ts'

/** Where the randomness of a batch of draws comes from. */
export interface DrawAddress {
  readonly stream: (purpose: string) => Stream
  readonly lap: number
  readonly draw?: number
}

/** Samples of a batch: rows `start … stop − 1` of the set. */
export interface BatchDraw {
  (start: number, stop: number, address: DrawAddress): Promise<NdArray>
  release(): Promise<void>
}

/** start … stop − 1. */
export const range = (start: number, stop: number): number[] =>
  Array.from({ length: stop - start }, (_, i) => start + i)

/** Noises of one sampler step at most: they share a counter. */
const NOISES = 16

/** Any compiled sampler over batches of a set, as a {@link BatchDraw}. */
export const samplerDraw = (
  draw: ReturnType<typeof sampler<ObservationBatch<Tensor>>>,
  set: BatchedObservations,
  mean: NdArray,
  signal?: AbortSignal,
): BatchDraw => {
  const start = reshaped(float32(mean), set.event)
  const run = (from: number, to: number, { stream, lap, draw: k = 0 }: DrawAddress): Promise<NdArray> => {
    const at = { lap, draw: k, observation: range(from, to) }
    const [first, more] = [stream('start'), stream('step')]
    return draw(set.batch(from, to), {
      shape: [to - from, ...set.event],
      mean: start,
      noise: (step, index) => {
        if (index >= NOISES)
          throw new TweedieError('input', `a step takes ${NOISES} noises at most, this one wants more`)
        return step < 0
          ? normalBatch(first, at, set.event)
          : normalBatch(more, { ...at, step: step * NOISES + index }, set.event)
      },
      signal,
    })
  }
  return Object.assign(run, { release: draw.release })
}

/** One sample for each of the first `count` rows. */
export const drawAll = async (
  draw: BatchDraw,
  set: BatchedObservations,
  address: DrawAddress,
  {
    count = set.count,
    batch = 256,
    onBatch,
  }: { count?: number; batch?: number; onBatch?: (done: number) => void } = {},
): Promise<NdArray<'float32'>> => {
  const n = sizeOf(set.event)
  const out = zeros([count, ...set.event])
  const size = Math.min(batch, count)
  for (let start = 0; start < count; start += size) {
    const from = Math.min(start, count - size) // the last batch is shifted back: one compiled shape serves all
    out.data.set(float32(await draw(from, from + size, address)).data, from * n)
    onBatch?.(Math.min(start + size, count))
  }
  return out
}

/** A prior ready to sample from: its denoiser, and the mean μ from which samplers start. */
export interface Prior {
  readonly denoiser: Denoiser
  /** [N], float32. */
  readonly mean: NdArray
}

/** Options of {@link posteriorDraws} and {@link priorDraws}. */
export interface DrawOptions {
  readonly sampling: SamplerOptions
  /** Draws for each observation, default 1. */
  readonly draws?: number
  /** Samples in flight at once (memory and speed, not the result), default 64. */
  readonly batch?: number
  /** Posterior denoiser of a prior and an observation; default MMPS with one CG iteration. */
  readonly posterior?: (prior: Denoiser, observation: Observation) => Denoiser
  /** A whole sampler instead of a denoiser to be sampled with: `compile` of a method of posterior/, its settings bound. */
  readonly compile?: (
    prior: Denoiser,
    observationOf: BatchedObservations['observation'],
    sampling: SamplerOptions,
  ) => Sampler<ObservationBatch<Tensor>>
  readonly seed: number
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** K draws of every observation through a {@link BatchDraw} → [K, N, ...event]. Releases nothing. */
export const drawSeveral = async (
  draw: BatchDraw,
  set: BatchedObservations,
  {
    draws = 1,
    batch = 64,
    seed,
    onProgress,
    signal,
  }: Omit<DrawOptions, 'sampling' | 'posterior' | 'compile'>,
): Promise<NdArray<'float32'>> => {
  const out = zeros([draws, set.count, ...set.event])
  const each = set.count * sizeOf(set.event)
  for (let k = 0; k < draws; k++) {
    const address = { stream: (purpose: string) => stream(seed, `draw ${purpose}`), lap: 0, draw: k }
    const onBatch = (done: number) => {
      onProgress?.(k * set.count + done, draws * set.count)
      if (signal?.aborted) throw new TweedieError('interrupted', 'sampling was interrupted')
    }
    out.data.set((await drawAll(draw, set, address, { batch, onBatch })).data, k * each)
  }
  return out
}

/**
 * Posterior draws of every observation of a set, in the units of the prior.
 *
 * @returns [draws, N, ...event]; draw k of observation i depends on the seed, k and i only
 *
 * @example
 * ```ts
 * const draws = await posteriorDraws({ denoiser, mean }, set, { sampling: { steps: 64 }, draws: 16, seed: 0 })
 * ```
 */
export const posteriorDraws = async (
  { denoiser, mean }: Prior,
  set: ObservationSet,
  options: DrawOptions,
): Promise<NdArray<'float32'>> => {
  const { posterior = mmps(), compile, sampling, signal } = options
  const batched = batchedObservations(set)
  const compiled = compile
    ? compile(denoiser, batched.observation, sampling)
    : sampler((batch: ObservationBatch<Tensor>) => posterior(denoiser, batched.observation(batch)), sampling)
  const draw = samplerDraw(compiled, batched, mean, signal)
  try {
    return await drawSeveral(draw, batched, options)
  } finally {
    await draw.release()
  }
}

/** Draws of the prior itself, [count, ...event]. */
export const priorDraws = async (
  { denoiser, mean }: Prior,
  event: Shape,
  count: number,
  options: Omit<DrawOptions, 'draws' | 'posterior' | 'compile'>,
): Promise<NdArray<'float32'>> => {
  const nothing: BatchedObservations = {
    count,
    event,
    batch: () => ({ y: zeros([1]), parameters: {}, noise: {} }),
    observation: () => {
      throw new Error('a prior has no observation')
    },
  }
  const draw = samplerDraw(
    sampler<ObservationBatch<Tensor>>(() => denoiser, options.sampling),
    nothing,
    mean,
    options.signal,
  )
  try {
    const [, ...shape] = [1, count, ...event]
    return new NdArray('float32', shape, (await drawSeveral(draw, nothing, options)).data)
  } finally {
    await draw.release()
  }
}
