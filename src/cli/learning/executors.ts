/** Who draws the samples of a run's laps, as the command line says it. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../../error.ts'
import { fileExecutor, laterExecutor, type SharedDrawing, workerPool } from '../../run/index.ts'
import { type Device, defaultThreads } from '../../tensor/index.ts'
import { readVersion } from '../version.ts'

/** What a command line says of it. */
interface ExecutorOptions {
  /** Processes of this machine. */
  readonly workers?: number
  /** Whoever runs `tweedie shard`: `files` waits for it, `later` leaves. */
  readonly executor?: 'files' | 'later'
  readonly device: Device
  /** Of each worker. */
  readonly threads?: number
}

/** The program of a worker: as built, or from the sources. */
const childOf = (from: string) => {
  const isSource = from.endsWith('.ts')
  return {
    module: fileURLToPath(new URL(isSource ? '../shard-child.ts' : '../shard-child.js', from)),
    execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [],
  }
}

/**
 * @param paths - of the run: its folder, and that of its draws
 * @returns nothing where the process that learns draws too
 * @throws TweedieError `input` for two of them
 */
export const executorOf = (
  { path, draws }: { readonly path: string; readonly draws: string },
  { workers, executor, device, threads }: ExecutorOptions,
): SharedDrawing | undefined => {
  if (workers !== undefined && executor !== undefined)
    throw new TweedieError('input', `--workers draws here, --executor ${executor} elsewhere: one of them`)
  const software = readVersion()
  if (executor === 'files') return { ...fileExecutor(draws), software }
  if (executor === 'later') return { ...laterExecutor(), software }
  if (workers === undefined) return undefined
  const { module, execArgv } = childOf(import.meta.url)
  const each = threads ?? Math.max(1, Math.floor(defaultThreads() / workers))
  const env = { ...process.env, TWEEDIE_THREADS: String(each) }
  const start = () => {
    const child = fork(module, [path, device], { env, execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    return child
  }
  return { ...workerPool(workers, start), software }
}
