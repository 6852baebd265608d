/**
 * DiEM (Rozet et al. 2024, Algorithm 1): learn a diffusion prior from observations alone. Each lap draws
 * posterior samples of all observations under the current prior (E), then fits the network to them by
 * denoising score matching (M). Lap 0 samples under the Gaussian start.
 *
 * Everything random is addressed by (seed, lap, observation, draw, step), and the state says exactly how far
 * the work is: a run that was killed continues to the same bytes.
 */

import { type Gaussian, inDomain, preconditioned, type SamplerOptions } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Network } from '../nn/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { batchedObservations } from '../observations/index.ts'
import { type BatchDraw, compileMethod, mmps, type PosteriorMethod, samplerDraw } from '../posterior/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import { firstNotFinite, float32, frozen, type NdArray, rows, sizeOf, zeros } from '../tensor/index.ts'
import {
  type DenoisingTraining,
  denoisingObjective,
  initTrainState,
  type TrainState,
  trainer,
} from '../training/index.ts'
import { type GaussianEStep, gaussianDraw } from './gaussian-e-step.ts'
import { type GaussianStartOptions, gaussianStart } from './gaussian-start.ts'
import { ppca } from './ppca.ts'
import { spectralGaussian } from './spectral-gaussian.ts'

/**
 * How DiEM is run. The paper's own numbers are in its appendix; `experiments/manifold.yaml` has those of its
 * section 5.1.
 */
export interface DiemOptions {
  /** EM iterations, each an E-step and an M-step. */
  readonly laps: number
  readonly gaussian: GaussianStartOptions
  /** E-step of lap 0, under the Gaussian; default exact draws. */
  readonly firstEStep?: GaussianEStep
  /** The sampler of the E-step of a lap ≥ 1: schedule, steps and their kind. */
  readonly sampling: (lap: number) => SamplerOptions
  /** The posterior method of a lap, given its Gaussian; default `mmps()`. */
  readonly method?: (gaussian: Gaussian) => PosteriorMethod
  /** Draws for each observation and lap, default 1. */
  readonly draws?: number
  /** Observations sampled at once, default 128. */
  readonly batch?: number
  /** Samples with any coordinate outside (−bound, bound) are dropped, from lap 1 on. Default: no bound. */
  readonly bound?: number
  /**
   * Rank of the PPCA that refits the mean and covariance to each lap's samples; absent: those of the start
   * stay.
   */
  readonly refitRank?: number
  /** Samples that it is refitted to, the first ones; default all. */
  readonly refitCount?: number
  /** Whose denoiser the network corrects: that of N(0, I), the default, or of the current Gaussian. */
  readonly skip?: 'white' | 'gaussian'
  /** Training of a lap: the learning rate begins anew in each. */
  readonly training: (lap: number) => DenoisingTraining
  /** Optimiser steps of a lap. */
  readonly steps: (lap: number) => number
  readonly seed: number
}

/**
 * How far a run is. `done` counts batches while sampling and steps while training. Lap −1 is the Gaussian
 * start, which is over when a state is first seen.
 */
export interface DiemPosition {
  readonly lap: number
  readonly stage: 'sample' | 'train'
  readonly done: number
}

/** Everything a run needs to go on. */
export interface DiemState {
  readonly position: DiemPosition
  /** The current Gaussian fit: prior of lap 0, start of the samplers afterwards. */
  readonly gaussian: Gaussian
  /** Posterior samples of this lap, [S, ...event]; while sampling, filled up to `done` batches. */
  readonly samples: NdArray<'float32'>
  readonly train: TrainState
}

/** Hooks into a run of DiEM; all optional. */
export interface DiemHooks {
  /** Asked often: should the state be saved now? */
  readonly wantsCheckpoint?: () => boolean
  /** Save it before returning: the loop goes on writing into its samples. */
  readonly onCheckpoint?: (state: DiemState) => void
  /**
   * After each M-step, with the finished lap, and once with lap −1 after the Gaussian start. Its state is
   * that before the lap counts as finished: when this throws or the process is killed, it is called again
   * after resuming.
   */
  readonly onLap?: (lap: number, state: DiemState) => Promise<void>
  /** Asked after `onLap`: are the laps between this one and the last of no use? Default: never. */
  readonly isEnough?: (lap: number) => boolean
  readonly onProgress?: (event: {
    phase: string
    done: number
    total: number
    lap: number
    loss?: number
  }) => void
  readonly signal?: AbortSignal
}

