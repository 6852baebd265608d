/** `tweedie shard`: draws a part of what a run waits for. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import {
  isRunFolder,
  layoutOf,
  openLaps,
  type ShardRequest,
  type ShardWorker,
  shardWorker,
  waitingShards,
} from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { runShards } from '../learning/run-shards.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields } from '../table.ts'

/** Every `of`-th shard, from `index` on. */
interface Part {
  readonly index: number
  readonly of: number
  /** Whether the run is waited for. */
  readonly wait: boolean
}

/** Where a part is drawn, and by whom. */
interface PartOf {
  /** The run's folder. */
  readonly path: string
  readonly request: ShardRequest
  readonly worker: Pick<ShardWorker, 'draw'>
}

/** What of its user a part is drawn with. */
type Waiting = Pick<Io, 'progress' | 'signal'>

/** How often a run is looked at that waits for nothing, ms. */
const EVERY = 1000

/**
 * Draws what is missing of the part in the open laps.
 *
 * @param looked - laps whose files were read before
 * @returns how many shards
 */
const drawOnce = async (
  { path, request, worker }: PartOf,
  { index, of }: Part,
  looked: Set<string>,
  io: Waiting,
): Promise<number> => {
  const { draws } = layoutOf(path)
  let count = 0
  for (const open of openLaps(draws)) {
    const jobs = waitingShards(draws, open, request, { index, of, read: !looked.has(open.prior) })
    for (const [done, job] of jobs.entries()) {
      checkAborted(io.signal, 'drawing')
      await worker.draw(job, io.signal)
      io.progress({ phase: `shards of ${open.lap}`, done: done + 1, total: jobs.length })
    }
    looked.add(open.prior)
    count += jobs.length
  }
  return count
}

/** Nobody learns any more, and there is what was to be learned. */
const isOver = (path: string): boolean => {
  const { lock, checkpoints } = layoutOf(path)
  return !existsSync(lock) && existsSync(join(checkpoints, 'prior.safetensors'))
}

const pause = ({ signal }: Waiting): Promise<unknown> =>
  sleep(EVERY, undefined, { signal }).catch(() => checkAborted(signal, 'drawing'))

/**
 * Draws a part of what a run waits for; where the run is waited for, of every lap until it is over.
 *
 * @returns how many shards
 */
export const drawPart = async (of: PartOf, part: Part, io: Waiting): Promise<number> => {
  const looked = new Set<string>()
  let drawn = await drawOnce(of, part, looked, io)
  while (part.wait && !isOver(of.path)) {
    await pause(io)
    drawn += await drawOnce(of, part, looked, io)
  }
  return drawn
}

export const run = async (
  [path = '']: readonly string[],
  { index, of, wait = false, device }: OptionsOf<'shard'>,
  io: Io,
): Promise<void> => {
  if (index >= of) throw new TweedieError('input', `--index ${index}: of ${of} parts the last is ${of - 1}`)
  await requireDevice(device)
  while (wait && !isRunFolder(path)) await pause(io)
  const { draws, request } = await runShards(path, { device }, io)
  const worker = shardWorker(draws, request)
  let drawn: number
  try {
    drawn = await drawPart({ path, request, worker }, { index, of, wait }, io)
  } finally {
    await worker.release()
  }
  const nothing = wait ? 'nothing' : 'nothing: the run waits for no shard of this part'
  io.result(formatFields([['drawn', drawn === 0 ? nothing : counted(drawn, 'shard')]]), { path, drawn })
}
