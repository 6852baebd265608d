/** The side of a process that works for the one that started it (process-pool.ts). */
import { failed, type Said, toldOf } from './messages.ts'

/** Does a job, and gives what structured cloning can carry. */
export type DoJob = (job: unknown) => Promise<unknown>

/**
 * Does one job after the other, as they come by messages, until the process that started this one is gone.
 *
 * @param begin - whatever is made once, before the first job
 *
 * @example
 * ```ts
 * await serveJobs(async () => async (job) => Number(job) ** 2)
 * ```
 */
export const serveJobs = async (begin: () => Promise<DoJob>): Promise<void> => {
  const say = (message: Said): void => {
    process.send?.(message)
  }
  // Ctrl-C in a terminal reaches the whole group: the one that started this one decides.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
  process.on('disconnect', () => process.exit())
  try {
    const work = await begin()
    process.on('message', async (message) => {
      try {
        say({ kind: 'done', result: await work(toldOf(message).job) })
      } catch (cause) {
        say(failed(cause))
      }
    })
    say({ kind: 'ready' })
  } catch (cause) {
    // Another process would not begin either.
    process.send?.(failed(cause), () => process.exit(1))
  }
}
