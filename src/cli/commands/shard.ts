/** `tweedie shard`: does a part of what a run waits for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import {
  isRunFolder,
  type Job,
  type JobRequest,
  jobWorker,
  layoutOf,
  openLaps,
  type WorkerOf,
  waitingJobs,
} from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { runJobs } from '../learning/run-jobs.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields } from '../table.ts'

/** Every `of`-th shard or replica, from `index` on. */
interface Part {
  readonly index: number
  readonly of: number
  /** Whether the run is waited for. */
  readonly wait: boolean
}

/** Whose part is done, and by whom. */
interface PartOf {
  /** The run's folder. */
  readonly path: string
  readonly request: JobRequest
  readonly worker: Pick<WorkerOf<Job>, 'run'>
}

/** What of its user a part is done with. */
type Waiting = Pick<Io, 'progress' | 'signal'>

/** How often a run is looked at that waits for nothing, ms. */
const EVERY = 1000

/** How many jobs of each kind. */
type Counts = { readonly [K in Job['kind']]: number }

/**
 * Does what is missing of the part in the open laps.
 *
 * @param looked - laps whose files were read before
 * @param before - what was done before
 */
const workOnce = async (
  { path, request, worker }: PartOf,
  { index, of }: Part,
  looked: Set<string>,
  before: Counts,
  io: Waiting,
): Promise<Counts> => {
  const { draws } = layoutOf(path)
  let counts = before
  for (const open of openLaps(draws)) {
    const { kind, lap, digest } = open
    const jobs = waitingJobs(draws, open, request, { index, of, read: !looked.has(digest) })
    for (const [done, job] of jobs.entries()) {
      checkAborted(io.signal, 'the work')
      await worker.run(job, io.signal)
      io.progress({ phase: `${kind}s of ${lap}`, done: done + 1, total: jobs.length })
    }
    looked.add(digest)
    counts = { ...counts, [kind]: counts[kind] + jobs.length }
  }
  return counts
}

/** Nobody learns any more, and there is what was to be learned. */
const isOver = (path: string): boolean => {
  const { lock, checkpoints } = layoutOf(path)
  return !existsSync(lock) && existsSync(join(checkpoints, 'prior.safetensors'))
}

const pause = ({ signal }: Waiting): Promise<unknown> =>
  sleep(EVERY, undefined, { signal }).catch(() => checkAborted(signal, 'the work'))

/**
 * Does a part of what a run waits for; where the run is waited for, of every lap until it is over.
 *
 * @returns how many jobs
 */
export const doPart = async (of: PartOf, part: Part, io: Waiting): Promise<Counts> => {
  const looked = new Set<string>()
  let done = await workOnce(of, part, looked, { shard: 0, round: 0 }, io)
  while (part.wait && !isOver(of.path)) {
    await pause(io)
    done = await workOnce(of, part, looked, done, io)
  }
  return done
}

export const run = async (
  [path = '']: readonly string[],
  { index, of, wait = false, device }: OptionsOf<'shard'>,
  io: Io,
): Promise<void> => {
  if (index >= of) throw new TweedieError('input', `--index ${index}: of ${of} parts the last is ${of - 1}`)
  await requireDevice(device)
  while (wait && !isRunFolder(path)) await pause(io)
  const { draws, request } = await runJobs(path, { device }, io)
  const worker = jobWorker(draws, request)
  let done: Counts
  try {
    done = await doPart({ path, request, worker }, { index, of, wait }, io)
  } finally {
    await worker.release()
  }
  const { shard: drawn, round: trained } = done
  const nothing = wait ? 'nothing' : 'nothing: the run waits for no shard of this part'
  io.result(
    formatFields([
      ['drawn', drawn === 0 ? nothing : counted(drawn, 'shard')],
      ...(trained === 0 ? [] : [['trained', counted(trained, 'round')] as const]),
    ]),
    { path, drawn, ...(trained === 0 ? {} : { trained }) },
  )
}
