/**
 * Where the coordinator becomes the bottleneck: workers that sleep in place of computing, all in one process,
 * with the servers, queues and files of this machine. They could draw n/S shards a second, n workers of S
 * seconds a shard; what comes back is counted. Where r shards a second come back at most, n* = S r workers
 * are busy; on paper the coordinator takes c seconds of CPU a shard, and alone on its core keeps S / c busy.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Executor, fileExecutor, layoutOf } from '../../src/run/index.ts'
import { cpuOf } from '../studio/cpu.ts'
import { queueOf, shared } from './hand-over.ts'
import { endOf, messageOf, program } from './processes.ts'
import type { Queue } from './queues.ts'

/** Workers, and seconds of a shard. */
type Crowd = readonly [workers: number, seconds: number]

/** One to 512 workers of shards of a second; then shorter ones, as of more workers. */
const MANY: readonly Crowd[] = [
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((n): Crowd => [n, 1]),
  [512, 0.5],
  [512, 0.25],
]
const SOME: readonly Crowd[] = [...[1, 8, 64, 512].map((n): Crowd => [n, 1]), [512, 0.5], [512, 0.25]]
/** PostgreSQL takes 100 connections as it comes: three of each worker, and those of the coordinator. */
const FEW: readonly Crowd[] = [...[1, 4, 16, 31].map((n): Crowd => [n, 1]), [31, 0.25], [31, 0.125]]

/** Seconds of a lap at least, where nothing is a bottleneck, and most shards of one. */
const [SECONDS, MOST] = [6, 4096] as const

/** What came of a crowd. */
export interface Point {
  readonly workers: number
  readonly seconds: number
  /** Shards a second that the workers could draw. */
  readonly offered: number
  /** Shards a second that came back, in the middle half of the lap. */
  readonly rate: number
  /** CPU of the coordinator, milliseconds a shard. */
  readonly coordinatorMs: number
  /** Of a core. */
  readonly coordinatorBusy: number
  readonly workersBusy: number
  /** Absent where there is no server. */
  readonly serverBusy?: number
}

/** Of a way. */
export interface Simulation {
  readonly way: string
  readonly points: readonly Point[]
  /** Most shards a second that came back. */
  readonly most: number
  /** Workers of ten seconds a shard that this keeps busy: server, workers and coordinator on this machine. */
  readonly workersHere: number
  /** Least CPU of the coordinator, milliseconds a shard: c. */
  readonly coordinatorMs: number
  /** Workers of ten seconds a shard that the coordinator keeps busy on paper, where all else is elsewhere. */
  readonly workersOnPaper: number
}

/** A way that shards go. */
interface Way {
  readonly name: string
  readonly crowds: readonly Crowd[]
  /** CPU seconds of the server until now. */
  readonly cpu?: () => number
  readonly executor: (path: string) => Executor
  /** Arguments of the process of the workers. */
  readonly workers: (path: string, [count, seconds]: Crowd, shards: number) => readonly string[]
}

const filesWay: Way = {
  name: 'files',
  crowds: SOME,
  executor: (path) => fileExecutor(layoutOf(path).draws),
  workers: (path, [count, seconds], shards) => ['files', path, `${count}`, `${seconds}`, `${shards}`],
}

const queueWay = ({ name, url, cpu }: Queue): Way => {
  const mode = name === 'Redis' ? 'queue' : 'shared'
  return {
    name,
    cpu,
    crowds: mode === 'queue' ? MANY : FEW,
    executor: (path) => queueOf(url, path),
    workers: (path, [count, seconds]) => [mode, url, `${count}`, `${seconds}`, path],
  }
}

/** Slope of the numbers of shards by time, ms, by least squares over the middle half. */
const rateOf = (times: readonly number[]): number => {
  const [from, to] = [Math.floor(times.length / 4), Math.ceil((3 * times.length) / 4)]
  const points = times.slice(from, to).map((time, i) => ({ time, count: from + i }))
  const mean = (of: (p: { time: number; count: number }) => number) =>
    points.reduce((sum, p) => sum + of(p), 0) / points.length
  const [time, count] = [mean((p) => p.time), mean((p) => p.count)]
  const covariance = mean((p) => (p.time - time) * (p.count - count))
  return (1000 * covariance) / mean((p) => (p.time - time) ** 2)
}

/** CPU seconds of this process. */
const ownCpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const pointOf = async (way: Way, path: string, crowd: Crowd): Promise<Point> => {
  const [workers, seconds] = crowd
  const offered = workers / seconds
  const shards = Math.min(MOST, Math.max(8, Math.ceil(SECONDS * offered)))
  mkdirSync(layoutOf(path).draws, { recursive: true })
  const child = program('sleepers-child.ts', way.workers(path, crowd, shards))
  const executor = way.executor(path)
  const times: number[] = []
  const theirCpu = () => cpuOf(child.pid ?? 0)
  try {
    await messageOf(child)
    const [start, own, theirs, servers] = [performance.now(), ownCpu(), theirCpu(), way.cpu?.() ?? 0]
    await shared(executor, path, 1, shards, (there) => {
      while (times.length < there) times.push(performance.now())
    })
    const taken = (performance.now() - start) / 1000
    const cpu = ownCpu() - own
    return {
      workers,
      seconds,
      offered,
      rate: rateOf(times),
      coordinatorMs: (1000 * cpu) / shards,
      coordinatorBusy: cpu / taken,
      workersBusy: (theirCpu() - theirs) / taken,
      ...(way.cpu ? { serverBusy: (way.cpu() - servers) / taken } : {}),
    }
  } finally {
    await executor.stop()
    await endOf(child)
    rmSync(path, { recursive: true })
  }
}

/** Seconds of a shard of what is said on paper. */
export const PAPER_SECONDS = 10

/** All ways, one after the other, in a folder. */
export const simulated = async (
  folder: string,
  queues: readonly Queue[],
  onPoint: (way: string, point: Point) => void,
): Promise<Simulation[]> => {
  const found: Simulation[] = []
  for (const way of [...queues.map(queueWay), filesWay]) {
    const points: Point[] = []
    for (const crowd of way.crowds) {
      const point = await pointOf(way, join(folder, 'crowd'), crowd)
      points.push(point)
      onPoint(way.name, point)
    }
    const coordinatorMs = Math.min(...points.map((point) => point.coordinatorMs))
    const most = Math.max(...points.map(({ rate }) => rate))
    found.push({
      way: way.name,
      points,
      most,
      workersHere: Math.floor(PAPER_SECONDS * most),
      coordinatorMs,
      workersOnPaper: Math.floor((1000 * PAPER_SECONDS) / coordinatorMs),
    })
  }
  return found
}
