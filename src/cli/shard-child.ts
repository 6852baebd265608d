/**
 * A process that does jobs for the one that started it (src/run/shards/worker-pool.ts): the run folder and
 * the device are its arguments, the jobs come by messages.
 */
import { z } from 'zod'
import { jobSchema, jobWorker, serveJobs } from '../run/index.ts'
import { runJobs } from './learning/run-jobs.ts'

const device = z.union([z.enum(['cpu', 'webgpu', 'cuda']), z.templateLiteral(['cuda:', z.number()])])
const signal = new AbortController().signal
const nothing = (): void => {}

await serveJobs(async () => {
  const [folder, where] = z.tuple([z.string(), device]).parse(process.argv.slice(2))
  const io = { note: nothing, progress: nothing, signal }
  const { draws, request } = await runJobs(folder, { device: where }, io)
  const { run } = jobWorker(draws, request)
  return (job) => run(jobSchema.parse(job))
})
