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
}

/** How often a run is looked at that waits for nothing, ms. */
const EVERY = 1000

/**
 * Draws what is missing of the part in the open laps.
 *
 * @param looked - laps whose files were read before
 * @returns how many shards
 */
const drawOnce = async (
  draws: string,
  request: ShardRequest,
  { draw }: ShardWorker,
  part: Part,
  looked: Set<string>,
  io: Io,
): Promise<number> => {
  let count = 0
  for (const open of openLaps(draws)) {
    const jobs = waitingShards(draws, open, request, { ...part, read: !looked.has(open.prior) })
    for (const [done, job] of jobs.entries()) {
      checkAborted(io.signal, 'drawing')
      await draw(job, io.signal)
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

const pause = (io: Io): Promise<unknown> =>
  sleep(EVERY, undefined, { signal: io.signal }).catch(() => checkAborted(io.signal, 'drawing'))

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
  const looked = new Set<string>()
  let drawn = 0
  try {
    drawn += await drawOnce(draws, request, worker, { index, of }, looked, io)
    while (wait && !isOver(path)) {
      await pause(io)
      drawn += await drawOnce(draws, request, worker, { index, of }, looked, io)
    }
  } finally {
    await worker.release()
  }
  const nothing = wait ? 'nothing' : 'nothing: the run waits for no shard of this part'
  io.result(formatFields([['drawn', drawn === 0 ? nothing : counted(drawn, 'shard')]]), { path, drawn })
}
