/**
 * The few calls of BullMQ that are used, which its backends share.
 * https://docs.bullmq.io/patterns/manually-fetching-jobs
 */
/** A job as it is found. */
interface FoundJob {
  readonly id?: string
  readonly data: unknown
  readonly returnvalue: unknown
  readonly failedReason?: string
  updateData(data: unknown): Promise<void>
}

/** A job that was taken. */
export interface TakenJob extends FoundJob {
  /** Said of a job whose worker was lost. */
  readonly deferredFailure?: string
  extendLock(token: string, duration: number): Promise<number>
  moveToCompleted(value: unknown, token: string, fetchNext: boolean): Promise<unknown>
  moveToWait(token?: string): Promise<unknown>
}

/** Jobs by name. */
export interface JobQueue {
  addBulk(
    jobs: { name: string; data: unknown; opts: { jobId: string; attempts: number } }[],
  ): Promise<unknown>
  getJobs(types: ('waiting' | 'completed' | 'failed')[], start?: number, end?: number): Promise<FoundJob[]>
  getJob(id: string): Promise<FoundJob | undefined>
  getJobCounts(
    ...types: ('waiting' | 'active' | 'completed' | 'failed')[]
  ): Promise<Readonly<Record<string, number>>>
  getWorkersCount(): Promise<number>
  remove(id: string): Promise<number>
  obliterate(options: { force: boolean }): Promise<void>
  close(): Promise<void>
}

/** Who takes jobs. */
interface JobWorker {
  getNextJob(token: string, options: { block: boolean }): Promise<TakenJob | undefined>
  startStalledCheckTimer(): Promise<void>
  close(force?: boolean): Promise<void>
}

/** What a worker is made with, ms. */
export interface WorkerTimes {
  readonly lock: number
  readonly lost: number
}

/** BullMQ on one of its stores. */
export interface Backend {
  queue(name: string): JobQueue
  worker(name: string, times: WorkerTimes): JobWorker
  /** Leaves, whether the store answers or not. */
  close(): Promise<void>
}

/** Opens a store. */
export type OpenStore = (url: string, silence: number) => Promise<Backend>

/** How long a store may take to answer for the first time, ms. */
export const FIRST_ANSWER = 5000

/** What queues have in common. Whoever only looks at a queue that is over leaves nothing in it. */
export const queueOptions = { skipMetasUpdate: true } as const

/** What workers have in common. A job that is lost is told of at once: whoever learns counts. */
export const workerOptions = ({ lock, lost }: WorkerTimes) => ({
  autorun: false,
  lockDuration: lock,
  stalledInterval: lost,
  maxStalledCount: 0,
})