/** The samples, when they are numbers: what comes next would not end with others. */
const checkedFinite = (samples: NdArray<'float32'>, lap: number): NdArray<'float32'> => {
  const bad = firstNotFinite(samples)
  if (bad < 0) return samples
  const row = Math.floor(bad / sizeOf(samples.shape.slice(1)))
  throw new TweedieError(
    'numeric',
    `posterior sample ${row} of lap ${lap + 1} is not finite: the sampler diverged; ` +
      'try more steps, or a bound',
  )
}

/** Rows whose coordinates all lie inside (−bound, bound). */
const inside = (samples: NdArray<'float32'>, bound: number): NdArray<'float32'> => {
  const n = sizeOf(samples.shape.slice(1))
  const kept: number[] = []
  for (let i = 0; i < samples.shape[0]; i++) {
    if (samples.data.subarray(i * n, (i + 1) * n).every((v) => Math.abs(v) < bound)) kept.push(i)
  }
  if (kept.length === samples.shape[0]) return samples
  if (kept.length === 0)
    throw new TweedieError(
      'numeric',
      `every posterior sample left (−${bound}, ${bound}): the sampler diverged`,
    )
  const out = zeros([kept.length, ...samples.shape.slice(1)])
  for (const [j, i] of kept.entries()) out.data.set(rows(samples, i, i + 1).data, j * n)
  return out
}

/**
 * Learns a prior from observations.
 *
 * @param net - the denoiser's network
 * @param set - observations, in the units of the data; its range says those of the prior
 * @param resume - a saved state to continue from; absent: the run begins with the Gaussian start
 * @returns the final state; the prior is `preconditioned(net, frozen(state.train.average))`
 * @throws TweedieError `interrupted` (the state saved last continues the run), `numeric` when samples or
 * losses explode
 *
 * @example
 * ```ts
 * const { train } = await diem(net, set, options)
 * const prior = preconditioned(net, frozen(train.average))
 * ```
 */
export const diem = async (
  net: Network,
  set: ObservationSet,
  options: DiemOptions,
  hooks: DiemHooks = {},
  resume?: DiemState,
): Promise<DiemState> => {
  let state = resume ?? (await begin(net, set, options, hooks))
  if (!resume) hooks.onCheckpoint?.(state)
  const track: Track = (next) => {
    state = next
    return next
  }
  try {
    while (state.position.lap < options.laps) {
      if (state.position.stage === 'sample') await sampleLap(net, set, options, hooks, state, track)
      else {
        if (state.position.lap >= 0) await trainLap(net, set, options, hooks, state, track)
        await hooks.onLap?.(state.position.lap, state)
        const { lap } = state.position
        const next = hooks.isEnough?.(lap) ? Math.max(lap + 1, options.laps - 1) : lap + 1
        state = beginLap(next, state, blankSamples(set, options))
      }
      hooks.onCheckpoint?.(state)
    }
  } catch (error) {
    if (hooks.signal?.aborted) hooks.onCheckpoint?.(state)
    throw error
  }
  return state
}

const beginLap = (lap: number, state: DiemState, samples: DiemState['samples']): DiemState => ({
  ...state,
  position: { lap, stage: 'sample', done: 0 },
  samples,
})

/** Hears of every state reached, so that an interruption can save the last one. */
type Track = (state: DiemState) => DiemState

const begin = async (
  net: Network,
  set: ObservationSet,
  options: DiemOptions,
  hooks: DiemHooks,
): Promise<DiemState> => {
  const start = await gaussianStart(set, {
    ...options.gaussian,
    seed: options.seed,
    signal: hooks.signal,
    onIteration: (done, total) => hooks.onProgress?.({ phase: 'gaussian start', done, total, lap: 0 }),
  })
  return {
    position: { lap: -1, stage: 'train', done: 0 },
    gaussian: await spectralGaussian(start), // samplers evaluate its denoiser at every step
    samples: blankSamples(set, options),
    train: initTrainState(net.init(options.seed)),
  }
}

const blankSamples = (set: ObservationSet, { draws = 1 }: DiemOptions): NdArray<'float32'> => {
  const { count, event } = batchedObservations(set)
  return zeros([count * draws, ...event])
}

