/**
 * What each way of having shards drawn takes beside drawing them: workers compute nothing, and write files as
 * large as the digits'. A lap of many shards tells what a shard takes; one of a single shard what a lap takes
 * beside, which is looking for what there is to do and for what is done.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { drawShards } from '../../src/em/lap-samples.ts'
import {
  type Executor,
  fileExecutor,
  layoutOf,
  madeRunId,
  openBroker,
  queueExecutor,
  workerPool,
} from '../../src/run/index.ts'
import { sharedLap } from '../../src/run/shards/shared-lap.ts'
import { emptyLap, lapName, nothing, set, software } from './empty-lap.ts'
import { endOf, messageOf, program } from './processes.ts'
import type { Queue } from './queues.ts'

/** Shards of a long lap, and laps of each length. */
const [SHARDS, LONG, SHORT] = [300, 2, 8] as const

/** Laps begin at all phases of what is looked at once a second or more often, ms. */
const phase = (lap: number): number => 1000 * ((lap * 0.618) % 1)

/** Seconds of a shard that overheads are read against, and shards that a worker draws in a lap. */
export const [SHARD_SECONDS, LAP_SHARDS] = [10, 8] as const

/** What a way takes beside computing. */
export interface HandOver {
  readonly way: string
  /** Of each shard. */
  readonly shardMs: number
  /** Of each lap. */
  readonly lapMs: number
  /** Of a lap of eight shards of 10 s for each worker, as per cent of their time. */
  readonly percent: number
  /** Of a lap of one such shard for each worker, the worst case. */
  readonly worstPercent: number
}

/** Draws laps. */
interface Drawing {
  readonly lap: (lap: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** A way to have laps of so many shards drawn in a run folder. */
interface Way {
  readonly name: string
  readonly open: (path: string, shards: number) => Promise<Drawing>
}

const inProcess: Way = {
  name: 'in-process',
  open: async (path, shards) => ({
    lap: (lap) => {
      const { samples } = emptyLap(layoutOf(path).draws, lap, shards)
      return drawShards(
        async () => nothing,
        samples,
        0,
        () => {},
      )
    },
    close: async () => {},
  }),
}

/** A lap by others, as `learn` shares it. */
export const shared = async (
  executor: Executor,
  path: string,
  lap: number,
  shards: number,
  onShard: (there: number) => void = () => {},
): Promise<void> => {
  const { draws } = layoutOf(path)
  const work = emptyLap(draws, lap, shards)
  await sharedLap({ ...executor, software }, join(draws, lapName(lap)), work, { set, onShard })
}

/** By an executor, and by a process of the bench that draws for it. */
const by = (
  name: string,
  executorAt: (path: string) => Executor,
  worker?: (path: string, shards: number) => readonly string[],
): Way => ({
  name,
  open: async (path, shards) => {
    const child = worker && program('empty-child.ts', worker(path, shards))
    if (child) await messageOf(child)
    const executor = executorAt(path)
    return {
      lap: (lap) => shared(executor, path, lap, shards),
      close: async () => {
        await executor.stop()
        if (child) await endOf(child)
      },
    }
  },
})

/** An executor that gives shards of a folder to a queue. */
export const queueOf = (url: string, path: string): Executor =>
  queueExecutor(
    () => openBroker(url),
    () => ({ id: madeRunId(path), name: basename(path), path, software }),
  )

const waysOf = (queues: readonly Queue[]): Way[] => [
  inProcess,
  by('--workers 1', (path) => workerPool(1, () => program('empty-child.ts', ['pool', path]))),
  by(
    'files',
    (path) => fileExecutor(layoutOf(path).draws),
    (path, shards) => ['files', path, `${shards}`],
  ),
  ...queues.map(({ name, url }) =>
    by(
      name,
      (path) => queueOf(url, path),
      () => ['queue', url],
    ),
  ),
]

/** Milliseconds of a lap, the mean of several after one that starts what there is to start. */
const lapTime = async ({ open }: Way, path: string, shards: number, laps: number): Promise<number> => {
  const { draws } = layoutOf(path)
  mkdirSync(draws, { recursive: true })
  const { lap, close } = await open(path, shards)
  let sum = 0
  try {
    for (let i = 0; i <= laps; i++) {
      await wait(phase(i))
      const start = performance.now()
      await lap(i + 1)
      if (i > 0) sum += performance.now() - start
      rmSync(join(draws, lapName(i + 1)), { recursive: true })
    }
  } finally {
    await close()
    rmSync(path, { recursive: true })
  }
  return sum / laps
}

/** Of all ways, one after the other. */
export const handOvers = async (folder: string, queues: readonly Queue[]): Promise<HandOver[]> => {
  const found: HandOver[] = []
  for (const way of waysOf(queues)) {
    const path = join(folder, 'empty')
    const short = await lapTime(way, path, 1, SHORT)
    const long = await lapTime(way, path, SHARDS, LONG)
    const shardMs = (long - short) / (SHARDS - 1)
    const lapMs = short - shardMs
    const percent = (shards: number): number => (0.1 * (shardMs + lapMs / shards)) / SHARD_SECONDS
    found.push({ way: way.name, shardMs, lapMs, percent: percent(LAP_SHARDS), worstPercent: percent(1) })
  }
  return found
}
