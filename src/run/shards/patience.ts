/** Waiting for a queue or a storage that may be away for a while. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { LostExecutor } from './executor.ts'
import { reasonOf } from './reason.ts'

/** Between two tries, ms. */
const PAUSE = 500

/** Gives work up after a time, or when it is told to. */
export const within = <T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    const stop = (): void => {
      end()
      reject(new Error('stopped'))
    }
    const timer = setTimeout(
      () => {
        end()
        reject(new Error('no answer'))
      },
      Math.max(0, ms),
    )
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    work.finally(end).then(resolve, reject)
  })

/** How long, and for whom. */
export interface Patience {
  /** What is waited for: `queue redis://…`. */
  readonly what: string
  /** ms */
  readonly patience: number
  readonly signal?: AbortSignal
}

/** Tries until it works, or a time is over that the first failure sets. */
const insist = async <T>(
  attempt: () => Promise<T>,
  { what, patience, signal }: Patience,
  untilAfter: (failed: number) => number,
): Promise<T> => {
  let until: number | undefined
  for (;;) {
    try {
      return await attempt()
    } catch (cause) {
      checkAborted(signal, 'the wait')
      if (cause instanceof TweedieError) throw cause
      until ??= untilAfter(performance.now())
      if (performance.now() + PAUSE >= until)
        throw new LostExecutor(`${what}: lost for ${Math.round(patience / 1000)} s: ${reasonOf(cause)}`, {
          cause,
        })
      await wait(PAUSE)
    }
  }
}

/**
 * Asks until there is an answer, or there has been none for so long.
 *
 * @throws LostExecutor when there has been none for so long; TweedieError `interrupted`; other TweedieErrors
 * of the work
 */
export const patiently = <T>(work: () => Promise<T>, patience: Patience): Promise<T> => {
  const until = performance.now() + patience.patience
  return insist(
    () => within(until - performance.now(), work(), patience.signal),
    patience,
    () => until,
  )
}

/**
 * Does what may take long, and ends by itself, until it works, or has failed again and again for so long.
 *
 * @throws as {@link patiently} does
 */
export const throughFailures = <T>(work: () => Promise<T>, patience: Patience): Promise<T> =>
  insist(work, patience, (failed) => failed + patience.patience)
