/** A worker of a queue: takes shards of whatever runs wait, and has each drawn in the run's folder. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { type Executor, LostExecutor, type ShardJob } from './executor.ts'
import { patiently, within } from './patience.ts'
import {
  type Broker,
  type OpenRun,
  type QueueTimes,
  queueTimes,
  type ShardSource,
  type TakenShard,
} from './queue/broker.ts'
import { runIdOf } from './queue/run-id.ts'

/** Time for giving a shard back to a queue that may be away, ms. */
const LEAVING = 5000

/** How a worker works. */
export interface QueueWorkerOptions {
  /** Version of tweedie. */
  readonly software: string
  /** Where the folder of a run is here, or what stands for it where its files come by a store. */
  readonly folderOf: (run: OpenRun) => string
  /** Who draws in a run's folder: a process of its own, so that this one is never too busy to say it lives. */
  readonly executorAt: (folder: string, run: OpenRun) => Executor
  /** After each shard, with those that wait in its run. */
  readonly onDrawn?: (run: OpenRun, job: ShardJob, waiting: number) => void
  /** A run that this worker cannot draw for; it is left to others. */
  readonly onRefused?: (reason: string) => void
  readonly signal: AbortSignal
  readonly times?: QueueTimes
}

/** A run that the worker draws for. */
interface Serving {
  readonly run: OpenRun
  readonly source: ShardSource
  readonly folder: string
}

/** Why a worker cannot draw for a run, if it cannot. */
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
 * Draws until it is stopped.
 *
 * A failure that may be the machine's own is not the shard's: with `input`, such as data that are not here,
 * the shard is given back and its run is left to others.
 *
 * @throws TweedieError `interrupted`, after giving back the shard at hand; `input` when a worker that has
 * drawn nothing yet refuses all runs that wait; `io` when the disk refuses, after saying so, and when the
 * queue is lost, or the store of a run's files
 */
export const queueWorker = async (
  broker: Broker,
  { software, folderOf, executorAt, onDrawn, onRefused, signal, times = queueTimes }: QueueWorkerOptions,
): Promise<never> => {
  const { name } = broker
  const { lock, look, patience } = times
  const what = `queue ${name}`
  const ask = <T>(work: () => Promise<T>): Promise<T> => patiently(work, { what, patience, signal })
  const serving = new Map<string, Serving>()
  const refused = new Map<string, string>()
  const untold: string[] = []
  let open: { readonly folder: string; readonly executor: Executor } | undefined
  let hasDrawn = false

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
    if (!hasDrawn && serving.size === 0 && reason !== undefined) throw new TweedieError('input', reason)
    for (const reason of untold.splice(0)) onRefused?.(reason)
  }
  /** Says that the worker is alive until it is done. @returns false when the shard was taken from it */
  const keep = async (taken: TakenShard, done: AbortSignal): Promise<boolean> => {
    while (!done.aborted) {
      await wait(lock / 4, undefined, { signal: done }).catch(() => {})
      // A queue that is away is asked again: the shard may still be this worker's own when it is back.
      const isOwn = done.aborted || (await within(lock, taken.renew(), done).catch(() => true))
      if (!isOwn) return false
    }
    return true
  }
  const giveBack = (taken: TakenShard): Promise<void> =>
    within(Math.min(LEAVING, patience), taken.giveBack()).catch(() => {})
  const drawn = async (of: Serving, taken: TakenShard): Promise<void> => {
    const { run, source } = of
    const executor = await executorOf(of)
    const stop = (): void => void executor.stop()
    const done = new AbortController()
    let isOwn = true
    const kept = keep(taken, done.signal).then((own) => {
      isOwn = own
      if (!own) stop()
    })
    signal.addEventListener('abort', stop)
    try {
      checkAborted(signal, 'the worker')
      await executor.draw(taken.job)
      await ask(() => taken.say({ kind: 'drawn' }))
      hasDrawn = true
      onDrawn?.(run, taken.job, await ask(() => source.waiting()))
    } catch (cause) {
      if (signal.aborted) await giveBack(taken)
      else if (isOwn) await failed(run, taken, cause)
    } finally {
      signal.removeEventListener('abort', stop)
      done.abort()
      await kept
    }
  }
  const failed = async (run: OpenRun, taken: TakenShard, cause: unknown): Promise<void> => {
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
    // Where the disk refuses one shard it refuses the next: others shall take them.
    if (code === 'io') throw cause
  }
  /** The next shard, of the run at hand before others. */
  const next = async (): Promise<{ readonly of: Serving; readonly taken: TakenShard } | undefined> => {
    const isAtHand = ({ folder }: Serving): number => (folder === open?.folder ? 0 : 1)
    for (const of of [...serving.values()].sort((a, b) => isAtHand(a) - isAtHand(b))) {
      const taken = await ask(async () => {
        const shard = await of.source.take()
        if (signal.aborted) await shard?.giveBack()
        return shard
      })
      if (taken) return { of, taken }
    }
    return undefined
  }

  try {
    for (;;) {
      checkAborted(signal, 'the worker')
      const found = await next()
      if (found) await drawn(found.of, found.taken)
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
