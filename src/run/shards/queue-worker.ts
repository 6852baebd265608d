/** A worker of a queue: takes jobs of whatever runs wait, and has each done in the run's folder. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { type Executor, LostExecutor } from './executor.ts'
import type { Job } from './job.ts'
import { patiently, within } from './patience.ts'
import {
  type Broker,
  type JobSource,
  type OpenRun,
  type QueueTimes,
  queueTimes,
  type Taken,
} from './queue/broker.ts'
import { runIdOf } from './queue/run-id.ts'

/** Time for giving a job back to a queue that may be away, ms. */
const LEAVING = 5000

/** How a worker works. */
export interface QueueWorkerOptions {
  /** Version of tweedie. */
  readonly software: string
  /** Where the folder of a run is here, or what stands for it where its files come by a store. */
  readonly folderOf: (run: OpenRun) => string
  /** Who works in a run's folder: a process of its own, so that this one is free to say that it lives. */
  readonly executorAt: (folder: string, run: OpenRun) => Executor
  /** After each job, with those that wait in its run. */
  readonly onDone?: (run: OpenRun, job: Job, waiting: number) => void
  /** A run that this worker cannot work for; it is left to others. */
  readonly onRefused?: (reason: string) => void
  readonly signal: AbortSignal
  readonly times?: QueueTimes
}

/** A run that the worker works for. */
interface Serving {
  readonly run: OpenRun
  readonly source: JobSource
  readonly folder: string
}

/** Why a worker cannot work for a run, if it cannot. */
const refusalOf = (
  { id, name, share, software }: OpenRun,
  folder: string,
  own: string,
): string | undefined => {
  if (software !== own)
    return `run ${name}: learned by version ${software} of tweedie, this is ${own}; use one version`
  if (share !== undefined) return undefined // a copy of the run's files, made for it
  const found = runIdOf(folder)
  if (found === undefined)
    return `run ${name}: ${folder} is no folder of a run that learns by a queue; --runs says where runs are`
  return found === id ? undefined : `run ${name}: ${folder} is of another run; --runs says where runs are`
}

/**
 * Works until it is stopped.
 *
 * A failure that may be the machine's own is not the job's: with `input`, such as data that are not here,
 * the job is given back and its run is left to others.
 *
 * @throws TweedieError `interrupted`, after giving back the job at hand; `input` when a worker that has
 * done nothing yet refuses all runs that wait; `io` when the disk refuses, after saying so, and when the
 * queue is lost, or the store of a run's files
 */
export const queueWorker = async (
  broker: Broker,
  { software, folderOf, executorAt, onDone, onRefused, signal, times = queueTimes }: QueueWorkerOptions,
): Promise<never> => {
  const { name } = broker
  const { lock, look, patience } = times
  const what = `queue ${name}`
  const ask = <T>(work: () => Promise<T>): Promise<T> => patiently(work, { what, patience, signal })
  const serving = new Map<string, Serving>()
  const refused = new Map<string, string>()
  const untold: string[] = []
  let open: { readonly folder: string; readonly executor: Executor } | undefined
  let hasWorked = false

  const refuse = ({ id }: OpenRun, reason: string): void => {
    refused.set(id, reason)
    untold.push(reason)
  }
  const close = async (): Promise<void> => {
    await open?.executor.stop()
    open = undefined
  }
  const leave = async (id: string): Promise<void> => {
    const left = serving.get(id)
    serving.delete(id)
    if (left && left.folder === open?.folder) await close()
    await left?.source.close()
  }
  const executorOf = async ({ folder, run }: Serving): Promise<Executor> => {
    if (open?.folder === folder) return open.executor
    await close()
    open = { folder, executor: executorAt(folder, run) }
    return open.executor
  }
  /** Which runs there are now. */
  const lookAround = async (): Promise<void> => {
    const runs = await ask(() => broker.runs())
    const ids = new Set(runs.map(({ id }) => id))
    for (const id of serving.keys()) if (!ids.has(id)) await leave(id)
    for (const id of refused.keys()) if (!ids.has(id)) refused.delete(id)
    for (const run of runs) {
      if (serving.has(run.id) || refused.has(run.id)) continue
      const folder = folderOf(run)
      const reason = refusalOf(run, folder, software)
      if (reason === undefined) serving.set(run.id, { run, source: broker.sourceOf(run), folder })
      else refuse(run, reason)
    }
    const [reason] = refused.values()
    if (!hasWorked && serving.size === 0 && reason !== undefined) throw new TweedieError('input', reason)
    for (const reason of untold.splice(0)) onRefused?.(reason)
  }
  /** Says that the worker is alive until it is done. @returns false when the job was taken from it */
  const keep = async (taken: Taken, done: AbortSignal): Promise<boolean> => {
    while (!done.aborted) {
      await wait(lock / 4, undefined, { signal: done }).catch(() => {})
      // A queue that is away is asked again: the job may still be this worker's own when it is back.
      const isOwn = done.aborted || (await within(lock, taken.renew(), done).catch(() => true))
      if (!isOwn) return false
    }
    return true
  }
  const giveBack = (taken: Taken): Promise<void> =>
    within(Math.min(LEAVING, patience), taken.giveBack()).catch(() => {})
  const done = async (of: Serving, taken: Taken): Promise<void> => {
    const { run, source } = of
    const executor = await executorOf(of)
    const stop = (): void => void executor.stop()
    const over = new AbortController()
    let isOwn = true
    const kept = keep(taken, over.signal).then((own) => {
      isOwn = own
      if (!own) stop()
    })
    signal.addEventListener('abort', stop)
    try {
      checkAborted(signal, 'the worker')
      await executor.run(taken.job)
      await ask(() => taken.say({ kind: 'done' }))
      hasWorked = true
      onDone?.(run, taken.job, await ask(() => source.waiting()))
    } catch (cause) {
      if (signal.aborted) await giveBack(taken)
      else if (isOwn) await failed(run, taken, cause)
    } finally {
      signal.removeEventListener('abort', stop)
      over.abort()
      await kept
    }
  }
  const failed = async (run: OpenRun, taken: Taken, cause: unknown): Promise<void> => {
    if (cause instanceof LostExecutor) {
      await giveBack(taken)
      throw cause
    }
    const message = cause instanceof Error ? cause.message : String(cause)
    const code = cause instanceof TweedieError ? cause.code : 'unknown'
    if (code === 'input') {
      await ask(() => taken.giveBack())
      await leave(run.id)
      return refuse(run, `run ${run.name}: ${message}`)
    }
    await ask(() => taken.say({ kind: 'failed', code, message }))
    // Where the disk refuses one job it refuses the next: others shall take them.
    if (code === 'io') throw cause
  }
  /** The next job, of the run at hand before others. */
  const next = async (): Promise<{ readonly of: Serving; readonly taken: Taken } | undefined> => {
    const isAtHand = ({ folder }: Serving): number => (folder === open?.folder ? 0 : 1)
    for (const of of [...serving.values()].sort((a, b) => isAtHand(a) - isAtHand(b))) {
      const taken = await ask(async () => {
        const job = await of.source.take()
        if (signal.aborted) await job?.giveBack()
        return job
      })
      if (taken) return { of, taken }
    }
    return undefined
  }

  try {
    for (;;) {
      checkAborted(signal, 'the worker')
      const found = await next()
      if (found) await done(found.of, found.taken)
      else {
        await lookAround()
        await wait(look, undefined, { signal }).catch(() => {})
      }
    }
  } finally {
    await close()
    for (const id of [...serving.keys()]) await leave(id)
  }
}
