/**
 * DiEM (Rozet et al. 2024, Algorithm 1): learn a diffusion prior from observations alone. Each lap draws
 * posterior samples of all observations under the current prior (E), then fits the network to them by
 * denoising score matching (M). Lap 0 samples under the Gaussian start.
 *
 * Everything random is addressed by (seed, lap, observation, draw, step), and the state says exactly how far
 * the work is: a run that was killed continues to the same bytes.
 */

import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import type { Network } from '../nn/index.ts'
import type { Observations } from '../observations/index.ts'
import { boundedShare, countOf, firstObservations } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import type { NdArray } from '../tensor/index.ts'
import {
  initTrainState,
  memorySamples,
  type ReplicaState,
  type SampleStore,
  type ShardLayout,
  type TrainState,
} from '../training/index.ts'
import type { DiemOptions, EdgesEStep } from './diem-options.ts'
import { boundOf, eStep, type LapPrior, lapLayout } from './e-step.ts'
import type { GaussianChoice } from './gaussian-choice.ts'
import { gaussianStart } from './gaussian-start.ts'
import { drawShards, firstRows, keptSamples, rowsInside } from './lap-samples.ts'
import type { LapData } from './lap-training.ts'
import { mStep } from './m-step.ts'
import { ppca } from './ppca.ts'
import type { ReplicaRounds } from './replica-rounds.ts'
import { spectralGaussian } from './spectral-gaussian.ts'
import type { StartMemory } from './start-memory.ts'

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
  /** Posterior samples of this lap, a shard for each batch; while sampling, the first `done` shards. */
  readonly samples: SampleStore
  /** Rows of them inside the bound; absent: all. */
  readonly kept?: NdArray<'int32'>
  readonly train: TrainState
  /** Of a lap that trains by replicas, after its first round. */
  readonly replicas?: ReplicaState
  /** What the Gaussian start chose, where it had a choice. */
  readonly choice?: GaussianChoice
}

/** A state as it is saved: its samples may be where the hook `samples` finds them. */
export type DiemPoint = Omit<DiemState, 'samples'> & Partial<Pick<DiemState, 'samples'>>

/** The draws of a lap, of whose shards the first `done` are there. */
export interface LapWork {
  readonly prior: LapPrior
  readonly samples: SampleStore
  readonly done: number
}

