/** Draws shards of a run's laps, whoever asks: the E-step of a lap is compiled once and kept. */
import { join } from 'node:path'
import { type EStep, eStep, lapLayout } from '../../em/index.ts'
import { network } from '../../nn/index.ts'
import type { Observations } from '../../observations/index.ts'
import type { ShardJob } from './job.ts'
import type { JobRequest, WorkerOf } from './job-request.ts'
import { readLapFile } from './lap-file.ts'
import { observationsDigest } from './lap-input.ts'
import { shardState, writeShard } from './shard-file.ts'

/**
 * A worker of a run.
 *
 * @param draws - the run's folder of draws
 */
export const shardWorker = (
  draws: string,
  { net, options, software, setOf }: JobRequest,
): WorkerOf<ShardJob> => {
  let open: { readonly prior: string; readonly set: Observations; readonly step: EStep } | undefined
  const release = async (): Promise<void> => {
    await open?.step.release()
    open = undefined
  }
  const opened = async ({ lap, prior }: ShardJob, signal?: AbortSignal) => {
    if (open?.prior === prior) return open
    await release()
    const set = setOf(lap)
    const here = { software, observations: observationsDigest(set) }
    const under = readLapFile(join(draws, lap), prior, net, here)
    open = { prior, set, step: eStep(network(net), set, options, under, signal) }
    return open
  }
  return {
    run: async (job, signal) => {
      const { set, step } = await opened(job, signal)
      const folder = join(draws, job.lap)
      if (shardState(folder, lapLayout(set, options), job.shard, job.prior) === 'there') return
      writeShard(folder, job.shard, await step.draw(job.shard), job.prior)
    },
    release,
  }
}
