/** The small run on a queue: who learns and who draws are in the process of the test. */
import { basename, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type Executor,
  madeRunId,
  type OpenRun,
  openBroker,
  type QueueTimes,
  queueExecutor,
  queueWorker,
  type ShardJob,
  type SharedWork,
} from '../../../../src/run/index.ts'
import { drawnHere, software } from '../small-run.ts'
import { folderAt } from './servers.ts'
import { quick } from './stuck.ts'

/** The run of a folder, as workers are told of it. */
export const runOf = (path: string): OpenRun => ({
  id: madeRunId(folderAt(path)),
  name: basename(path),
  path: resolve(path),
  software,
})

/** Gives the jobs of a run folder to a queue. */
export const onQueue = (path: string, url: string, times = quick): SharedWork => {
  const executor = {
    ...queueExecutor(
      () => openBroker(url, times),
      () => runOf(path),
      times,
    ),
    software,
  }
  onTestFinished(() => executor.stop())
  return executor
}

/** How a worker of a test differs. */
export interface Differently {
  readonly software?: string
  readonly folderOf?: (run: OpenRun) => string
  /** Before each job, with how often this worker has had it: may fail, or do harm. */
  readonly before?: (job: ShardJob, attempt: number) => void
  readonly after?: (job: ShardJob, attempt: number) => void
  /** Who works, in place of this process. */
  readonly executorAt?: (folder: string, run: OpenRun) => Executor
  readonly times?: QueueTimes
}

/** A worker at work. */
export interface WorkerHere {
  /** Shards that it has drawn. */
  readonly given: ShardJob[]
  /** What it ended with. */
  readonly ended: Promise<unknown>
  /** As by Ctrl-C. @returns what it ended with */
  stop(): Promise<unknown>
}

/** Starts a worker. */
export const workerAt = (url: string, differently: Differently = {}): WorkerHere => {
  const { before, after, times = quick, ...rest } = differently
  const given: ShardJob[] = []
  const stopping = new AbortController()
  const work = async (): Promise<void> => {
    const broker = await openBroker(url, times)
    try {
      await queueWorker(broker, {
        software,
        folderOf: ({ path }) => path,
        executorAt: (folder) => drawnHere(folder, before, after),
        ...rest,
        onDone: (_, job) => {
          if (job.kind === 'shard') given.push(job)
        },
        signal: stopping.signal,
        times,
      })
    } finally {
      await broker.close()
    }
  }
  const ended = work().catch((cause: unknown) => cause)
  const stop = async (): Promise<unknown> => {
    stopping.abort()
    return ended
  }
  onTestFinished(async () => {
    await stop()
  })
  return { given, ended, stop }
}