/** Hooks into a run of DiEM; all optional. */
export interface DiemHooks {
  /** Asked often: should the state be saved now? */
  readonly wantsCheckpoint?: () => boolean
  /** Save it before returning: the loop goes on writing into its samples. These last, if they are on disk. */
  readonly onCheckpoint?: (state: DiemState) => void
  /**
   * Where the samples of a lap are kept, default in memory: of a lap that begins, nothing yet; of one that
   * goes on, the first `written` shards are there.
   */
  readonly samples?: (lap: number, layout: ShardLayout, written: number) => SampleStore
  /**
   * Draws the samples of a lap in place of this process: writes every shard from `done` on, in whatever
   * order, and says how many are there. When it throws, the lap goes on from where it was saved last.
   */
  readonly drawLap?: (work: LapWork, onShard: (there: number) => void) => Promise<void>
  /**
   * Takes the rounds of a lap's replicas in place of this process, when it begins to train or goes on;
   * nothing where this process shall.
   */
  readonly replicaRounds?: (data: LapData) => ReplicaRounds | undefined
  /** Asked when lap 0 begins or goes on: its E-step, where that of the options is not meant. */
  readonly firstEStep?: () => EdgesEStep | undefined
  /** Where the Gaussian start keeps its work as it goes; default nowhere. */
  readonly startMemory?: StartMemory
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

/**
 * Learns a prior from observations.
 *
 * @param net - the denoiser's network
 * @param set - observations, in the units of the data, those of a file read batch by batch; its range says
 * those of the prior. The Gaussian start takes a bounded share of them (`boundedShare`)
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
  set: Observations,
  options: DiemOptions,
  hooks: DiemHooks = {},
  resume?: DiemPoint,
): Promise<DiemState> => {
  let state = resume ? reopened(set, options, hooks, resume) : await begin(net, set, options, hooks)
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
        state = beginLap(next, state, samplesOf(set, options, hooks, next))
      }
      hooks.onCheckpoint?.(state)
    }
  } catch (error) {
    if (hooks.signal?.aborted) hooks.onCheckpoint?.(state)
    throw error
  } finally {
    state.samples.release()
  }
  return state
}

const beginLap = (
  lap: number,
  { kept: _kept, replicas: _replicas, ...state }: DiemState,
  samples: SampleStore,
): DiemState => ({
  ...state,
  position: { lap, stage: 'sample', done: 0 },
  samples,
})

/** The samples of a lap; without a hook in memory, where those of an earlier process are not. */
const samplesOf = (
  set: Observations,
  options: DiemOptions,
  { samples }: DiemHooks,
  lap: number,
  written = 0,
): SampleStore => {
  const layout = lapLayout(set, options)
  if (samples) return samples(lap, layout, written)
  if (written === 0) return memorySamples(layout)
  throw new TweedieError('input', `learning: the samples of lap ${lap + 1} are not part of the saved state`)
}

/** A saved state with the samples that it had. */
const reopened = (
  set: Observations,
  options: DiemOptions,
  hooks: DiemHooks,
  { samples, ...point }: DiemPoint,
): DiemState => {
  const { lap, stage, done } = point.position
  const shards = (): number => lapLayout(set, options).bounds.length - 1
  const written = stage === 'sample' ? done : lap < 0 ? 0 : shards()
  return { ...point, samples: samples ?? samplesOf(set, options, hooks, lap, written) }
}

/** Hears of every state reached, so that an interruption can save the last one. */
type Track = (state: DiemState) => DiemState

const begin = async (
  net: Network,
  set: Observations,
  options: DiemOptions,
  hooks: DiemHooks,
): Promise<DiemState> => {
  let { choice } = options.gaussian
  const { count = countOf(set) } = options.gaussian
  const first = firstObservations(set, Math.min(count, countOf(set)))
  const start = await gaussianStart(boundedShare(first), {
    ...options.gaussian,
    seed: options.seed,
    signal: hooks.signal,
    memory: hooks.startMemory,
    onChoice: (found) => {
      choice = found
      options.gaussian.onChoice?.(found)
    },
    onIteration: (done, total) => hooks.onProgress?.({ phase: 'gaussian start', done, total, lap: 0 }),
  })
  return {
    position: { lap: -1, stage: 'train', done: 0 },
    gaussian: await spectralGaussian(start), // samplers evaluate its denoiser at every step
    samples: memorySamples(lapLayout(set, options)),
    train: initTrainState(net.init(options.seed)),
    ...(choice ? { choice } : {}),
  }
}

/** What a lap draws under, where it begins or goes on. */
const lapPriorOf = ({ position: { lap }, gaussian, train }: DiemState, hooks: DiemHooks): LapPrior => {
  const firstEStep = lap === 0 ? hooks.firstEStep?.() : undefined
  return { lap, gaussian, average: train.average, ...(firstEStep ? { firstEStep } : {}) }
}

const sampleLap = async (
  net: Network,
  set: Observations,
  options: DiemOptions,
  hooks: DiemHooks,
  start: DiemState,
  track: Track,
): Promise<void> => {
  const { samples: store } = start
  const total = store.layout.bounds.length - 1
  const { lap, done } = start.position
  checkAborted(hooks.signal, 'learning')
  const prior = lapPriorOf(start, hooks)
  const onProgress = (there: number) => hooks.onProgress?.({ phase: 'sampling', done: there, total, lap })
  let state = start
  if (hooks.drawLap) await hooks.drawLap({ prior, samples: store, done }, onProgress)
  else {
    const { draw, release } = eStep(net, set, options, prior, hooks.signal)
    try {
      await drawShards(draw, store, done, (drawn) => {
        state = track({ ...state, position: { lap, stage: 'sample', done: drawn } })
        onProgress(drawn)
        if (drawn === total) return
        if (hooks.wantsCheckpoint?.()) hooks.onCheckpoint?.(state)
        checkAborted(hooks.signal, 'learning')
      })
    } finally {
      await release()
    }
  }
  // Samples beyond the bound, or not finite by more steps either, are left out.
  const kept = rowsInside(state.samples, boundOf(options, lap))
  const sampled: DiemState = { ...state, ...(kept ? { kept } : {}) }
  const samples = keptSamples(sampled)
  const { refitRank, refitCount = samples.count } = options
  const gaussian =
    refitRank === undefined ? state.gaussian : await ppca(firstRows(samples, refitCount), refitRank)
  track({
    ...sampled,
    position: { lap, stage: 'train', done: 0 },
    gaussian,
    train: initTrainState(state.train.average), // Adam and EMA begin anew, the weights go on
  })
}

const trainLap = async (
  net: Network,
  set: Observations,
  options: DiemOptions,
  hooks: DiemHooks,
  start: DiemState,
  track: Track,
): Promise<void> => {
  const { position, gaussian, samples, kept } = start
  const { lap } = position
  const data = { lap, gaussian, samples, ...(kept ? { kept } : {}) }
  const rounds = options.replicas && hooks.replicaRounds?.(data)
  const { total, advance, release } = mStep(net, set, options, data, rounds)
  let state = start
  try {
    for (let done = position.done; done < total; ) {
      checkAborted(hooks.signal, 'learning')
      let shown = done
      const next = await advance(state, done, {
        signal: hooks.signal,
        wanted: () => hooks.signal?.aborted === true || hooks.wantsCheckpoint?.() === true,
        onStep: (loss) => hooks.onProgress?.({ phase: 'training', done: ++shown, total, lap, loss }),
        onWait: () => hooks.onProgress?.({ phase: 'training', done: shown, total, lap }),
      })
      const { train, replicas } = next
      done = next.done
      state = track({
        ...state,
        position: { lap, stage: 'train', done },
        train,
        ...(replicas ? { replicas } : {}),
      })
      if (done < total && hooks.wantsCheckpoint?.()) hooks.onCheckpoint?.(state)
    }
  } finally {
    await release()
    samples.release()
  }
}
