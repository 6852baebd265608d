/** The M-step of a lap: by one state of training, or by replicas of it in rounds. */
import type { Network } from '../nn/index.ts'
import type { Observations } from '../observations/index.ts'
import {
  initReplicas,
  outerStep,
  type ReplicaPlan,
  type ReplicaState,
  replicaPlan,
  replicaStart,
  type TrainState,
} from '../training/index.ts'
import type { DiemOptions } from './diem-options.ts'
import { type LapData, type LapTraining, lapTraining } from './lap-training.ts'
import { type ReplicaRounds, type RoundWatch, roundsHere } from './replica-rounds.ts'

/** What training changes. */
interface Trained {
  readonly train: TrainState
  /** Of training by replicas. */
  readonly replicas?: ReplicaState
}

/** What happens beside it. */
interface MStepWatch extends RoundWatch {
  /** Whether the state is wanted now. */
  wanted(): boolean
}

/** A compiled M-step. */
export interface MStep {
  /** Steps of the lap, those of all replicas together. */
  readonly total: number
  /** Goes on from step `done`, until the state is wanted or a round is over; at least one step. */
  advance(from: Trained, done: number, watch: MStepWatch): Promise<Trained & { readonly done: number }>
  release(): Promise<void>
}

const alone = ({ on, release }: LapTraining, lap: number, total: number): MStep => {
  const advance = on()
  return {
    total,
    advance: async ({ train }, done, { wanted, onStep }) => {
      const next = await advance(train, { lap, step: done }, total - done, {
        wanted,
        onStep: ({ terms: { loss } }) => onStep(loss),
      })
      return { train: next.state, done: done + next.taken.length }
    },
    release,
  }
}

const byReplicas = (rounds: ReplicaRounds, plan: ReplicaPlan, options: DiemOptions, lap: number): MStep => {
  const { count, steps: inRound } = plan
  const { ema = 0 } = options.training(lap)
  const each = Math.max(1, Math.round(options.steps(lap) / count))
  return {
    total: count * each,
    advance: async ({ train, replicas = initReplicas(train, plan) }, done, watch) => {
      const step = done / count
      const round = { lap, step, steps: Math.min(inRound, each - step), of: each }
      const starts = replicas.moments.map((_, replica) => replicaStart(train, replicas, replica))
      const ends = await rounds.take(round, starts, watch)
      const [next, state] = outerStep(train, replicas, ends, plan, ema)
      return { train: next, replicas: state, done: done + count * round.steps }
    },
    release: rounds.release,
  }
}

/**
 * The M-step of a lap.
 *
 * @param elsewhere - who takes the rounds of replicas; absent: this process
 * @throws TweedieError `input` for replicas out of range
 */
export const mStep = (
  net: Network,
  set: Observations,
  options: DiemOptions,
  data: LapData,
  elsewhere?: ReplicaRounds,
): MStep => {
  const { lap } = data
  const trainingHere = (): LapTraining => lapTraining(net, set, options, data)
  if (!options.replicas) return alone(trainingHere(), lap, options.steps(lap))
  const plan = replicaPlan(options.replicas)
  return byReplicas(elsewhere ?? roundsHere(trainingHere(), plan.count), plan, options, lap)
}
