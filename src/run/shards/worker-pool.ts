/** Processes of this machine that draw shards, one at a time each. A process that dies is replaced. */
import type { ChildProcess } from 'node:child_process'
import { processPool } from '../processes/process-pool.ts'
import type { Executor, ShardJob } from './executor.ts'

/**
 * @param count - processes, at least one
 * @param start - starts one; it says `ready` once it can draw
 *
 * @example
 * ```ts
 * import { fork } from 'node:child_process'
 * const pool = workerPool(2, () => fork('shard-child.js', ['runs/digits', 'cpu']))
 * await pool.draw({ lap: 'lap-002', prior: 'c0ffee', shard: 3, from: 384, to: 512 })
 * await pool.stop()
 * ```
 */
export const workerPool = (count: number, start: () => ChildProcess): Executor => {
  const { do: draw, workers, stop } = processPool<ShardJob, void>(count, start, () => {})
  return { draw, workers, stop }
}
