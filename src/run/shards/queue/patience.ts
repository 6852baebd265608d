/** Waiting for a queue that may be away for a while. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../../error.ts'
import { checkAborted } from '../../../progress.ts'
import { LostExecutor } from '../executor.ts'

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
  /** Name of the queue. */
  readonly name: string
  /** ms */
  readonly patience: number
  readonly signal?: AbortSignal
}

/**
 * Asks a queue until it answers.
 *
 * @throws LostExecutor when it has not answered for so long; TweedieError `interrupted`; other TweedieErrors
 * of the work
 */
export const patiently = async <T>(
  work: () => Promise<T>,
  { name, patience, signal }: Patience,
): Promise<T> => {
  const until = performance.now() + patience
  for (;;) {
    try {
      return await within(until - performance.now(), work(), signal)
    } catch (cause) {
      checkAborted(signal, 'the wait')
      if (cause instanceof TweedieError) throw cause
      if (performance.now() + PAUSE >= until) {
        const reason = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
        throw new LostExecutor(`queue ${name}: lost for ${Math.round(patience / 1000)} s${reason}`, { cause })
      }
      await wait(PAUSE)
    }
  }
}
