/** Sampling: a grid of noise levels, a step compiled once, and the extra denoise at the end. */
import { TweedieError } from '../error.ts'
import { checkAborted } from '../progress.ts'
import {
  broadcastTo,
  type ExecuteOptions,
  type Feeds,
  free,
  greater,
  type Held,
  holder,
  holding,
  type NdArray,
  type Shape,
  scalar,
  slice,
  type Tensor,
  type Value,
  where,
  zeros,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { type Grid, sigmaGrid, taperedGrid } from './grids/index.ts'
import { noiseOf, type SamplerNoise } from './sampler-noise.ts'
import { exponentialSchedule, type Schedule } from './schedule.ts'
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
   * Noise levels from high to low, T + 1 of them, or how they are made of the schedule and T. Default:
   * uniform in t; of multistep kinds {@link taperedGrid}.
   */
  readonly grid?: readonly number[] | Grid
  /**
   * Steps that a program takes at once, ≥ 1, default 1: the state crosses its border once in so many, the
   * same to rounding. The program grows with them, and `onStep` is called after the last of them. A number
   * that does not divide T costs another compilation, as do the start and the last denoise. Not of methods
   * that are samplers of their own.
   */
  readonly stepsPerRun?: number
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
  gridOf: Grid = sigmaGrid,
): readonly number[] => {
  const isGiven = typeof grid === 'object'
  if (!isGiven && !(Number.isInteger(steps) && steps > 0)) {
    throw new TweedieError('input', `sampler: steps must be a positive integer, got ${steps}`)
  }
  const levels = isGiven ? grid : (grid ?? gridOf)(schedule, steps)
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

/** What a program of steps takes beside the state and the context. */
interface StepInputs {
  /** Of each step. */
  readonly levels: readonly Levels[]
  /** Noises of the steps, [steps · noises, ...x.shape]; none where they take none. */
  readonly z: readonly Tensor[]
  /** 1 where only the denoiser's answer is wanted, which then goes nowhere; else 0. */
  readonly still: Tensor
}

/** What `onStep` is shown: x, and one answer of the denoiser or none. */
interface Seen {
  readonly x: Tensor
  readonly xhat: readonly Tensor[]
}

/** @throws TweedieError `input` for one that is no positive integer */
const stepsPerRunOf = ({ stepsPerRun = 1 }: SamplerOptions): number => {
  if (Number.isInteger(stepsPerRun) && stepsPerRun > 0) return stepsPerRun
  throw new TweedieError('input', `sampler: stepsPerRun must be a positive integer, got ${stepsPerRun}`)
}

/** @throws TweedieError `input` for several steps a program, of what does not take them so */
export const expectSingleSteps = (what: string, { stepsPerRun = 1 }: SamplerOptions): void => {
  if (stepsPerRun !== 1) throw new TweedieError('input', `${what} takes no stepsPerRun, got ${stepsPerRun}`)
}

/** Several steps, as expressions. */
const steps = (
  kind: Step,
  D: Denoiser,
  start: Stepped,
  { levels, z: [noises] }: Pick<StepInputs, 'levels' | 'z'>,
): Stepped => {
  const noisesOf = (i: number) => noises && slice(noises, [i * kind.noises], [(i + 1) * kind.noises])
  return levels.reduce((state, at, i) => kind.step(D, state, at, noisesOf(i)), start)
}

/** Several steps with the denoiser's first answer of the last one in them, as expressions. */
const watchedSteps = (kind: Step, D: Denoiser, start: Stepped, { levels, z, still }: StepInputs) => {
  let xhat = start.x
  let isFirst = false
  const watched: Denoiser = (xt, sigma, move) => {
    const sensitivity = move && where(greater(still, 0), Number.POSITIVE_INFINITY, move.sensitivity)
    const answer = D(xt, sigma, move && sensitivity && { ...move, sensitivity })
    if (isFirst) xhat = answer
    isFirst = false
    return answer
  }
  const anew: Step = {
    ...kind,
    step: (...args) => {
      isFirst = true
      return kind.step(...args)
    },
  }
  const state = steps(anew, watched, start, { levels, z })
  return { ...state, xhat }
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
  const perRun = stepsPerRunOf(options)
  const grid = gridOf(options)
  const start = startOf(begin, options)
  const plain = holding(
    (state: Stepped, inputs: Pick<StepInputs, 'levels' | 'z'>, context: C) => ({
      held: { ...steps(kind, denoiserOf(context), state, inputs), xhat: [] },
      told: [],
    }),
    options,
  )
  const watched = holding((state: Stepped, inputs: StepInputs, context: C) => {
    const { xhat, ...next } = watchedSteps(kind, denoiserOf(context), state, inputs)
    return { held: { ...next, xhat: [xhat] }, told: [] }
  }, options)
  const alone = holding(
    (x: Tensor, s: Tensor, context: C) => ({
      held: [],
      told: denoiserOf(context)(x, broadcastTo(s, [x.shape[0]])),
    }),
    options,
  )
  const { read, release } = holder(options)
  // A step of one evaluation has it within: its program answers for the denoiser too, and is the only large
  // one.
  const single = kind.evaluations === 1
  const total = grid.length - 1

  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { shape, onStep, withXhat = false, signal } = request
    const noise = noiseOf(context, request)
    const z0 = noise(-1, 0)
    const level = grid.map((sigma) => scalar(sigma, z0.dtype))
    const nothing = Array.from({ length: kind.remembers }, () => zeros(shape, z0.dtype))
    const silent = kind.noises > 0 ? [zeros([kind.noises, ...shape], z0.dtype)] : []
    const [go, still] = [0, 1].map((value) => scalar(value, z0.dtype))
    const answer = async (x: Value, i: number): Promise<NdArray> => {
      if (!single) return (await alone(x, level[i], context)).told
      const levels = [{ t: level[i], s: scalar(grid[i] / 2, z0.dtype), before: level[i] }]
      const { held } = await watched({ x, memory: nothing }, { levels, z: silent, still }, context)
      try {
        return await read<Tensor>(held.xhat[0])
      } finally {
        free(held)
      }
    }
    const first = await start.run(z0, meanOf(request, z0), level[0], (x) => answer(x, 0))
    let state: Held<Stepped> = { x: first, memory: nothing }
    try {
      for (let i = 0; i < total; i += perRun) {
        checkAborted(signal, 'sampling')
        const at = Array.from({ length: Math.min(perRun, total - i) }, (_, k) => i + k)
        const levels = at.map((j) => ({ t: level[j], s: level[j + 1], before: level[Math.max(j - 1, 0)] }))
        const noises = at.flatMap((j) => Array.from({ length: kind.noises }, (_, k) => noise(j, k)))
        const z = noises.length > 0 ? [joined(noises, shape)] : []
        const from = { x: state.x, memory: state.memory } // without xhat: that would be another program
        const { held } =
          withXhat || single
            ? await watched(from, { levels, z, still: go }, context)
            : await plain(from, { levels, z }, context)
        free(state)
        state = held
        if (!onStep) continue
        const { x, xhat } = await read<Seen>({ x: held.x, xhat: withXhat ? held.xhat : [] })
        const step = i + at.length
        onStep({ step, steps: total, sigma: grid[step], x, xhat: xhat[0] })
      }
      return await answer(state.x, total)
    } finally {
      free(state)
    }
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([start, plain, watched, alone, { release }].map((program) => program.release()))
    },
  })
}
