import type { LongCall } from '../progress.ts'

/** Options of every long call that works in a run folder. */
export interface RunCall extends LongCall {
  /** Seconds between resume points, default 60; it never changes the result. */
  readonly checkpointSeconds?: number
  /** Seconds after which the work stops where it is and keeps what there is; default: never. */
  readonly seconds?: number
}
