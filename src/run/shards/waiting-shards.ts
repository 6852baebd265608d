/** What a run waits for: the shards of its open lap. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lapLayout } from '../../em/index.ts'
import { fileDigest } from '../../formats/index.ts'
import type { ShardJob } from './executor.ts'
import { lapFile } from './lap-file.ts'
import { shardFile, shardState } from './shard-file.ts'
import type { ShardRequest } from './shard-worker.ts'

/** Folders of laps among the draws of a run. */
const LAPS = /^(lap-\d+|all)$/

/** A lap that waits for its samples. */
export interface OpenLap {
  /** Folder of the lap among the draws. */
  readonly lap: string
  /** Digest of the lap's file. */
  readonly prior: string
}

/**
 * The laps of a run that wait, oldest first: none where it waits for nothing.
 *
 * @param draws - the run's folder of draws
 */
export const openLaps = (draws: string): OpenLap[] =>
  readdirSync(draws)
    .filter((lap) => LAPS.test(lap) && existsSync(lapFile(join(draws, lap))))
    .sort()
    .map((lap) => ({ lap, prior: fileDigest(lapFile(join(draws, lap))) }))

/** Which shards are looked at, and how. */
export interface WaitingOptions {
  /** Every `of`-th shard, from `index` on; default all. */
  readonly index?: number
  readonly of?: number
  /** Whether files that are there are read, to see that they are whole; default true. */
  readonly read?: boolean
}

/** The shards that a lap waits for. */
export const waitingShards = (
  draws: string,
  { lap, prior }: OpenLap,
  request: ShardRequest,
  { index = 0, of = 1, read = true }: WaitingOptions = {},
): ShardJob[] => {
  const folder = join(draws, lap)
  const layout = lapLayout(request.setOf(lap), request.options)
  const { bounds } = layout
  const isThere = (shard: number): boolean =>
    read ? shardState(folder, layout, shard, prior) === 'there' : existsSync(shardFile(folder, shard))
  return bounds
    .slice(1)
    .map((to, shard) => ({ lap, prior, shard, from: bounds[shard], to }))
    .filter(({ shard }) => shard % of === index && !isThere(shard))
}
