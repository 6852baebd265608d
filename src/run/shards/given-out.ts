/** Jobs of a lap, given out until the file of each is good. */
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { type Executor, LostExecutor } from './executor.ts'
import type { Job } from './job.ts'
import type { FileState } from './made-file.ts'

/** Times that a job is given out before the lap stops. */
const TRIES = 3

/** How often it is said how far a lap is while no file comes, ms. */
const SAYING = 1000

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** A job, as whoever gives it out sees it. */
export interface GivenOut {
  readonly job: Job
  /** For errors: `shard 2 of lap-002 (samples 16 to 19)`. */
  readonly name: string
  /** What there is of its file. */
  look(): FileState
  /** Removes a file that is not what it should be. */
  remove(): void
}

/** Those whose files are missing still; what is not what it should be is removed. */
export const missingOf = <T extends GivenOut>(jobs: readonly T[]): T[] =>
  jobs.filter(({ look, remove }) => {
    const isThere = look() === 'there'
    if (!isThere) remove()
    return !isThere
  })

/** @returns how often it was given out */
const done = async (
  executor: Executor,
  { job, name, look, remove }: GivenOut,
  signal?: AbortSignal,
): Promise<number> => {
  for (let attempt = 1; ; attempt++) {
    let reason: string
    try {
      await executor.run(job)
      const state = look()
      if (state === 'there') return attempt
      reason =
        state === 'absent'
          ? 'its file is missing'
          : `its file is ${state === 'other' ? 'of another lap' : state}`
      remove()
    } catch (cause) {
      checkAborted(signal, 'learning')
      // A worker that was lost may be replaced; what one says of the job, another would say too.
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

/** What goes on beside it. */
interface Watch {
  /** After each job. */
  onDone(): void
  /** Now and then. */
  say(): void
  readonly signal?: AbortSignal
}

/**
 * Gives jobs out, all at once, and waits for them.
 *
 * @returns how often one was given out again
 * @throws TweedieError `interrupted`; `io` naming a job that failed three times; what a worker found wrong
 */
export const giveOut = async (
  executor: Executor,
  jobs: readonly GivenOut[],
  { onDone, say, signal }: Watch,
): Promise<number> => {
  const stop = (): void => void executor.stop()
  signal?.addEventListener('abort', stop)
  const saying = setInterval(say, SAYING)
  try {
    checkAborted(signal, 'learning')
    const times = await Promise.all(
      jobs.map(async (job) => {
        const attempts = await done(executor, job, signal)
        onDone()
        return attempts
      }),
    )
    return times.reduce((sum, attempts) => sum + attempts - 1, 0)
  } catch (error) {
    await executor.stop()
    throw error
  } finally {
    clearInterval(saying)
    signal?.removeEventListener('abort', stop)
  }
}
