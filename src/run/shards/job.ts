/** What is given out: shards to be drawn, and rounds of replicas to be trained. */
import { join } from 'node:path'
import { z } from 'zod'
import { roundEnd } from './round-file.ts'
import { shardFile } from './shard-file.ts'

/** Of a lap's name no path can be made that leaves the folder of draws. */
const lap = z.string().regex(/^(lap-\d+|all)$/)

const shardJobSchema = z.object({
  kind: z.literal('shard'),
  /** Folder of the lap among the draws of the run: `lap-003`, or `all` in the last lap on everything. */
  lap,
  /** Digest of the lap's file. */
  prior: z.string(),
  shard: z.int().nonnegative(),
  /** First row of the samples, and the one after the last. */
  from: z.int().nonnegative(),
  to: z.int().positive(),
})

const roundJobSchema = z.object({
  kind: z.literal('round'),
  /** As that of a shard. */
  lap,
  /** Digest of the lap's training file. */
  training: z.string(),
  /** Steps of each replica before the round, in it, and in the lap. */
  step: z.int().nonnegative(),
  steps: z.int().positive(),
  of: z.int().positive(),
  replica: z.int().nonnegative(),
  /** Digest of the file that the replica begins the round with. */
  start: z.string(),
})

/** A shard to be drawn. */
export type ShardJob = Readonly<z.output<typeof shardJobSchema>>

/** A replica's round to be trained. */
export type RoundJob = Readonly<z.output<typeof roundJobSchema>>

/** Done twice it gives the same bytes, so it may be given out more than once. */
export type Job = ShardJob | RoundJob

/** A job as it comes from elsewhere. */
export const jobSchema = z.discriminatedUnion('kind', [shardJobSchema, roundJobSchema])

/**
 * The file that a job makes.
 *
 * @param draws - the run's folder of draws
 */
export const fileOf = (draws: string, job: Job): string => {
  const folder = join(draws, job.lap)
  return job.kind === 'shard' ? shardFile(folder, job.shard) : roundEnd(folder, job)
}
