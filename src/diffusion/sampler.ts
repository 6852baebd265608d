/** Sampling: a grid of noise levels, a step compiled once, and the extra denoise at the end. */
import { TweedieError } from '../error.ts'
import { checkAborted } from '../progress.ts'
import {
  broadcastTo,
  type ExecuteOptions,
  type Feeds,
  jit,
  type NdArray,
  type Shape,
  scalar,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { noiseOf, type SamplerNoise } from './sampler-noise.ts'
import { exponentialSchedule, type Schedule, sigmaGrid, taperedGrid } from './schedule.ts'
import { meanOf, type Start, startOf } from './start.ts'
import type { Levels, Step, Stepped } from './step.ts'
import { adams } from './steps/index.ts'

/** How to sample. */
export interface SamplerOptions extends ExecuteOptions {
  /** Default: exponential, 1e-3 to 1e2. */
  readonly schedule?: Schedule
  /** Number of steps T: default 32 of multistep kinds, else 64. */
  readonly steps?: number
  /** Kind of step, default {@link adams}; methods that are defined by a step of their own take that. */
  readonly step?: Step
  /** Where samples start, default informed: two denoiser evaluations, as those of steps, and no floor. */
  readonly start?: Start
  /**
   * Noise levels from high to low, T + 1 of them. Default: uniform in t; of multistep kinds
   * {@link taperedGrid}.
   */
  readonly grid?: readonly number[]
}

/** Where a sampler is, after a step. */
export interface SamplerState {
  /** Steps made, 1 … T. */
  readonly step: number
  /** T. */
  readonly steps: number
  /** The noise level that x has come down to. */
  readonly sigma: number
  /** The state, [B, ...event]; of samplers with particles, the first one of each observation. */
  readonly x: NdArray
  /**
   * The denoiser's answer to the state before the step: E[x | xt, y] as the method has it. Particle samplers
   * always give it (of the prior); others when asked by `withXhat`, since it costs another output of the
   * program; RED-diff and Noise2Score never.
   */
  readonly xhat?: NdArray
}

/** A batch to be drawn: all that a compiled sampler needs beside the context. */
export interface SampleRequest {
  /** [B, ...event]. */
  readonly shape: Shape
  /** Seed of all noise, 0 … 2⁵³ − 1; row i depends on it, `draw` and i only. Not needed beside `noise`. */
  readonly seed?: number
  /** With a seed: which draw of the observations this is, default 0. */
  readonly draw?: number
  /** The noise itself, instead of a seed: standard normals of that shape, float32 or float64. */
  readonly noise?: SamplerNoise
  /** μ of the start μ + σ_max z, shape event; zero when absent. */
  readonly mean?: NdArray
  /** Called after each step; the last denoise is none. */
  readonly onStep?: (at: SamplerState) => void
  /** Hands `xhat` to `onStep` too: the step's program then has another output. Default false. */
  readonly withXhat?: boolean
  readonly signal?: AbortSignal
}

/** A compiled sampler: context and request in, samples [B, ...event] out. */
export interface Sampler<C> {
  (context: Feeds<C>, request: SampleRequest): Promise<NdArray>
  release(): Promise<void>
}

/** Steps T of a sampler: those asked for, else 32 of multistep kinds and 64 of others. */
export const stepsOf = ({ steps, step: kind = adams() }: SamplerOptions): number =>
  steps ?? (kind.remembers > 0 ? 32 : 64)

/** The noise levels of a kind of step: those that were given, else its own grid. */
export const gridOf = (options: SamplerOptions): readonly number[] => {
  const { step: kind = adams() } = options
  return levelsOf({ ...options, steps: stepsOf(options) }, kind.remembers > 0 ? taperedGrid : sigmaGrid)
}

/**
 * The noise levels of a sampler, from high to low.
 *
 * @param gridOf - the grid when none is given, default uniform in t
 * @throws TweedieError `input` for steps that are no positive integer, and for levels that do not fall
 */
export const levelsOf = (
  { schedule = exponentialSchedule(), steps = 64, grid }: SamplerOptions,
  gridOf = sigmaGrid,
): readonly number[] => {
  if (!grid && !(Number.isInteger(steps) && steps > 0)) {
    throw new TweedieError('input', `sampler: steps must be a positive integer, got ${steps}`)
  }
  const levels = grid ?? gridOf(schedule, steps)
  if (levels.length < 2 || levels.some((s, i) => !(s > 0) || (i > 0 && s >= levels[i - 1]))) {
    throw new TweedieError(
      'input',
      'sampler: noise levels must be positive and fall strictly, at least two of them',
    )
  }
  return levels
}

/** Noises [k, ...shape] of a step. */
export const joined = (arrays: readonly NdArray[], shape: Shape): NdArray => {
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

/** A step with the denoiser's first answer in it, as expressions. */
const watchedStep = (kind: Step, D: Denoiser, state: Stepped, levels: Levels, z: Tensor | undefined) => {
  let xhat = state.x
  const watched: Denoiser = (...at) => {
    const answer = D(...at)
    if (xhat === state.x) xhat = answer
    return answer
  }
  return { ...kind.step(watched, state, levels, z), xhat }
}

/**
 * Compiles a sampler. It starts from what is known at σ_max, see start.ts, and ends with one extra denoise at
 * σ_min, without which samples carry noise of that level (Rozet et al. 2024). In all T + 3 denoiser
 * evaluations for steps of one.
 *
 * @param denoiserOf - the denoiser given the context of a batch: observations and operator parameters for a
 *   posterior, `{}` for a prior. Called while the programs are traced.
 * @throws TweedieError `input` for steps and noise levels as {@link levelsOf}; the sampler `input` without
 *   seed and noise, `shape` for noise of another shape or dtype, `interrupted` by the signal
 *
 * @example
 * ```ts
 * type Masked = { y: Tensor; m: Tensor }
 * const draw = sampler((o: Masked) => mmps()(prior, { y: o.y, A: mask(o.m), noise }), { steps: 64 })
 * const x = await draw({ y, m }, { shape: [32, 1, 28, 28], seed: 0 })
 * ```
 */
export const sampler = <C>(
  denoiserOf: (context: C) => Denoiser,
  options: SamplerOptions = {},
): Sampler<C> => {
  const { step: kind = adams(), start: begin = 'informed' } = options
  const grid = gridOf(options)
  const start = startOf(begin, options)
  const plain = jit(
    (state: Stepped, levels: Levels, z: readonly Tensor[], context: C) =>
      kind.step(denoiserOf(context), state, levels, z[0]),
    options,
  )
  const watched = jit(
    (state: Stepped, levels: Levels, z: readonly Tensor[], context: C) =>
      watchedStep(kind, denoiserOf(context), state, levels, z[0]),
    options,
  )
  const finish = jit(
    (x: Tensor, s: Tensor, context: C) => denoiserOf(context)(x, broadcastTo(s, [x.shape[0]])),
    options,
  )
  const total = grid.length - 1

  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { shape, onStep, withXhat = false, signal } = request
    const noise = noiseOf(context, request)
    const z0 = noise(-1, 0)
    const level = grid.map((sigma) => scalar(sigma, z0.dtype))
    const first = await start.run(z0, meanOf(request, z0), level[0], (x) => finish(x, level[0], context))
    const nothing = Array.from({ length: kind.remembers }, () => zeros(shape, z0.dtype))
    let state: Feeds<Stepped> = { x: first, memory: nothing }
    for (let i = 0; i < total; i++) {
      checkAborted(signal, 'sampling')
      const levels = { t: level[i], s: level[i + 1], before: level[Math.max(i - 1, 0)] }
      const noises = Array.from({ length: kind.noises }, (_, j) => noise(i, j))
      const z = noises.length > 0 ? [joined(noises, shape)] : []
      const next = withXhat
        ? await watched(state, levels, z, context)
        : { ...(await plain(state, levels, z, context)), xhat: undefined }
      const { x, xhat, memory } = next
      state = { x, memory }
      onStep?.({ step: i + 1, steps: total, sigma: grid[i + 1], x, xhat })
    }
    return finish(state.x, level[total], context)
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([start, plain, watched, finish].map((program) => program.release()))
    },
  })
}
