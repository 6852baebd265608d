/** What a run waits for: the shards of its open lap, or a round of its replicas. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lapLayout } from '../../em/index.ts'
import type { Job, RoundJob, ShardJob } from './job.ts'
import type { JobRequest } from './job-request.ts'
import { lapFile } from './lap-file.ts'
import { lapsWith } from './lap-input.ts'
import { openStarts } from './round-file.ts'
import { shardFile, shardState } from './shard-file.ts'
import { trainingFile } from './training-file.ts'

/** A lap that waits for jobs. */
export interface OpenLap {
  readonly kind: Job['kind']
  /** Folder of the lap among the draws. */
  readonly lap: string
  /** Digest of the file that its jobs have in common. */
  readonly digest: string
}

/**
 * The laps of a run that wait, oldest first: none where it waits for nothing.
 *
 * @param draws - the run's folder of draws
 */
export const openLaps = (draws: string): OpenLap[] => [
  ...lapsWith(draws, lapFile).map((lap) => ({ kind: 'shard', ...lap }) as const),
  ...lapsWith(draws, trainingFile).map((lap) => ({ kind: 'round', ...lap }) as const),
]

/** Which jobs are looked at, and how. */
export interface WaitingOptions {
  /** Every `of`-th shard or replica, from `index` on; default all. */
  readonly index?: number
  readonly of?: number
  /** Whether files that are there are read, to see that they are whole; default true. */
  readonly read?: boolean
}

const waitingShards = (
  draws: string,
  { lap, digest: prior }: OpenLap,
  request: JobRequest,
  read: boolean,
): ShardJob[] => {
  const folder = join(draws, lap)
  const layout = lapLayout(request.setOf(lap), request.options)
  const { bounds } = layout
  const isThere = (shard: number): boolean =>
    read ? shardState(folder, layout, shard, prior) === 'there' : existsSync(shardFile(folder, shard))
  return bounds
    .slice(1)
    .map((to, shard) => ({ kind: 'shard', lap, prior, shard, from: bounds[shard], to }) as const)
    .filter(({ shard }) => !isThere(shard))
}

const waitingRounds = (draws: string, { lap, digest }: OpenLap): RoundJob[] =>
  openStarts(join(draws, lap))
    .filter(({ training }) => training === digest)
    .map((round) => ({ kind: 'round', lap, ...round }))

/** The jobs that a lap waits for. */
export const waitingJobs = (
  draws: string,
  open: OpenLap,
  request: JobRequest,
  { index = 0, of = 1, read = true }: WaitingOptions = {},
): Job[] => {
  const jobs = open.kind === 'shard' ? waitingShards(draws, open, request, read) : waitingRounds(draws, open)
  return jobs.filter((job) => (job.kind === 'shard' ? job.shard : job.replica) % of === index)
}
