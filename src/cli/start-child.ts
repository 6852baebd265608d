/** Programs of this folder that work in processes of their own. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { defaultThreads } from '../tensor/index.ts'

/** Their names. */
type Child = 'shard-child' | 'work-child'

/**
 * Starts one, as built or from its source.
 *
 * @param threads - of the engine there; as here where it is not said
 */
export const startChild = (name: Child, args: readonly string[], threads?: number): ChildProcess => {
  const isSource = import.meta.url.endsWith('.ts')
  return fork(fileURLToPath(new URL(`./${name}.${isSource ? 'ts' : 'js'}`, import.meta.url)), args, {
    env: threads === undefined ? process.env : { ...process.env, TWEEDIE_THREADS: String(threads) },
    execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced', // typed arrays as they are
  })
}

/** Threads of each of several workers: those that were asked for, or its share of the processors. */
export const threadsEach = (workers: number, threads?: number): number =>
  threads ?? Math.max(1, Math.floor(defaultThreads() / workers))
