/** What the network of a lap is trained to: compiled once, for one state of training or for replicas. */
import type { Gaussian } from '../diffusion/index.ts'
import type { Network } from '../nn/index.ts'
import { batchedObservations, type Observations } from '../observations/index.ts'
import { stream } from '../random/index.ts'
import {
  chosenRows,
  compiledTraining,
  denoisingObjective,
  type SampleRows,
  type Trainer,
} from '../training/index.ts'
import type { DiemOptions } from './diem-options.ts'
import { skipOf } from './e-step.ts'
import { type KeptSamples, keptSamples } from './lap-samples.ts'

/** What a lap trains on. */
export interface LapData extends KeptSamples {
  readonly lap: number
  /** That of the lap's samples, where it is refitted. */
  readonly gaussian: Gaussian
}

/** One of several replicas. */
interface Part {
  readonly replica: number
  readonly count: number
}

/** Compiled training of a lap. */
export interface LapTraining {
  /**
   * Steps on all samples, or those of a replica: on its share of the samples, with randomness of its own, at
   * the learning rate of the lap's steps, of which it takes one in n.
   */
  on(part?: Part): Trainer['advance']
  release(): Promise<void>
}

/** Every n-th sample, from one on. */
const shareOf = (samples: SampleRows, { replica, count }: Part): SampleRows =>
  chosenRows(
    samples,
    Array.from({ length: Math.ceil((samples.count - replica) / count) }, (_, i) => replica + i * count),
  )

export const lapTraining = (
  net: Network,
  set: Observations,
  options: DiemOptions,
  { lap, gaussian, ...data }: LapData,
): LapTraining => {
  const { domain } = batchedObservations(set)
  const training = { ...options.training(lap), ...skipOf(options, gaussian), ...(domain ? { domain } : {}) }
  const samples = keptSamples(data)
  const lessonsOf = (part?: Part) => {
    const who = part ? `M replica ${part.replica}` : 'M'
    const streamOf = (purpose: string) => stream(options.seed, `${who} ${purpose}`)
    const rows = part ? shareOf(samples, part) : samples
    return { objective: denoisingObjective(net, rows, training, streamOf), order: streamOf('rows') }
  }
  const { on, release } = compiledTraining(lessonsOf().objective, training)
  return {
    on: (part) => {
      const { objective, order } = lessonsOf(part)
      return on(objective, (step) => training.rate(step * (part?.count ?? 1)), order)
    },
    release,
  }
}
