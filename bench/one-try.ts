import { mkdtempSync } from 'node:fs'
import { pointOf, queueWay, filesWay } from './scale/simulation.ts'
import { withQueues } from './scale/queues.ts'
const folder = mkdtempSync('/tmp/tweedie-scale-')
await withQueues(async (queues) => {
  const q = queues.find(q => q.name === process.argv[2])
  console.log(await pointOf(q ? queueWay(q) : filesWay, folder + '/crowd', [Number(process.argv[3]), Number(process.argv[4])]))
})
process.exit()
