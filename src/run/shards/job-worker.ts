/** Does the jobs of a run, of whatever kind. */
import type { Job } from './job.ts'
import type { JobRequest, WorkerOf } from './job-request.ts'
import { roundWorker } from './round-worker.ts'
import { shardWorker } from './shard-worker.ts'

/**
 * A worker of a run. It has the programs of one kind of job at a time, since a lap draws first and trains
 * then.
 *
 * @param draws - the run's folder of draws
 */
export const jobWorker = (draws: string, request: JobRequest): WorkerOf<Job> => {
  const [shards, rounds] = [shardWorker(draws, request), roundWorker(draws, request)]
  return {
    run: async (job, signal) => {
      if (job.kind === 'shard') {
        await rounds.release()
        return shards.run(job, signal)
      }
      await shards.release()
      return rounds.run(job, signal)
    },
    release: async () => {
      await Promise.all([shards.release(), rounds.release()])
    },
  }
}
