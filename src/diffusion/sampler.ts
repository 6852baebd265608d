/** Sampling: a grid of noise levels, a step compiled once, and the extra denoise at the end. */
import { TweedieError } from '../error.ts'
import {
  add,
  broadcastTo,
  type ExecuteOptions,
  type Feeds,
  jit,
  mul,
  type NdArray,
  type Shape,
  scalar,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { exponentialSchedule, type Schedule, sigmaGrid } from './schedule.ts'
import { ddpm, type Step } from './step.ts'

/** How to sample. */
export interface SamplerOptions extends ExecuteOptions {
  /** Default: exponential, 1e-3 to 1e2. */
  readonly schedule?: Schedule
  /** Number of steps T (default 64); T + 1 denoiser evaluations for first-order steps. */
  readonly steps?: number
  /** Kind of step, default ancestral sampling. */
  readonly step?: Step
  /** Noise levels from high to low, instead of the uniform grid in t: T + 1 of them. */
  readonly grid?: readonly number[]
}

/** What one batch needs beside its context. */
export interface SampleRequest {
  /** [B, ...event]. */
  readonly shape: Shape
  /**
   * Standard normal noise of that shape, for `step` −1 (the start) and 0 … T − 1, and `index` 0 … noises − 1. Samplers with K
   * particles ask for steps up to K(T + 1), index 0 and 1.
   */
  readonly noise: (step: number, index: number) => NdArray
  /** μ of the start μ + σ_max z, shape event; zero when absent. */
  readonly mean?: NdArray
  /** Called after each step. */
  readonly onStep?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** A compiled sampler: context and request in, samples [B, ...event] out. */
export interface Sampler<C> {
  (context: Feeds<C>, request: SampleRequest): Promise<NdArray>
  release(): Promise<void>
}

/**
 * The noise levels of a sampler, from high to low.
 *
 * @throws TweedieError `input` for steps that are no positive integer, and for levels that do not fall
 */
export const levelsOf = ({
  schedule = exponentialSchedule(),
  steps = 64,
  grid,
}: SamplerOptions): readonly number[] => {
  if (!grid && !(Number.isInteger(steps) && steps > 0)) {
    throw new TweedieError('input', `sampler: steps must be a positive integer, got ${steps}`)
  }
  const levels = grid ?? sigmaGrid(schedule, steps)
  if (levels.length < 2 || levels.some((s, i) => !(s > 0) || (i > 0 && s >= levels[i - 1]))) {
    throw new TweedieError(
      'input',
      'sampler: noise levels must be positive and fall strictly, at least two of them',
    )
  }
  return levels
}

const joined = (arrays: readonly NdArray[], shape: Shape): NdArray => {
  const out = zeros([arrays.length, ...shape], arrays[0].dtype)
  for (const [i, { data, size }] of arrays.entries()) {
    if (
      !(data instanceof Float32Array || data instanceof Float64Array) ||
      data.constructor !== out.data.constructor
    ) {
      throw new TweedieError('shape', 'sampler: all noise arrays must be float, of one dtype')
    }
    if (out.data instanceof Float32Array || out.data instanceof Float64Array) out.data.set(data, i * size)
  }
  return out
}

/**
 * Compiles a sampler.
 *
 * @param denoiserOf - the denoiser given the context of a batch: observations and operator parameters for a
 *   posterior, `{}` for a prior. Called while the programs are traced.
 *
 * The start is μ + σ_max z and the end one extra denoise at σ_min, without which samples carry σ_min noise (Rozet et al. 2024).
 *
 * @example
 * ```ts
 * const draw = sampler((o: { y: Tensor; mask: Tensor }) => mmps(prior, { y: o.y, A: mask(o.mask), noise }), { steps: 64 })
 * const x = await draw({ y, mask }, { shape: [32, 1, 28, 28], noise })
 * ```
 */
export const sampler = <C>(
  denoiserOf: (context: C) => Denoiser,
  options: SamplerOptions = {},
): Sampler<C> => {
  const { step: method = ddpm() } = options
  const grid = levelsOf(options)
  const start = jit((z: Tensor, mean: Tensor, sigma: Tensor) => add(mul(z, sigma), mean), options)
  const plain = jit(
    (x: Tensor, t: Tensor, s: Tensor, context: C) => method.step(denoiserOf(context), x, { t, s }, undefined),
    options,
  )
  const noisy = jit(
    (x: Tensor, t: Tensor, s: Tensor, z: Tensor, context: C) =>
      method.step(denoiserOf(context), x, { t, s }, z),
    options,
  )
  const finish = jit(
    (x: Tensor, s: Tensor, context: C) => denoiserOf(context)(x, broadcastTo(s, [x.shape[0]])),
    options,
  )
  const total = grid.length - 1

  const run = async (
    context: Feeds<C>,
    { shape, noise, mean, onStep, signal }: SampleRequest,
  ): Promise<NdArray> => {
    const z0 = noise(-1, 0)
    const level = grid.map((sigma) => scalar(sigma, z0.dtype))
    let x = await start(z0, mean ?? zeros(shape.slice(1), z0.dtype), level[0])
    for (let i = 0; i < total; i++) {
      if (signal?.aborted) throw new TweedieError('interrupted', 'sampling was interrupted')
      const [t, s] = [level[i], level[i + 1]]
      const z = Array.from({ length: method.noises }, (_, j) => noise(i, j))
      x = method.noises ? await noisy(x, t, s, joined(z, shape), context) : await plain(x, t, s, context)
      onStep?.(i + 1, total)
    }
    return finish(x, level[total], context)
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([start.release(), plain.release(), noisy.release(), finish.release()])
    },
  })
}
