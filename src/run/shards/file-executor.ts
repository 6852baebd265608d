/**
 * Jobs that are done elsewhere, by whoever runs `tweedie shard` on a machine that sees the folder of the
 * run: the files are waited for.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { TweedieError } from '../../error.ts'
import type { Executor } from './executor.ts'
import { fileOf } from './job.ts'

/** How often the folder is looked at, ms. A file of another machine may be seen late anyway. */
const EVERY = 500

/** A job whose file somebody waits for. */
interface Waiting {
  readonly folder: string
  /** Of its file. */
  readonly name: string
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/** What lies in a folder: one question to a server of files, however many jobs wait. */
const namesIn = (folder: string): Set<string> => new Set(existsSync(folder) ? readdirSync(folder) : [])

/**
 * @param draws - the run's folder of draws
 * @param every - ms between two looks
 */
export const fileExecutor = (draws: string, every = EVERY): Executor => {
  const waiting = new Set<Waiting>()
  let looking: NodeJS.Timeout | undefined

  const end = (cause: unknown): void => {
    for (const { reject } of waiting) reject(cause)
    waiting.clear()
  }
  const look = (): void => {
    const folders = new Map<string, Set<string>>()
    for (const each of waiting) {
      const names = folders.get(each.folder) ?? namesIn(each.folder)
      folders.set(each.folder, names)
      if (!names.has(each.name)) continue
      waiting.delete(each)
      each.resolve()
    }
  }
  const lookOn = (): void => {
    try {
      look()
    } catch (cause) {
      end(cause)
    }
    looking = waiting.size > 0 ? setTimeout(lookOn, every) : undefined
  }
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const path = fileOf(draws, job)
        waiting.add({ folder: dirname(path), name: basename(path), resolve, reject })
        looking ??= setTimeout(lookOn)
      }),
    workers: () => ({}),
    stop: async () => {
      clearTimeout(looking)
      looking = undefined
      end(new TweedieError('interrupted', 'nobody waits any more'))
    },
  }
}
