/** The M-step of a lap: by one state of training, or by replicas of it in rounds. */

import type { Gaussian } from '../diffusion/index.ts'
import type { Network } from '../nn/index.ts'
import { batchedObservations, type Observations } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import { stream } from '../random/index.ts'
import {
  chosenRows,
  type DenoisingTraining,
  denoisingObjective,
  initReplicas,
  outerStep,
  type ReplicaPlan,
  type ReplicaState,
  replicaPlan,
  replicaStart,
  type SampleRows,
  type StepFigures,
  type Trainer,
  type TrainState,
  trainer,
} from '../training/index.ts'
import type { DiemOptions } from './diem-options.ts'
import { skipOf } from './e-step.ts'

/** What training changes. */
interface Trained {
  readonly train: TrainState
  /** Of training by replicas. */
  readonly replicas?: ReplicaState
}

/** What happens beside it. */
interface MStepWatch {
  /** Whether the state is wanted now. */
  wanted(): boolean
  onStep(figures: StepFigures): void
  readonly signal?: AbortSignal
}

/** A compiled M-step. */
export interface MStep {
  /** Steps of the lap, those of all replicas together. */
  readonly total: number
  /** Goes on from step `done`, until the state is wanted or a round is over; at least one step. */
  advance(from: Trained, done: number, watch: MStepWatch): Promise<Trained & { readonly done: number }>
  release(): Promise<void>
}

/** What the network of a lap is trained to. */
export const lapTraining = (
  set: Observations,
  options: DiemOptions,
  lap: number,
  gaussian: Gaussian,
): DenoisingTraining => {
  const { domain } = batchedObservations(set)
  return { ...options.training(lap), ...skipOf(options, gaussian), ...(domain ? { domain } : {}) }
}

const alone = (
  net: Network,
  samples: SampleRows,
  training: DenoisingTraining,
  { steps, seed }: DiemOptions,
  lap: number,
): MStep => {
  const streamOf = (purpose: string) => stream(seed, `M ${purpose}`)
  const { advance, release } = trainer(
    denoisingObjective(net, samples, training, streamOf),
    training,
    streamOf('rows'),
  )
  const total = steps(lap)
  return {
    total,
    advance: async ({ train }, done, watch) => {
      const next = await advance(train, { lap, step: done }, total - done, watch)
      return { train: next.state, done: done + next.taken.length }
    },
    release,
  }
}

/** Every n-th sample, from one on. */
const shareOf = (samples: SampleRows, replica: number, count: number): SampleRows =>
  chosenRows(
    samples,
    Array.from({ length: Math.ceil((samples.count - replica) / count) }, (_, i) => replica + i * count),
  )

/**
 * The training of one replica: on its share of the samples, with randomness of its own, at the learning rate
 * of the lap's steps, of which it takes one in n.
 */
const replicaTrainer = (
  net: Network,
  samples: SampleRows,
  training: DenoisingTraining,
  seed: number,
  { replica, count }: { readonly replica: number; readonly count: number },
): Trainer => {
  const streamOf = (purpose: string) => stream(seed, `M replica ${replica} ${purpose}`)
  const share = shareOf(samples, replica, count)
  const rate = (step: number) => training.rate(step * count)
  return trainer(denoisingObjective(net, share, training, streamOf), { ...training, rate }, streamOf('rows'))
}

/** The steps of a round: from which own step of each replica on, and how many. */
interface Round {
  readonly lap: number
  readonly step: number
  readonly steps: number
}

/** A replica's round. */
const replicaRound = async (
  { advance }: Trainer,
  start: TrainState,
  { lap, step, steps }: Round,
  { onStep, signal }: Pick<MStepWatch, 'onStep' | 'signal'>,
): Promise<TrainState> => {
  let state = start
  for (let done = 0; done < steps; ) {
    checkAborted(signal, 'learning')
    const next = await advance(state, { lap, step: step + done }, steps - done, {
      wanted: () => signal?.aborted === true,
      onStep,
    })
    state = next.state
    done += next.taken.length
  }
  return state
}

const byReplicas = (
  net: Network,
  samples: SampleRows,
  training: DenoisingTraining,
  { steps, seed }: DiemOptions,
  plan: ReplicaPlan,
  lap: number,
): MStep => {
  const { count, steps: inRound } = plan
  const each = Math.max(1, Math.round(steps(lap) / count))
  const trainers = Array.from({ length: count }, (_, replica) =>
    replicaTrainer(net, samples, training, seed, { replica, count }),
  )
  return {
    total: count * each,
    advance: async ({ train, replicas = initReplicas(train, plan) }, done, watch) => {
      const step = done / count
      const round = { lap, step, steps: Math.min(inRound, each - step) }
      const ends: TrainState[] = []
      for (const [replica, one] of trainers.entries())
        ends.push(await replicaRound(one, replicaStart(train, replicas, replica), round, watch))
      const [next, state] = outerStep(train, replicas, ends, plan, training.ema ?? 0)
      return { train: next, replicas: state, done: done + count * round.steps }
    },
    release: async () => {
      await Promise.all(trainers.map(({ release }) => release()))
    },
  }
}

/**
 * The M-step of a lap.
 *
 * @param samples - those of the lap inside the bound
 * @throws TweedieError `input` for replicas out of range
 */
export const mStep = (
  net: Network,
  samples: SampleRows,
  training: DenoisingTraining,
  options: DiemOptions,
  lap: number,
): MStep =>
  options.replicas
    ? byReplicas(net, samples, training, options, replicaPlan(options.replicas), lap)
    : alone(net, samples, training, options, lap)
