/** What learning by DiEM in a run folder is asked for. */
import type { DiemOptions } from '../../em/index.ts'
import type { NetworkConfig } from '../../nn/index.ts'
import type { Observations, SetAsideOptions } from '../../observations/index.ts'
import type { HeldReading } from '../held-bench.ts'
import type { LearnedPrior } from '../prior.ts'
import type { RunCall } from '../run-call.ts'
import type { SharedWork } from '../shards/executor.ts'
import type { EdgeChoice } from './edge-choice.ts'
import type { LapChoice } from './held-choice.ts'

/** What is set aside to judge laps by, and what follows. */
interface HeldOptions extends SetAsideOptions {
  /**
   * Whether a last lap on all observations follows the choice, from the weights of the best lap; where the
   * Gaussian start is the best, it is fitted again to all of them. Default true.
   */
  readonly refit?: boolean
}

/** The request of a run of DiEM: network, observations, options. */
export interface LearnRequest extends RunCall {
  readonly net: NetworkConfig
  /** In the units of the data; its range is that of the prior. */
  readonly set: Observations
  readonly options: DiemOptions
  /**
   * Whether the first lap's draws are of a prior of edges where these predict what was set aside better than
   * the Gaussian start: its weight is chosen so. Without `held`, and where no edges can be, the Gaussian's.
   */
  readonly edges?: 'auto'
  readonly sigmaMin: number
  readonly sigmaMax: number
  /**
   * What is set aside to judge each lap by. The best lap, or the Gaussian start where no lap is better, is
   * then what the prior is made of. Absent: learning sees everything, and the prior is that of the last lap.
   */
  readonly held?: HeldOptions
  /**
   * Who draws the samples of the laps and trains their replicas; absent: this process. The prior is the same
   * whoever does.
   */
  readonly executor?: SharedWork
  /** After the Gaussian start (lap −1) and after each lap. */
  readonly onLap?: (lap: number, prior: LearnedPrior) => Promise<void>
  /** After each judgement of a lap. */
  readonly onHeld?: (reading: HeldReading) => void
  /** Once the weight of the edges is chosen, where they are asked for. */
  readonly onEdges?: (choice: EdgeChoice) => void
  /** Once the laps are over and one is chosen by what was set aside. */
  readonly onChosen?: (choice: LapChoice) => void
  /** When the last lap on all observations begins; from lap 0, only the Gaussian start is fitted again. */
  readonly onRefit?: (refit: { readonly lap: number; readonly observations: number }) => void
}
