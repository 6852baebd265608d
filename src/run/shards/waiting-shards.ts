/** What a run waits for: the shards of its open lap. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lapLayout } from '../../em/index.ts'
import { fileDigest } from '../../formats/index.ts'
import type { ShardJob } from './executor.ts'
import { lapFile } from './lap-file.ts'
import { shardState } from './shard-file.ts'
import { type ShardRequest, setOf } from './shard-worker.ts'

/** Folders of laps among the draws of a run. */
const LAPS = /^(lap-\d+|all)$/

/**
 * The shards that a run waits for, oldest first; none where it waits for nothing.
 *
 * @param draws - the run's folder of draws
 */
export const waitingShards = (draws: string, request: ShardRequest): ShardJob[] => {
  const open = readdirSync(draws).filter((name) => LAPS.test(name) && existsSync(lapFile(join(draws, name))))
  return open.sort().flatMap((lap) => {
    const folder = join(draws, lap)
    const prior = fileDigest(lapFile(folder))
    const layout = lapLayout(setOf(request, lap), request.options)
    const jobs = layout.bounds
      .slice(1)
      .map((to, shard) => ({ lap, prior, shard, from: layout.bounds[shard], to }))
    return jobs.filter(({ shard }) => shardState(folder, layout, shard, prior) !== 'there')
  })
}
