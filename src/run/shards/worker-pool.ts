/** Processes of this machine that do jobs, one at a time each. A process that dies is replaced. */
import type { ChildProcess } from 'node:child_process'
import { processPool } from '../processes/process-pool.ts'
import type { Executor } from './executor.ts'
import type { Job } from './job.ts'

/**
 * @param count - processes, at least one
 * @param start - starts one; it says `ready` once it can work
 *
 * @example
 * ```ts
 * import { fork } from 'node:child_process'
 * const pool = workerPool(2, () => fork('shard-child.js', ['runs/digits', 'cpu']))
 * await pool.run({ kind: 'shard', lap: 'lap-002', prior: 'c0ffee', shard: 3, from: 384, to: 512 })
 * await pool.stop()
 * ```
 */
export const workerPool = (count: number, start: () => ChildProcess): Executor => {
  const { do: run, workers, stop } = processPool<Job, void>(count, start, () => {})
  return { atOnce: count, run, workers, stop }
}
