/**
 * Shards a second of one and of two workers of one thread each, and of as many processes that draw the same
 * shards for nobody: two cores that share a memory and a clock need not be twice as fast as one.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { shardProcess } from '../../src/cli/learning/shard-process.ts'
import { layoutOf, type ShardJob, workerPool } from '../../src/run/index.ts'
import { removeShard } from '../../src/run/shards/shard-file.ts'
import { openLapAt } from './open-lap.ts'
import { endOf, messageOf, program } from './processes.ts'

/** Shards that each worker draws when it is warm. */
const SHARDS = 3
const MOST = 2

/** Shards a second. */
export interface Rates {
  readonly one: number
  readonly two: number
  /** Of two over twice that of one. */
  readonly efficiency: number
}

export interface Efficiency {
  /** Seconds of a shard of one worker alone. */
  readonly shardSeconds: number
  readonly workers: Rates
  /** Of processes without an executor. */
  readonly alone: Rates
  /** Rate of two workers over that of two processes without an executor. */
  readonly ofMachine: number
}

const ratesOf = async (rate: (count: number) => Promise<number>): Promise<Rates> => {
  const [one, two] = [await rate(1), await rate(2)]
  return { one, two, efficiency: two / (2 * one) }
}

/** Of so many workers. Each draws a shard before: it has compiled then. */
const workersRate = async (path: string, jobs: readonly ShardJob[], count: number): Promise<number> => {
  const pool = workerPool(count, shardProcess(path, 'cpu', 1))
  const draw = (some: readonly ShardJob[]) => Promise.all(some.map((job) => pool.run(job)))
  const timed = jobs.slice(count, count * (1 + SHARDS))
  try {
    await draw(jobs.slice(0, count))
    const start = performance.now()
    await draw(timed)
    return (1000 * timed.length) / (performance.now() - start)
  } finally {
    await pool.stop()
    for (const { lap, shard } of jobs) removeShard(join(layoutOf(path).draws, lap), shard)
  }
}

const seconds = z.number()

/** The same of processes that draw for nobody. */
const aloneRate = async (path: string, jobs: readonly ShardJob[], count: number): Promise<number> => {
  const children = Array.from({ length: count }, (_, i) => {
    const own = jobs.slice(i * (1 + SHARDS), (i + 1) * (1 + SHARDS))
    return program('alone-child.ts', [path, own[0].lap, own[0].prior, ...own.map(({ shard }) => `${shard}`)])
  })
  try {
    await Promise.all(children.map(messageOf))
    const taken = await Promise.all(
      children.map((child) => {
        const said = messageOf(child)
        child.send('go')
        return said
      }),
    )
    return (count * SHARDS) / Math.max(...taken.map((each) => seconds.parse(each)))
  } finally {
    await Promise.all(children.map(endOf))
  }
}

/** Measures in a run that it makes in a folder. */
export const efficiencyIn = async (folder: string): Promise<Efficiency> => {
  const path = join(folder, 'digits')
  const jobs = await openLapAt(path, MOST * (1 + SHARDS))
  const workers = await ratesOf((count) => workersRate(path, jobs, count))
  const alone = await ratesOf((count) => aloneRate(path, jobs, count))
  return { shardSeconds: 1 / workers.one, workers, alone, ofMachine: workers.two / alone.two }
}
