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
}

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
  draws: string,
  request: JobRequest,
  { run }: WorkerOf<Job>,
  part: Part,
  looked: Set<string>,
  before: Counts,
  io: Io,
): Promise<Counts> => {
  let counts = before
  for (const open of openLaps(draws)) {
    const { kind, lap, digest } = open
    const jobs = waitingJobs(draws, open, request, { ...part, read: !looked.has(digest) })
    for (const [done, job] of jobs.entries()) {
      checkAborted(io.signal, 'the work')
      await run(job, io.signal)
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

const pause = (io: Io): Promise<unknown> =>
  sleep(EVERY, undefined, { signal: io.signal }).catch(() => checkAborted(io.signal, 'the work'))

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
  const looked = new Set<string>()
  const work = (before: Counts) => workOnce(draws, request, worker, { index, of }, looked, before, io)
  let done: Counts = { shard: 0, round: 0 }
  try {
    done = await work(done)
    while (wait && !isOver(path)) {
      await pause(io)
      done = await work(done)
    }
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
