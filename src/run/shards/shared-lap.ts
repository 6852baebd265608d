/**
 * The E-step of a lap by others: the lap's file is written, its missing shards are given out, and each file
 * that comes back is looked at before it counts.
 */

import { basename } from 'node:path'
import type { LapWork } from '../../em/index.ts'
import type { Observations } from '../../observations/index.ts'
import { type SharedWork, WaitingForShards } from './executor.ts'
import { type GivenOut, giveOut, missingOf } from './given-out.ts'
import { removeLapFile, writeLapFile } from './lap-file.ts'
import { observationsDigest } from './lap-input.ts'
import { removeShard, shardState } from './shard-file.ts'

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
 * @throws WaitingForShards when shards are drawn later; TweedieError as {@link giveOut}
 */
export const sharedLap = async (
  executor: SharedWork,
  folder: string,
  { prior: under, samples: { layout }, done }: LapWork,
  { set, onShard, signal }: SharedLapOptions,
): Promise<SharedLap> => {
  const { software } = executor
  const lap = basename(folder)
  const prior = writeLapFile(folder, under, { software, observations: observationsDigest(set) })
  const { bounds } = layout
  const shards = bounds.slice(1).map((to, shard): GivenOut => {
    const from = bounds[shard]
    return {
      job: { kind: 'shard', lap, prior, shard, from, to },
      name: `shard ${shard} of ${lap} (samples ${from} to ${to - 1})`,
      look: () => shardState(folder, layout, shard, prior),
      remove: () => removeShard(folder, shard),
    }
  })
  const missing = missingOf(shards.slice(done))
  const kept = shards.length - missing.length
  let there = kept
  let most: number | undefined
  const say = (): void => {
    const { workers } = executor.workers()
    if (workers !== undefined) most = Math.max(most ?? 0, workers)
    onShard(there)
  }
  say()
  if (executor.isLater && missing.length > 0) throw new WaitingForShards(lap, missing.length)
  const onDone = (): void => {
    there++
    say()
  }
  const again = await giveOut(executor, missing, { onDone, say, signal })
  removeLapFile(folder)
  return { shards: shards.length, kept, again, ...(most === undefined ? {} : { workers: most }) }
}
