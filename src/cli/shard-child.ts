/**
 * A process that does jobs for the one that started it (src/run/shards/worker-pool.ts): the run folder and
 * the device are its arguments, the jobs come by messages.
 */
import { z } from 'zod'
import { TweedieError } from '../error.ts'
import { type FromWorker, jobWorker, toldOf } from '../run/index.ts'
import { runJobs } from './learning/run-jobs.ts'

const device = z.union([z.enum(['cpu', 'webgpu', 'cuda']), z.templateLiteral(['cuda:', z.number()])])
const [folder, where] = z.tuple([z.string(), device]).parse(process.argv.slice(2))
const say = (message: FromWorker): void => {
  process.send?.(message)
}

// Ctrl-C in a terminal reaches the whole group: the one that started this one decides.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})
process.on('disconnect', () => process.exit())

const failed = (cause: unknown): FromWorker => ({
  kind: 'failed',
  code: cause instanceof TweedieError ? cause.code : 'unknown',
  message: cause instanceof Error ? cause.message : String(cause),
})

const signal = new AbortController().signal
const nothing = (): void => {}
try {
  const { draws, request } = await runJobs(
    folder,
    { device: where },
    { note: nothing, progress: nothing, signal },
  )
  const worker = jobWorker(draws, request)
  process.on('message', async (message) => {
    const { job } = toldOf(message)
    try {
      await worker.run(job)
      say({ kind: 'done' })
    } catch (cause) {
      say(failed(cause))
    }
  })
  say({ kind: 'ready' })
} catch (cause) {
  // Another process would not begin either.
  process.send?.(failed(cause), () => process.exit(1))
}
