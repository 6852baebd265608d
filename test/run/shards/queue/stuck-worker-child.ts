/** A worker that takes a shard and never draws it; it says `ready` when it has one. */
import { openBroker, queueWorker } from '../../../../src/run/index.ts'
import { software } from '../small-run.ts'
import { quick, stuck } from './stuck.ts'

const broker = await openBroker(process.argv[2] ?? '', quick)
const executor = stuck()
executor.asked.then(() => process.stdout.write('ready\n'))
await queueWorker(broker, {
  software,
  folderOf: ({ path }) => path,
  executorAt: () => executor,
  signal: new AbortController().signal,
  times: quick,
})
