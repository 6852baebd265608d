/** Draws shards of a run's laps, whoever asks: the E-step of a lap is compiled once and kept. */
import { join } from 'node:path'
import { type EStep, eStep, lapLayout } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import { fileDigest } from '../../formats/index.ts'
import { network } from '../../nn/index.ts'
import { notSetAside, type Observations } from '../../observations/index.ts'
import type { LearnRequest } from '../learning/learn-request.ts'
import type { ShardJob } from './executor.ts'
import { lapFile, observationsDigest, readLapFile } from './lap-file.ts'
import { shardState, writeShard } from './shard-file.ts'

/** What of a request a worker needs. */
export interface ShardRequest extends Pick<LearnRequest, 'net' | 'options'> {
  /** Version of tweedie. */
  readonly software: string
  /** What a lap draws for, by the name of its folder. */
  readonly setOf: (lap: string) => Observations
}

/** The last lap on everything draws for all observations, the others for those that are not set aside. */
export const shardRequest = (
  { net, set, options, held }: Pick<LearnRequest, 'net' | 'set' | 'options' | 'held'>,
  software: string,
): ShardRequest => {
  let rest: Observations | undefined
  const setOf = (lap: string): Observations => {
    if (!held || lap === 'all') return set
    rest ??= notSetAside(set, held) // a copy of those in memory: asked for every second by who waits
    return rest
  }
  return { net, options, software, setOf }
}

/** Draws one shard after the other. */
export interface ShardWorker {
  /**
   * Draws a shard into its file; one that is there is left.
   *
   * @throws TweedieError `input` for a lap that is over or that others drew for, `numeric`, `io`
   */
  draw(job: ShardJob, signal?: AbortSignal): Promise<void>
  release(): Promise<void>
}

/**
 * A worker of a run.
 *
 * @param draws - the run's folder of draws
 */
export const shardWorker = (draws: string, request: ShardRequest): ShardWorker => {
  const { net, options, software, setOf } = request
  let open: { readonly prior: string; readonly set: Observations; readonly step: EStep } | undefined
  const opened = async ({ lap, prior }: ShardJob, signal?: AbortSignal) => {
    if (open?.prior === prior) return open
    await open?.step.release()
    open = undefined
    const folder = join(draws, lap)
    const path = lapFile(folder)
    if (fileDigest(path) !== prior)
      throw new TweedieError('input', `${path}: another lap than the one that was asked for`)
    const set = setOf(lap)
    const under = readLapFile(folder, net, { software, observations: observationsDigest(set) })
    open = { prior, set, step: eStep(network(net), set, options, under, signal) }
    return open
  }
  return {
    draw: async (job, signal) => {
      const { set, step } = await opened(job, signal)
      const folder = join(draws, job.lap)
      if (shardState(folder, lapLayout(set, options), job.shard, job.prior) === 'there') return
      writeShard(folder, job.shard, await step.draw(job.shard), job.prior)
    },
    release: async () => {
      await open?.step.release()
      open = undefined
    },
  }
}
