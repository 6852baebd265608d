/**
 * Shards that come from elsewhere, by whoever runs `tweedie shard` on a machine that sees the folder of the
 * run: the files are waited for.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import type { Executor, ShardJob } from './executor.ts'
import { shardFile } from './shard-file.ts'

/** How often the folder is looked at, ms. A file of another machine may be seen late anyway. */
const EVERY = 500

/**
 * @param draws - the run's folder of draws
 * @param every - ms between two looks
 */
export const fileExecutor = (draws: string, every = EVERY): Executor => {
  let stopping = new AbortController()
  const stopped = () => new TweedieError('interrupted', 'nobody waits for shards any more')
  return {
    draw: async ({ lap, shard }: ShardJob) => {
      const path = shardFile(join(draws, lap), shard)
      const { signal } = stopping
      while (!existsSync(path))
        await wait(every, undefined, { signal }).catch(() => {
          throw stopped()
        })
    },
    workers: () => ({}),
    stop: async () => {
      stopping.abort()
      stopping = new AbortController()
    },
  }
}
