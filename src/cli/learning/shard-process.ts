/** Processes that do the jobs of a run (src/cli/shard-child.ts). */
import type { ChildProcess } from 'node:child_process'
import type { Device } from '../../tensor/index.ts'
import { startChild } from '../start-child.ts'

/**
 * Starts a process that works in a run folder.
 *
 * @param threads - of the engine there; as here where it is not said
 */
export const shardProcess = (path: string, device: Device, threads?: number) => (): ChildProcess =>
  startChild('shard-child', [path, device], threads)