/** What the network corrects: nothing said is N(0, I). */
const skipOf = ({ skip }: DiemOptions, gaussian: Gaussian): { skip?: Gaussian } =>
  skip === 'gaussian' ? { skip: gaussian } : {}

/** The compiled E-step under the prior of a state. */
const eStep = (
  net: Network,
  set: ObservationSet,
  options: DiemOptions,
  { position, gaussian, train }: DiemState,
  signal?: AbortSignal,
): BatchDraw => {
  const batched = batchedObservations(set)
  const { method = () => mmps() } = options
  if (position.lap === 0) {
    return gaussianDraw(
      gaussian,
      batched,
      options.firstEStep ?? { kind: 'exact', iterations: 1000, tolerance: 1e-3 },
    )
  }
  const whole = preconditioned(net, frozen(train.average), skipOf(options, gaussian))
  const prior = batched.domain ? inDomain(whole, batched.domain) : whole
  const draw = compileMethod(method(gaussian), prior, batched.observation, options.sampling(position.lap))
  return samplerDraw(draw, batched, gaussian.mean, signal)
}

const sampleLap = async (
  net: Network,
  set: ObservationSet,
  options: DiemOptions,
  hooks: DiemHooks,
  start: DiemState,
  track: Track,
): Promise<void> => {
  const { count, event } = batchedObservations(set)
  const size = Math.min(options.batch ?? 128, count)
  const perDraw = Math.ceil(count / size)
  const total = perDraw * (options.draws ?? 1)
  const { lap } = start.position
  const draw = eStep(net, set, options, start, hooks.signal)
  let state = start
  try {
    for (let i = start.position.done; i < total; i++) {
      checkAborted(hooks.signal, 'learning')
      const k = Math.floor(i / perDraw)
      // One compiled shape serves the short last batch too.
      const from = Math.min((i % perDraw) * size, count - size)
      const x = await draw(from, from + size, {
        stream: (purpose) => stream(options.seed, `E ${purpose}`),
        lap,
        draw: k,
      })
      state.samples.data.set(float32(x).data, (k * count + from) * sizeOf(event))
      state = track({ ...state, position: { lap, stage: 'sample', done: i + 1 } })
      hooks.onProgress?.({ phase: 'sampling', done: i + 1, total, lap })
      if (i + 1 < total && hooks.wantsCheckpoint?.()) hooks.onCheckpoint?.(state)
    }
  } finally {
    await draw.release()
  }
  const samples =
    lap > 0 && options.bound !== undefined
      ? inside(state.samples, options.bound)
      : checkedFinite(state.samples, lap)
  const { refitRank, refitCount = samples.shape[0] } = options
  const gaussian =
    refitRank === undefined ? state.gaussian : await ppca(rows(samples, 0, refitCount), refitRank)
  track({
    position: { lap, stage: 'train', done: 0 },
    gaussian,
    samples,
    train: initTrainState(state.train.average), // Adam and EMA begin anew, the weights go on
  })
}

const trainLap = async (
  net: Network,
  set: ObservationSet,
  options: DiemOptions,
  hooks: DiemHooks,
  start: DiemState,
  track: Track,
): Promise<void> => {
  const { lap } = start.position
  const total = options.steps(lap)
  const { domain } = batchedObservations(set)
  const training = {
    ...options.training(lap),
    ...skipOf(options, start.gaussian),
    ...(domain ? { domain } : {}),
  }
  const streamOf = (purpose: string) => stream(options.seed, `M ${purpose}`)
  const objective = denoisingObjective(net, start.samples, training, streamOf)
  const { advance, release } = trainer(objective, training, streamOf('rows'))
  let state = start
  try {
    for (let done = start.position.done; done < total; ) {
      checkAborted(hooks.signal, 'learning')
      const next = await advance(state.train, { lap, step: done }, total - done)
      const before = done
      done += next.taken.length
      state = track({ ...state, position: { lap, stage: 'train', done }, train: next.state })
      for (const [i, { terms }] of next.taken.entries())
        hooks.onProgress?.({ phase: 'training', done: before + i + 1, total, lap, loss: terms.loss })
      if (done < total && hooks.wantsCheckpoint?.()) hooks.onCheckpoint?.(state)
    }
  } finally {
    await release()
  }
}
