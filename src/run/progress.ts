import { TweedieError } from '../error.ts'

/** How far a long call is. `done` of `total` units of `phase`; other fields are figures worth showing (loss, lap, …). */
export interface ProgressEvent {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly [figure: string]: string | number
}

/** What long calls tell while they work; cheap to call often, so the receiver decides how often to show it. */
export type Progress = (event: ProgressEvent) => void

/** What every long call takes. */
export interface LongCall {
  readonly onProgress?: Progress
  readonly signal?: AbortSignal
}

/** @throws TweedieError `interrupted` once the signal is aborted. Long calls ask between two steps of work. */
export const checkAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw new TweedieError('interrupted', 'interrupted', { cause: signal.reason })
}
