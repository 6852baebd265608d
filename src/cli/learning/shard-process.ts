/** Processes that do the jobs of a run (src/cli/shard-child.ts). */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Device } from '../../tensor/index.ts'

/** The program of a process: as built, or from the sources. */
const childOf = (from: string) => {
  const isSource = from.endsWith('.ts')
  return {
    module: fileURLToPath(new URL(isSource ? '../shard-child.ts' : '../shard-child.js', from)),
    execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [],
  }
}

/**
 * Starts a process that works in a run folder.
 *
 * @param threads - of the engine there; as here where it is not said
 */
export const shardProcess = (path: string, device: Device, threads?: number) => (): ChildProcess => {
  const { module, execArgv } = childOf(import.meta.url)
  const env = threads === undefined ? process.env : { ...process.env, TWEEDIE_THREADS: String(threads) }
  return fork(module, [path, device], { env, execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}
