/** Rounds of replicas (training/replicas.ts): each trains for itself, whoever takes its steps. */
import { checkAborted } from '../progress.ts'
import type { TrainState } from '../training/index.ts'
import type { LapTraining } from './lap-training.ts'

/** A round of a lap, in steps of each replica. */
export interface Round {
  readonly lap: number
  /** Those before it. */
  readonly step: number
  readonly steps: number
  /** Those of the lap. */
  readonly of: number
}

/** What happens beside it. */
export interface RoundWatch {
  /** After each step, with its loss: those of one replica after those of the one before. */
  onStep(loss: number): void
  /** Now and then while others take the steps. */
  onWait(): void
  readonly signal?: AbortSignal
}

/** Takes the rounds of a lap. */
export interface ReplicaRounds {
  /**
   * @param starts - where each replica begins
   * @returns where each comes: a function of the round, the start and the lap's samples alone
   * @throws TweedieError `interrupted`, `numeric`
   */
  take(round: Round, starts: readonly TrainState[], watch: RoundWatch): Promise<readonly TrainState[]>
  /** Frees what it has; afterwards there are no more rounds of the lap here. */
  release(): Promise<void>
}

/** A replica's round. */
export const replicaRound = async (
  advance: ReturnType<LapTraining['on']>,
  start: TrainState,
  { lap, step, steps }: Round,
  { onStep, signal }: Pick<RoundWatch, 'onStep' | 'signal'>,
): Promise<TrainState> => {
  let state = start
  for (let done = 0; done < steps; ) {
    checkAborted(signal, 'learning')
    const next = await advance(state, { lap, step: step + done }, steps - done, {
      wanted: () => signal?.aborted === true,
      onStep: ({ terms: { loss } }) => onStep(loss),
    })
    state = next.state
    done += next.taken.length
  }
  return state
}

/** Rounds in this process: one replica after the other. */
export const roundsHere = ({ on, release }: LapTraining, count: number): ReplicaRounds => {
  const replicas = Array.from({ length: count }, (_, replica) => on({ replica, count }))
  return {
    take: async (round, starts, watch) => {
      const ends: TrainState[] = []
      for (const [replica, advance] of replicas.entries())
        ends.push(await replicaRound(advance, starts[replica], round, watch))
      return ends
    },
    release,
  }
}
