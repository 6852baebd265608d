/**
 * Jobs that are done elsewhere, by whoever runs `tweedie shard` on a machine that sees the folder of the
 * run: the files are waited for.
 */
import { existsSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import type { Executor } from './executor.ts'
import { fileOf } from './job.ts'

/** How often the folder is looked at, ms. A file of another machine may be seen late anyway. */
const EVERY = 500

/**
 * @param draws - the run's folder of draws
 * @param every - ms between two looks
 */
export const fileExecutor = (draws: string, every = EVERY): Executor => {
  let stopping = new AbortController()
  const stopped = () => new TweedieError('interrupted', 'nobody waits any more')
  return {
    run: async (job) => {
      const path = fileOf(draws, job)
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
