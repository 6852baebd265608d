/**
 * The E-step of a lap by others: the lap's file is written, its missing shards are given out, and each file
 * that comes back is looked at before it counts.
 */

import { basename } from 'node:path'
import type { LapWork } from '../../em/index.ts'
import { TweedieError } from '../../error.ts'
import type { Observations } from '../../observations/index.ts'
import { checkAborted } from '../../progress.ts'
import type { ShardLayout } from '../../training/index.ts'
import {
  type Executor,
  LostExecutor,
  type ShardJob,
  type SharedDrawing,
  WaitingForShards,
} from './executor.ts'
import { observationsDigest, removeLapFile, writeLapFile } from './lap-file.ts'
import { removeShard, shardState } from './shard-file.ts'

/** Times that a shard is given out before the lap stops. */
const TRIES = 3

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** How often it is said how far a lap is while no shard comes, ms. */
const SAYING = 1000

/**
 * One shard, given out until its file is good.
 *
 * @returns how often that was
 */
const drawn = async (
  executor: Executor,
  folder: string,
  layout: ShardLayout,
  job: ShardJob,
  signal?: AbortSignal,
): Promise<number> => {
  const name = `shard ${job.shard} of ${job.lap} (samples ${job.from} to ${job.to - 1})`
  for (let attempt = 1; ; attempt++) {
    let reason: string
    try {
      await executor.draw(job)
      const state = shardState(folder, layout, job.shard, job.prior)
      if (state === 'there') return attempt
      reason =
        state === 'absent'
          ? 'its file is missing'
          : `its file is ${state === 'other' ? 'of another lap' : state}`
      removeShard(folder, job.shard)
    } catch (cause) {
      checkAborted(signal, 'learning')
      // A worker that was lost may be replaced; what one says of the shard, another would say too.
      if (cause instanceof TweedieError)
        throw cause.code === 'interrupted' || cause instanceof LostExecutor
          ? cause
          : new TweedieError(cause.code, `${name}: ${cause.message}`, { cause })
      reason = textOf(cause)
    }
    if (attempt === TRIES)
      throw new TweedieError(
        'io',
        `${name} failed ${TRIES} times, last: ${reason}; nothing is lost, --resume goes on`,
      )
  }
}

/** How a lap is shared. */
export interface SharedLapOptions {
  /** What the lap draws for. */
  readonly set: Observations
  /** After each shard and now and then, with the number that are there. */
  readonly onShard: (there: number) => void
  readonly signal?: AbortSignal
}

/** Who did what in a lap. */
export type SharedLap = {
  readonly shards: number
  /** Those that were there from before. */
  readonly kept: number
  /** Times that a shard was given out again. */
  readonly again: number
  /** Most workers that were seen at once; absent where nobody can know. */
  readonly workers?: number
}

/**
 * Draws a lap by an executor. Shards that are there from before, of the same lap, are kept.
 *
 * @param folder - of the lap's samples
 * @returns who did what
 * @throws WaitingForShards when shards are drawn later; TweedieError `interrupted`; `io` naming a shard that
 *   failed three times; what a worker found wrong
 */
export const sharedLap = async (
  executor: SharedDrawing,
  folder: string,
  { prior, samples: { layout }, done }: LapWork,
  { set, onShard, signal }: SharedLapOptions,
): Promise<SharedLap> => {
  const { software } = executor
  const digest = writeLapFile(folder, prior, { software, observations: observationsDigest(set) })
  const { bounds } = layout
  const shards = Array.from({ length: bounds.length - 1 }, (_, shard) => shard)
  const missing = shards.slice(done).filter((shard) => {
    const state = shardState(folder, layout, shard, digest)
    if (state !== 'there') removeShard(folder, shard)
    return state !== 'there'
  })
  const kept = shards.length - missing.length
  let there = kept
  let most: number | undefined
  const say = (): void => {
    const { workers } = executor.workers()
    if (workers !== undefined) most = Math.max(most ?? 0, workers)
    onShard(there)
  }
  say()
  if (executor.isLater && missing.length > 0) throw new WaitingForShards(basename(folder), missing.length)
  const job = (shard: number): ShardJob => ({
    lap: basename(folder),
    prior: digest,
    shard,
    from: bounds[shard],
    to: bounds[shard + 1],
  })
  const stop = (): void => void executor.stop()
  signal?.addEventListener('abort', stop)
  const saying = setInterval(say, SAYING)
  let times: number[]
  try {
    checkAborted(signal, 'learning')
    times = await Promise.all(
      missing.map(async (shard) => {
        const attempts = await drawn(executor, folder, layout, job(shard), signal)
        there++
        say()
        return attempts
      }),
    )
  } catch (error) {
    await executor.stop()
    throw error
  } finally {
    clearInterval(saying)
    signal?.removeEventListener('abort', stop)
  }
  removeLapFile(folder)
  const again = times.reduce((sum, attempts) => sum + attempts - 1, 0)
  return { shards: shards.length, kept, again, ...(most === undefined ? {} : { workers: most }) }
}
