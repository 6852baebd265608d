/** The work of a command, shared by processes of this machine (src/cli/work-child.ts): `--workers`. */
import { z } from 'zod'
import { poolSpread, processPool, type SpreadJobs } from '../run/index.ts'
import type { HeldSpread } from '../tensor/index.ts'
import type { AnyValues } from './options.ts'
import { startChild, threadsEach } from './start-child.ts'

/** What a process begins with: the command as it was given. */
export const requestSchema = z.object({
  command: z.enum(['compare', 'distill', 'restore', 'sample']),
  args: z.array(z.string()),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

/** A command as it was given. */
export interface Given {
  readonly command: z.output<typeof requestSchema>['command']
  readonly args: readonly string[]
  readonly options: AnyValues & { readonly workers?: number; readonly threads?: number }
}

/** How the jobs of a command are said, and what comes of them. */
export interface CommandJobs<Job, Result> extends SpreadJobs<Job> {
  readonly result: z.ZodType<Result>
}

/** Work that processes share. */
export interface Sharing<Job, Result> {
  /** Absent where this process works alone. To be released where work without them follows. */
  readonly spread?: HeldSpread<Job, Result>
  /** For progress. */
  figures(): { readonly workers?: number }
}

/**
 * Works with the processes that a command asks for by `--workers`. They are started as jobs come, and ended
 * with the work.
 */
export const withWorkers = async <Job, Result, R>(
  { command, args, options }: Given,
  { result, ...jobs }: CommandJobs<Job, Result>,
  signal: AbortSignal,
  work: (sharing: Sharing<Job, Result>) => Promise<R>,
): Promise<R> => {
  const { workers: count, threads } = options
  if (count === undefined) return work({ figures: () => ({}) })
  const request = JSON.stringify({ command, args, options })
  const each = threadsEach(count, threads)
  const start = () => startChild('work-child', [request], each)
  const pool = processPool<Job, Result>(count, start, (said) => result.parse(said))
  try {
    return await work({
      spread: poolSpread(pool, count, jobs, signal),
      figures: () => ({ workers: pool.workers().workers }),
    })
  } finally {
    await pool.stop()
  }
}
