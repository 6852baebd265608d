/** Waiting for a queue that may be away for a while. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../../error.ts'
import { LostExecutor } from '../executor.ts'

/** Between two tries, ms. */
const PAUSE = 500

/** What waits gives up after a time, or when it is told to. */
export const within = async <T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  const done = new AbortController()
  const late = async (): Promise<never> => {
    const signals = [done.signal, ...(signal ? [signal] : [])]
    await wait(Math.max(0, ms), undefined, { signal: AbortSignal.any(signals) })
    throw new Error('no answer')
  }
  try {
    return await Promise.race([work, late()])
  } finally {
    done.abort()
  }
}

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
      if (signal?.aborted) throw new TweedieError('interrupted', 'the wait was interrupted', { cause })
      if (cause instanceof TweedieError) throw cause
      if (performance.now() + PAUSE >= until) {
        const reason = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
        throw new LostExecutor(`queue ${name}: lost for ${Math.round(patience / 1000)} s${reason}`, { cause })
      }
      await wait(PAUSE)
    }
  }
}
