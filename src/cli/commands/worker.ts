/** `tweedie worker`: does jobs for whatever runs wait in a queue. */
import { join } from 'node:path'
import { type OpenRun, openBroker, queueWorker, workerPool } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { shardProcess } from '../learning/shard-process.ts'
import { requireDevice } from '../require-device.ts'
import { readVersion } from '../version.ts'

export const run = async (
  _: readonly string[],
  { queue, runs, device }: OptionsOf<'worker'>,
  io: Io,
): Promise<void> => {
  await requireDevice(device)
  const broker = await openBroker(queue)
  let done = 0
  try {
    io.note(`waiting for runs at ${broker.name}`)
    await queueWorker(broker, {
      software: readVersion(),
      folderOf: ({ name, path }: OpenRun) => (runs === undefined ? path : join(runs, name)),
      executorAt: (folder) => workerPool(1, shardProcess(folder, device)),
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
  }
}
