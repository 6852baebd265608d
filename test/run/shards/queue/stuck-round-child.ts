/** A worker that draws shards, and takes a round that it never trains; it says `ready` when it has one. */
import { openBroker, queueWorker } from '../../../../src/run/index.ts'
import { byReplicas, software, workedHere } from '../small-run.ts'
import { quick, stuck } from './stuck.ts'

const broker = await openBroker(process.argv[2] ?? '', quick)
const executor = stuck()
executor.asked.then(() => process.stdout.write('ready\n'))
await queueWorker(broker, {
  software,
  folderOf: ({ path }) => path,
  executorAt: (folder) => {
    const worker = workedHere(folder, {}, byReplicas)
    return { ...worker, run: (job) => (job.kind === 'round' ? executor : worker).run(job) }
  },
  signal: new AbortController().signal,
  times: quick,
})
