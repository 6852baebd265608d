/** `tweedie worker`: does jobs for whatever runs wait in a queue. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import {
  type Executor,
  type OpenRun,
  openBroker,
  openShare,
  queueWorker,
  sharedByWorker,
  workerPool,
} from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { shardProcess } from '../learning/shard-process.ts'
import { requireDevice } from '../require-device.ts'
import { readVersion } from '../version.ts'

/** A folder for copies of runs, of this process alone. */
const copiesIn = (folder: string): string => {
  try {
    return mkdtempSync(join(folder, 'tweedie-worker-'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TweedieError('io', `${folder}: cannot make a folder for the files of runs: ${reason}`, {
      cause,
    })
  }
}

export const run = async (
  _: readonly string[],
  { queue, runs, device }: OptionsOf<'worker'>,
  io: Io,
): Promise<void> => {
  await requireDevice(device)
  const broker = await openBroker(queue)
  let copies: string | undefined
  const folderOf = ({ id, name, path, share }: OpenRun): string => {
    if (share === undefined) return runs === undefined ? path : join(runs, name)
    copies ??= copiesIn(runs ?? tmpdir())
    return join(copies, id)
  }
  const executorAt = (folder: string, { id, share }: OpenRun): Executor => {
    const working = workerPool(1, shardProcess(folder, device))
    if (share === undefined) return working
    return sharedByWorker(working, async () => (await openShare(share)).storeOf(id), folder)
  }
  let done = 0
  try {
    io.note(`waiting for runs at ${broker.name}`)
    await queueWorker(broker, {
      software: readVersion(),
      folderOf,
      executorAt,
      onDone: ({ name }, { kind, lap }, waiting) => {
        done++
        const phase = kind === 'shard' ? 'shards' : 'rounds'
        io.progress({ phase, done, total: done + waiting, run: name, of: lap })
      },
      onRefused: io.note,
      signal: io.signal,
    })
  } finally {
    await broker.close()
    if (copies !== undefined) rmSync(copies, { recursive: true, force: true })
  }
}
