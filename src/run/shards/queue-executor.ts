/** Jobs by a queue: given out to whoever takes them, on whatever machine. */
import { setTimeout as wait } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { type Executor, lostWith, type Workers } from './executor.ts'
import type { Job } from './job.ts'
import { patiently, within } from './patience.ts'
import {
  type Broker,
  type OpenRun,
  type Outcome,
  type QueueTimes,
  queueTimes,
  type RunQueue,
} from './queue/broker.ts'

/** Time for leaving a queue that may be away, ms. */
const LEAVING = 5000

/** Looks between two counts of the workers: that is a list of all connections. */
const COUNTING = 4

/** A job that somebody waits for. */
interface Waiting {
  readonly id: string
  readonly job: Job
  /** Whether the queue was given it, and has not lost it since. */
  isGiven: boolean
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/** The run in an open queue. */
interface Session {
  readonly broker: Broker
  readonly queue: RunQueue
  /** Says that the run is there. */
  readonly beats: NodeJS.Timeout
}

/** What another worker would find too stops the lap; the rest may be one worker's own trouble. */
const errorOf = ({ code, message }: Extract<Outcome, { kind: 'failed' }>): Error =>
  code === 'numeric' ? new TweedieError('numeric', message) : new Error(message)

/**
 * An executor that gives jobs to a queue, and looks there for what became of them. What the queue loses, as
 * after a restart without its data, is given to it again.
 *
 * @param open - opens the queue; called again when jobs are asked for after a stop
 * @param run - says which run it is, when its folder is there
 */
export const queueExecutor = (
  open: () => Promise<Broker>,
  run: () => OpenRun,
  { look, beat, silence, patience }: QueueTimes = queueTimes,
): Executor => {
  const waiting = new Map<string, Waiting>()
  let session: Session | undefined
  let stopping = new AbortController()
  let looking: Promise<void> | undefined
  let leaving: Promise<void> | undefined
  let seen: Workers = {}
  let asked = 0
  let counted = Number.NEGATIVE_INFINITY

  const opened = async ({ signal }: AbortController): Promise<Session> => {
    const broker = await open()
    try {
      const queue = broker.queueOf(run())
      await patiently(() => queue.begin(), { what: `queue ${broker.name}`, patience, signal })
      // Laps may be hours apart.
      const beats = setInterval(() => void within(silence, queue.announce()).catch(() => {}), beat)
      return { broker, queue, beats }
    } catch (cause) {
      await broker.close()
      throw cause
    }
  }
  const heard = (id: string, outcome: Outcome): void => {
    const of = waiting.get(id)
    waiting.delete(id)
    if (outcome.kind === 'done') of?.resolve()
    else of?.reject(errorOf(outcome))
  }
  /** One look at the queue. It may fail at any place: the next one does what is left. */
  const looked = async (queue: RunQueue): Promise<void> => {
    const fresh = [...waiting.values()].filter(({ isGiven }) => !isGiven)
    if (fresh.length > 0) await queue.give(fresh)
    for (const each of fresh) each.isGiven = true
    for (let some = await queue.outcomes(); some.length > 0; some = await queue.outcomes())
      for (const { id, outcome } of some) heard(id, outcome)
    const given = [...waiting.values()].filter(({ isGiven }) => isGiven)
    const { all, ...counts } = await queue.counts()
    const isDue = performance.now() - counted > COUNTING * look
    if (isDue) counted = performance.now()
    seen = { ...counts, workers: isDue ? await queue.workers() : seen.workers }
    if (all >= given.length) return
    await queue.announce()
    for (const id of await queue.missing(given.map(({ id }) => id))) {
      const lost = waiting.get(id)
      if (lost) lost.isGiven = false
    }
  }
  const rejectAll = (cause: unknown): void => {
    for (const { reject } of waiting.values()) reject(cause)
    waiting.clear()
  }
  /** Looks as long as anybody waits. */
  const lookOn = async (until: AbortController): Promise<void> => {
    const { signal } = until
    try {
      await leaving
      session ??= await opened(until)
      const { broker, queue } = session
      while (waiting.size > 0 && !signal.aborted) {
        await patiently(() => looked(queue), { what: `queue ${broker.name}`, patience, signal })
        await wait(look, undefined, { signal }).catch(() => {})
      }
    } catch (cause) {
      rejectAll(lostWith(cause))
    } finally {
      looking = undefined
    }
  }
  const leave = async (): Promise<void> => {
    stopping.abort()
    await looking
    stopping = new AbortController()
    rejectAll(new TweedieError('interrupted', 'nobody waits any more'))
    const left = session
    session = undefined
    seen = {}
    counted = Number.NEGATIVE_INFINITY
    if (left === undefined) return
    clearInterval(left.beats)
    // Of a queue that is away nothing can be taken out: the run's next session does.
    await within(Math.min(LEAVING, patience), left.queue.end()).catch(() => {})
    await left.broker.close()
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const id = `${job.lap}-${job.kind}-${asked++}`
        waiting.set(id, { id, job, isGiven: false, resolve, reject })
        looking ??= lookOn(stopping)
      }),
    workers: () => seen,
    stop: () => {
      leaving ??= leave().finally(() => {
        leaving = undefined
      })
      return leaving
    },
  }
}
