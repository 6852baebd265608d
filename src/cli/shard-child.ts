/**
 * A process that draws shards for the one that started it (src/run/shards/worker-pool.ts): the run folder and
 * the device are its arguments, the shards come by messages.
 */
import { z } from 'zod'
import { serveJobs, shardJobSchema, shardWorker } from '../run/index.ts'
import { runShards } from './learning/run-shards.ts'

const device = z.union([z.enum(['cpu', 'webgpu', 'cuda']), z.templateLiteral(['cuda:', z.number()])])
const signal = new AbortController().signal
const nothing = (): void => {}

await serveJobs(async () => {
  const [folder, where] = z.tuple([z.string(), device]).parse(process.argv.slice(2))
  const io = { note: nothing, progress: nothing, signal }
  const { draws, request } = await runShards(folder, { device: where }, io)
  const { draw } = shardWorker(draws, request)
  return (job) => draw(shardJobSchema.parse(job))
})
