/** What Tweedie asks of a queue: runs that wait, and jobs that are given out, taken and told of. */
import type { Job } from '../job.ts'

/** A run that waits for jobs. */
export interface OpenRun {
  /** Its own, from its folder (run-id.ts). */
  readonly id: string
  /** Name of its folder. */
  readonly name: string
  /** Its folder on the machine that learns. */
  readonly path: string
  /** Where workers that do not see the folder have its files: `s3://bucket/prefix`. */
  readonly share?: string
  /** Version of tweedie that learns. */
  readonly software: string
}

/** What became of a job. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** A job under the name that it has in the queue. Given out again, it has another. */
interface GivenJob {
  readonly id: string
  readonly job: Job
}

/** How the jobs of a run stand. */
interface QueueCounts {
  readonly waiting: number
  readonly running: number
  /** Jobs in the queue, with those whose outcome nobody has asked for yet. */
  readonly all: number
}

/** The jobs of a run, as the process that learns sees them. */
export interface RunQueue {
  /** Begins with nothing: what a killed process left goes. Then workers are told of the run. */
  begin(): Promise<void>
  /** Tells workers of the run: again and again, or they take it for one whose process was killed. */
  announce(): Promise<void>
  /** Gives jobs out; one that is in the queue already stays as it is. */
  give(jobs: readonly GivenJob[]): Promise<void>
  /** Takes out of the queue what is known of jobs, not all at once where it is much. */
  outcomes(): Promise<{ readonly id: string; readonly outcome: Outcome }[]>
  counts(): Promise<QueueCounts>
  /** How many workers are connected to the run. */
  workers(): Promise<number>
  /** Those of these jobs that the queue does not have. */
  missing(ids: readonly string[]): Promise<string[]>
  /** Takes all of the run out of the queue. */
  end(): Promise<void>
}

/** A job that a worker has taken. */
export interface Taken {
  readonly job: Job
  /** Says that the worker is alive. @returns whether the job is still its own */
  renew(): Promise<boolean>
  /** Says what became of it. Nothing happens where it is no longer the worker's own. */
  say(outcome: Outcome): Promise<void>
  /** Gives it back: others may take it at once. */
  giveBack(): Promise<void>
}

/** The jobs of a run, as a worker sees them. */
export interface JobSource {
  /** The next job; nothing where none waits. */
  take(): Promise<Taken | undefined>
  /** Jobs that wait. */
  waiting(): Promise<number>
  close(): Promise<void>
}

/** A queue that answers. */
export interface Broker {
  /** Where it is, without a password. */
  readonly name: string
  /** Runs that wait for jobs, and have said so lately. */
  runs(): Promise<OpenRun[]>
  queueOf(run: OpenRun): RunQueue
  sourceOf(run: OpenRun): JobSource
  close(): Promise<void>
}

/** Times of a queue, ms. */
export interface QueueTimes {
  /** A job whose worker has said nothing for so long is lost. */
  readonly lock: number
  /** Between two looks for lost jobs. */
  readonly lost: number
  /** Between two looks at what is done, and for something to do. */
  readonly look: number
  /** A question that is not answered for so long is asked again, by another connection. */
  readonly silence: number
  /** Between two times that a run says that it is there. After ten it is taken for gone. */
  readonly beat: number
  /** How long a queue that does not answer is waited for. */
  readonly patience: number
}

export const queueTimes: QueueTimes = {
  lock: 20_000,
  lost: 10_000,
  look: 250,
  silence: 10_000,
  beat: 30_000,
  patience: 120_000,
}
