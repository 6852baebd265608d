/** A pool of processes as a spread: a job whose process was lost is done again. */
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import type { HeldSpread } from '../../tensor/index.ts'
import type { ProcessPool } from './process-pool.ts'

/** Times that a job is done before the work stops. */
const TRIES = 3

/** What the jobs of a spread are. */
export interface SpreadJobs<Job> {
  /** A job in words, for errors: `observations 64 to 127`. */
  readonly nameOf: (job: Job) => string
  /** What stops at an interrupt, for the message: `sampling`. */
  readonly work: string
}

/**
 * Jobs by a pool, twice as many ahead as there are processes: one at work, one at hand. An interrupt stops
 * the processes, as does release.
 *
 * @throws TweedieError `interrupted`; `io` naming a job whose process was lost three times; that of a process
 *   where another would meet it too
 */
export const poolSpread = <Job, Result>(
  pool: ProcessPool<Job, Result>,
  count: number,
  { nameOf, work }: SpreadJobs<Job>,
  signal: AbortSignal,
): HeldSpread<Job, Result> => {
  signal.addEventListener('abort', () => void pool.stop(), { once: true })
  const done = async (job: Job): Promise<Result> => {
    for (let attempt = 1; ; attempt++) {
      checkAborted(signal, work)
      try {
        return await pool.do(job)
      } catch (cause) {
        checkAborted(signal, work)
        if (cause instanceof TweedieError) throw cause
        if (attempt < TRIES) continue
        const last = cause instanceof Error ? cause.message : String(cause)
        throw new TweedieError('io', `${nameOf(job)} failed ${TRIES} times, last: ${last}`, { cause })
      }
    }
  }
  return Object.assign(done, { ahead: 2 * count, release: pool.stop })
}
