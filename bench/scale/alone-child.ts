/**
 * Draws shards of a lap for nobody, as fast as this machine does without an executor: `FOLDER LAP DIGEST` and
 * numbers of shards. The first one is drawn before it says `ready`; it then waits for a word, draws the
 * others, and says how many seconds they took.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { runJobs } from '../../src/cli/learning/run-jobs.ts'
import { eStep } from '../../src/em/index.ts'
import { network } from '../../src/nn/index.ts'
import { readLapFile } from '../../src/run/shards/lap-file.ts'
import { observationsDigest } from '../../src/run/shards/lap-input.ts'

const [path = '', lap = '', digest = '', ...numbers] = process.argv.slice(2)
const { signal } = new AbortController()
process.on('disconnect', () => process.exit())

const { draws, request } = await runJobs(
  path,
  { device: 'cpu' },
  { note: () => {}, progress: () => {}, signal },
)
const { net, options, software, setOf } = request
const set = setOf(lap)
const here = { software, observations: observationsDigest(set) }
const prior = readLapFile(join(draws, lap), digest, net, here)
const { draw } = eStep(network(net), set, options, prior)
const [first = 0, ...others] = numbers.map(Number)
await draw(first)
process.send?.('ready')
await once(process, 'message')
const start = performance.now()
for (const shard of others) await draw(shard)
process.send?.((performance.now() - start) / 1000)
