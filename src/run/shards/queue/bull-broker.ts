/** A queue by BullMQ: a list of the runs that wait, and a queue of jobs for each. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Job, jobSchema } from '../job.ts'
import { within } from '../patience.ts'
import type { Backend, JobQueue, TakenJob } from './backend.ts'
import type { Broker, JobSource, OpenRun, Outcome, QueueTimes, RunQueue, Taken } from './broker.ts'

/** Queue of the runs: nobody takes them. */
const RUNS = 'runs'

/** Time for taking leave, ms. */
const CLOSING = 1000

/** Most outcomes at a time. */
const PAGE = 1000

/** A run of which nothing was heard in so many beats is gone. Clocks of machines differ by less. */
const BEATS = 10

const runSchema = z.object({
  id: z.string().regex(/^\w+$/), // names a folder
  name: z.string(),
  path: z.string(),
  share: z.string().optional(),
  software: z.string(),
  /** When it was told of, ms since 1970. */
  told: z.number(),
})

const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done') }),
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
])

const queueName = ({ id }: OpenRun): string => `run-${id}`

/** BullMQ numbers what went wrong with a job; other errors are of the connection. */
const isOfTheJob = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'number' && cause.code < 0

/** What only matters as long as the job is one's own. */
const unlessTaken = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work
  } catch (cause) {
    if (!isOfTheJob(cause)) throw cause
  }
}

const runQueue = (queue: JobQueue, runs: JobQueue, run: OpenRun): RunQueue => {
  const jobId = queueName(run)
  const announce = async (): Promise<void> => {
    const data: z.output<typeof runSchema> = { ...run, told: Date.now() }
    const told = await runs.getJob(jobId)
    if (told) await unlessTaken(told.updateData(data))
    else await runs.addBulk([{ name: 'run', data, opts: { jobId, attempts: 1 } }])
  }
  const end = async (): Promise<void> => {
    await runs.remove(jobId)
    await queue.obliterate({ force: true })
  }
  return {
    begin: async () => {
      await end()
      await announce()
    },
    announce,
    give: async (jobs) => {
      await queue.addBulk(
        jobs.map(({ id, job }) => ({ name: job.kind, data: job, opts: { jobId: id, attempts: 1 } })),
      )
    },
    outcomes: async () => {
      const jobs = await queue.getJobs(['completed', 'failed'], 0, PAGE - 1)
      return Promise.all(
        jobs.map(async ({ id = '', returnvalue, failedReason = 'unknown' }) => {
          await queue.remove(id)
          const said = outcomeSchema.safeParse(returnvalue)
          const failed = { kind: 'failed', code: 'unknown', message: failedReason } as const
          return { id, outcome: said.success ? said.data : failed }
        }),
      )
    },
    counts: async () => {
      const counts = await queue.getJobCounts('waiting', 'active', 'completed', 'failed')
      const { waiting = 0, active = 0, completed = 0, failed = 0 } = counts
      return { waiting, running: active, all: waiting + active + completed + failed }
    },
    workers: () => queue.getWorkersCount(),
    missing: async (ids) => {
      const found = await Promise.all(ids.map(async (id) => ({ id, job: await queue.getJob(id) })))
      return found.filter(({ job }) => job === undefined).map(({ id }) => id)
    },
    end,
  }
}

const taken = (found: TakenJob, job: Job, token: string, lock: number): Taken => ({
  job,
  renew: async () => {
    try {
      return (await found.extendLock(token, lock)) === 1
    } catch (cause) {
      if (isOfTheJob(cause)) return false
      throw cause
    }
  },
  say: (outcome) => unlessTaken(found.moveToCompleted(outcome, token, false)),
  giveBack: () => unlessTaken(found.moveToWait(token)),
})

const jobSource = (backend: Backend, name: string, times: QueueTimes): JobSource => {
  const worker = backend.worker(name, times)
  const queue = backend.queue(name)
  const looking = worker.startStalledCheckTimer()
  const take = async (): Promise<Taken | undefined> => {
    await looking
    const token = randomUUID()
    const found = await worker.getNextJob(token, { block: false })
    if (found === undefined) return undefined
    const job = jobSchema.safeParse(found.data)
    if (job.success && found.deferredFailure === undefined) return taken(found, job.data, token, times.lock)
    const message = job.success ? 'its worker was lost' : 'it is none'
    const failed: Outcome = { kind: 'failed', code: 'unknown', message }
    await unlessTaken(found.moveToCompleted(failed, token, false))
    return take()
  }
  return {
    take,
    waiting: async () => (await queue.getJobCounts('waiting')).waiting ?? 0,
    // Of a queue that is away it may never come back: what is left is cut with the connection.
    close: async () => {
      await within(CLOSING, Promise.all([worker.close(true), queue.close()])).catch(() => {})
    },
  }
}

/** @param name - where the queue is, without a password */
export const bullBroker = (backend: Backend, name: string, times: QueueTimes): Broker => {
  const runs = backend.queue(RUNS)
  return {
    name,
    runs: async () => {
      const found = await runs.getJobs(['waiting'])
      return found.flatMap(({ data }) => {
        const run = runSchema.safeParse(data) // of another version it may be anything
        return run.success && Date.now() - run.data.told < BEATS * times.beat ? [run.data] : []
      })
    },
    queueOf: (run) => runQueue(backend.queue(queueName(run)), runs, run),
    sourceOf: (run) => jobSource(backend, queueName(run), times),
    close: backend.close,
  }
}
