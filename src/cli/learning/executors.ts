/** Who draws the samples of a run's laps and trains their replicas, as the command line says it. */
import { basename, resolve } from 'node:path'
import { TweedieError } from '../../error.ts'
import {
  fileExecutor,
  type Layout,
  laterExecutor,
  madeRunId,
  openBroker,
  openShare,
  queueExecutor,
  type SharedWork,
  sharedByLearner,
  workerPool,
} from '../../run/index.ts'
import type { Device } from '../../tensor/index.ts'
import { threadsEach } from '../start-child.ts'
import { readVersion } from '../version.ts'
import { shardProcess } from './shard-process.ts'

/** What a command line says of it. */
interface ExecutorOptions {
  /** Processes of this machine. */
  readonly workers?: number
  /** Whoever runs `tweedie shard`: `files` waits for it, `later` leaves. */
  readonly executor?: 'files' | 'later'
  /** Address of a queue: whoever runs `tweedie worker`. */
  readonly queue?: string
  /** Bucket by which its workers have the files of the run. */
  readonly share?: string
  readonly device: Device
  /** Of each worker. */
  readonly threads?: number
}

/**
 * Looks at what the options say before a run is made of them.
 *
 * @returns whether others draw
 * @throws TweedieError `input` for two of them, and for a queue or a bucket that does not answer
 */
export const checkExecutor = async ({
  workers,
  executor,
  queue,
  share,
}: ExecutorOptions): Promise<boolean> => {
  const said = [
    ...(workers === undefined ? [] : ['--workers draws here']),
    ...(executor === undefined ? [] : [`--executor ${executor} elsewhere`]),
    ...(queue === undefined ? [] : ['--queue by its workers']),
  ]
  if (said.length > 1) throw new TweedieError('input', `${said.join(', ')}: one of them`)
  if (share !== undefined && queue === undefined)
    throw new TweedieError('input', '--share: goes with --queue, whose workers have the files from there')
  if (queue !== undefined) await (await openBroker(queue)).close()
  if (share !== undefined) await (await openShare(share)).check()
  return said.length > 0
}

/**
 * @param paths - of the run
 * @returns nothing where the process that learns does it all
 */
export const executorOf = (
  { path, draws }: Layout,
  { workers, executor, queue, share, device, threads }: ExecutorOptions,
): SharedWork | undefined => {
  const software = readVersion()
  if (executor === 'files') return { ...fileExecutor(draws), software }
  if (executor === 'later') return { ...laterExecutor(), software }
  if (queue !== undefined) {
    const whole = resolve(path)
    const of = { name: basename(whole), path: whole, software, ...(share === undefined ? {} : { share }) }
    const queued = queueExecutor(
      () => openBroker(queue),
      () => ({ id: madeRunId(path), ...of }),
    )
    if (share === undefined) return { ...queued, software }
    const open = async () => (await openShare(share)).storeOf(madeRunId(path))
    return { ...sharedByLearner(queued, open, path), software }
  }
  if (workers === undefined) return undefined
  return { ...workerPool(workers, shardProcess(path, device, threadsEach(workers, threads))), software }
}
