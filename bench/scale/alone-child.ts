/**
 * Draws shards of a lap for nobody, as fast as this machine does without an executor: `FOLDER LAP` and
 * numbers of shards. The first one is drawn before it says `ready`; it then waits for a word, draws the
 * others, and says how many seconds they took.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { runShards } from '../../src/cli/learning/run-shards.ts'
import { eStep } from '../../src/em/index.ts'
import { network } from '../../src/nn/index.ts'
import { observationsDigest, readLapFile } from '../../src/run/shards/lap-file.ts'

const [path = '', lap = '', ...numbers] = process.argv.slice(2)
const { signal } = new AbortController()
process.on('disconnect', () => process.exit())

const { draws, request } = await runShards(
  path,
  { device: 'cpu' },
  { note: () => {}, progress: () => {}, signal },
)
const { net, options, software, setOf } = request
const set = setOf(lap)
const prior = readLapFile(join(draws, lap), net, { software, observations: observationsDigest(set) })
const { draw } = eStep(network(net), set, options, prior)
const [first = 0, ...others] = numbers.map(Number)
await draw(first)
process.send?.('ready')
await once(process, 'message')
const start = performance.now()
for (const shard of others) await draw(shard)
process.send?.((performance.now() - start) / 1000)
