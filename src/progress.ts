import { TweedieError } from './error.ts'

/**
 * How far a long call is. `done` of `total` units of `phase`; other fields are figures
 * worth showing (loss, lap, …).
 */
export interface ProgressEvent {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly [figure: string]: string | number
}

/**
 * The receiver of the progress of long calls; cheap to call often, so the receiver decides how often to show
 * it.
 */
export type Progress = (event: ProgressEvent) => void

/** Options of every long call. */
export interface LongCall {
  readonly onProgress?: Progress
  readonly signal?: AbortSignal
}

/**
 * Long calls ask between two steps of work.
 *
 * @param work - what stops, for the message
 * @throws TweedieError `interrupted` once the signal is aborted
 */
export const checkAborted = (signal: AbortSignal | undefined, work = 'the work'): void => {
  if (signal?.aborted)
    throw new TweedieError('interrupted', `${work} was interrupted`, { cause: signal.reason })
}
