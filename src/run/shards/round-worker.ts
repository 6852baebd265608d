/** Trains rounds of replicas, whoever asks: a lap is compiled once, for all of its replicas. */
import { join } from 'node:path'
import { type LapTraining, lapLayout, lapTraining, replicaRound } from '../../em/index.ts'
import { network } from '../../nn/index.ts'
import { initTrainState, type SampleStore, type TrainState } from '../../training/index.ts'
import { drawnSamples } from '../learning/shard-folder.ts'
import type { RoundJob } from './job.ts'
import type { JobRequest, WorkerOf } from './job-request.ts'
import { observationsDigest } from './lap-input.ts'
import { digestIfThere } from './made-file.ts'
import { endState, type RoundEnd, readStart, roundStart, writeEnd } from './round-file.ts'
import { readTrainingFile, trainingFile } from './training-file.ts'

/** A lap at hand. */
interface OpenTraining {
  /** Digest of its training file. */
  readonly digest: string
  readonly lap: number
  readonly samples: SampleStore
  readonly training: LapTraining
  /** Steps of replicas, of those that have been here. */
  readonly replicas: Map<number, ReturnType<LapTraining['on']>>
}

/** Whether nobody waits for a round any more. */
const isOver = (folder: string, job: RoundJob): boolean =>
  digestIfThere(trainingFile(folder)) !== job.training || digestIfThere(roundStart(folder, job)) !== job.start

/**
 * A worker of a run. Of a round that is over there is nothing to do: what is late or comes twice is left.
 *
 * @param draws - the run's folder of draws
 */
export const roundWorker = (
  draws: string,
  { net, options, software, setOf }: JobRequest,
): WorkerOf<RoundJob> => {
  let open: OpenTraining | undefined
  let like: TrainState | undefined
  const release = async (): Promise<void> => {
    open?.samples.release()
    await open?.training.release()
    open = undefined
  }
  const opened = async ({ lap, training: digest }: RoundJob): Promise<OpenTraining> => {
    if (open?.digest === digest) return open
    await release()
    const folder = join(draws, lap)
    const set = setOf(lap)
    const data = readTrainingFile(folder, digest, { software, observations: observationsDigest(set) })
    const samples = drawnSamples(folder, lapLayout(set, options))
    const training = lapTraining(network(net), set, options, { ...data, samples })
    open = { digest, lap: data.lap, samples, training, replicas: new Map() }
    return open
  }
  /** Steps of a replica, made when it first comes here. */
  const replicaOf = ({ training, replicas }: OpenTraining, replica: number) => {
    const { count = 1 } = options.replicas ?? {}
    const advance = replicas.get(replica) ?? training.on({ replica, count })
    replicas.set(replica, advance)
    return advance
  }
  const trained = async (folder: string, job: RoundJob, signal?: AbortSignal): Promise<RoundEnd> => {
    const at = await opened(job)
    like ??= initTrainState(network(net).init(0))
    const losses: number[] = []
    const watch = { onStep: (loss: number) => losses.push(loss), signal }
    const start = readStart(folder, job, like)
    const train = await replicaRound(replicaOf(at, job.replica), start, { ...job, lap: at.lap }, watch)
    return { train, losses }
  }
  return {
    run: async (job, signal) => {
      const folder = join(draws, job.lap)
      if (endState(folder, job, job.start) === 'there' || isOver(folder, job)) return
      try {
        writeEnd(folder, job, await trained(folder, job, signal), job.start)
      } catch (error) {
        if (!isOver(folder, job)) throw error // else its files went meanwhile
      }
    },
    release,
  }
}
