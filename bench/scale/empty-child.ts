/**
 * A worker that computes nothing, by the code of each way: `pool FOLDER` as a process of `--workers`,
 * `files FOLDER SHARDS` as `tweedie shard --wait`, `queue URL` as `tweedie worker`.
 */
import { doPart } from '../../src/cli/commands/shard.ts'
import {
  type Job,
  jobSchema,
  layoutOf,
  openBroker,
  queueWorker,
  serveJobs,
  workerPool,
} from '../../src/run/index.ts'
import { emptyRequest, software, writeEmpty } from './empty-lap.ts'
import { program } from './processes.ts'

const [mode, where = '', shards] = process.argv.slice(2)
const { signal } = new AbortController()
process.on('disconnect', () => process.exit())

const pool = (): Promise<void> =>
  serveJobs(async () => async (job) => writeEmpty(layoutOf(where).draws, jobSchema.parse(job)))

const files = async (): Promise<void> => {
  const { draws } = layoutOf(where)
  const worker = { run: async (job: Job) => writeEmpty(draws, job) }
  const of = { path: where, request: emptyRequest(Number(shards)), worker }
  await doPart(of, { index: 0, of: 1, wait: true }, { signal, progress: () => {} })
}

const queue = async (): Promise<void> => {
  await queueWorker(await openBroker(where), {
    software,
    folderOf: ({ path }) => path,
    executorAt: (folder) => workerPool(1, () => program('empty-child.ts', ['pool', folder])),
    signal,
  })
}

if (mode === 'pool') await pool()
else {
  process.send?.('ready')
  await (mode === 'files' ? files() : queue())
}
