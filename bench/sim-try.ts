import { mkdtempSync } from 'node:fs'
import { simulated } from './scale/simulation.ts'
import { efficiencyIn } from './scale/efficiency.ts'
import { withQueues } from './scale/queues.ts'
const folder = mkdtempSync('/tmp/tweedie-scale-')
const t = performance.now()
if (process.argv[2] === 'sim') await withQueues(async (queues) => {
  console.table((await simulated(folder, queues.filter(q => !process.argv[3] || q.name === process.argv[3]), (w, p) => console.log(w, JSON.stringify(p), (performance.now()-t)/1000))).map(({points, ...r}) => r))
})
else console.log(JSON.stringify(await efficiencyIn(folder), null, 1))
console.log((performance.now()-t)/1000)
process.exit()
