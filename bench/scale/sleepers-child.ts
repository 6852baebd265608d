/**
 * Many workers in one process that sleep in place of computing: `queue URL COUNT SECONDS RUN` by the code of
 * `tweedie worker`, each with its connections, `shared URL COUNT SECONDS RUN` with some connections in
 * common, `files RUN COUNT SECONDS SHARDS` by the code of `tweedie shard --wait`. How long one sleeps lies
 * evenly between ¾ and 5/4 of the seconds, so that they do not all come at once.
 */
import { linkSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { doPart } from '../../src/cli/commands/shard.ts'
import {
  type Broker,
  type Executor,
  type Job,
  layoutOf,
  openBroker,
  queueWorker,
} from '../../src/run/index.ts'
import { shardFile, writeShard } from '../../src/run/shards/shard-file.ts'
import { emptyRequest, nothing, software } from './empty-lap.ts'

const [mode, where = '', count, seconds, more = ''] = process.argv.slice(2)
const workers = Array.from({ length: Number(count) }, (_, i) => i)
process.on('disconnect', () => process.exit())

/** Each worker listens to its own, as in its own process. */
const untilKilled = (): AbortSignal => new AbortController().signal

const path = mode === 'files' ? where : more
const { draws } = layoutOf(path)
const models = new Map<string, string>()

/** A shard's file, by its content: one file serves all of a lap, and writing it again is not measured. */
const modelOf = (prior: string): string => {
  const known = models.get(prior)
  if (known !== undefined) return known
  const folder = join(path, 'models', prior)
  mkdirSync(folder, { recursive: true })
  writeShard(folder, 0, nothing, prior)
  models.set(prior, shardFile(folder, 0))
  return shardFile(folder, 0)
}

const sleep = async (job: Job): Promise<void> => {
  if (job.kind !== 'shard') return
  const { lap, shard, prior } = job
  const share = 0.75 + 0.5 * ((shard * 0.618034) % 1)
  await wait(1000 * Number(seconds) * share)
  linkSync(modelOf(prior), shardFile(join(draws, lap), shard))
}

const sleeper: Executor = { run: sleep, workers: () => ({}), stop: async () => {} }

const serve = (broker: Broker): Promise<never> =>
  queueWorker(broker, { software, folderOf: () => path, executorAt: () => sleeper, signal: untilKilled() })

const queue = async (): Promise<unknown> => {
  const shared = mode === 'shared' ? openBroker(where) : undefined
  const brokers: Broker[] = []
  for (const _ of workers) brokers.push(await (shared ?? openBroker(where)))
  process.send?.('ready')
  return Promise.all(brokers.map(serve))
}

const files = (): Promise<unknown> => {
  const of = { path, request: emptyRequest(Number(more)), worker: { run: sleep } }
  const part = (index: number) => ({ index, of: workers.length, wait: true })
  process.send?.('ready')
  return Promise.all(
    workers.map((index) => doPart(of, part(index), { signal: untilKilled(), progress: () => {} })),
  )
}

await (mode === 'files' ? files() : queue())
