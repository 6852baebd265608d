/** `tweedie shard`: draws a part of what a run waits for. */
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
import { shardWorker, waitingShards } from '../../run/index.ts'
import type { OptionsOf } from '../commands.ts'
import { counted } from '../counted.ts'
import type { Io } from '../io.ts'
import { runShards } from '../learning/run-shards.ts'
import { requireDevice } from '../require-device.ts'
import { formatFields } from '../table.ts'

export const run = async (
  [path = '']: readonly string[],
  { index, of, device }: OptionsOf<'shard'>,
  io: Io,
): Promise<void> => {
  if (index >= of) throw new TweedieError('input', `--index ${index}: of ${of} parts the last is ${of - 1}`)
  await requireDevice(device)
  const { draws, request } = await runShards(path, { device }, io)
  const waiting = waitingShards(draws, request)
  const mine = waiting.filter(({ shard }) => shard % of === index)
  const worker = shardWorker(draws, request)
  try {
    for (const [done, job] of mine.entries()) {
      checkAborted(io.signal, 'drawing')
      await worker.draw(job, io.signal)
      io.progress({ phase: 'shards', done: done + 1, total: mine.length })
    }
  } finally {
    await worker.release()
  }
  const words = waiting.length === 0 ? 'nothing: the run waits for no shard' : counted(mine.length, 'shard')
  io.result(
    formatFields([
      ['drawn', words],
      ['waited for', `${waiting.length}`],
    ]),
    {
      path,
      drawn: mine.length,
      waiting: waiting.length,
    },
  )
}
