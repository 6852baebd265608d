import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { TEMPORARY_SUFFIX } from '../formats/bytes/atomic.ts'
import { isAlive } from './process.ts'

/** Where things are in a run folder. */
export interface Layout {
  readonly path: string
  /** Format and version of the folder. */
  readonly marker: string
  /** The resolved configuration. */
  readonly config: string
  readonly journal: string
  readonly lock: string
  /** Observations that the run has simulated, where they are many. */
  readonly observations: string
  readonly report: string
  readonly checkpoints: string
  readonly draws: string
  readonly figures: string
}

/** The paths of the run folder `path`; nothing is read or made. */
export const layoutOf = (path: string): Layout => ({
  path,
  marker: join(path, 'run.json'),
  config: join(path, 'config.yaml'),
  journal: join(path, 'journal.jsonl'),
  lock: join(path, 'lock'),
  observations: join(path, 'observations.safetensors'),
  report: join(path, 'report.html'),
  checkpoints: join(path, 'checkpoints'),
  draws: join(path, 'draws'),
  figures: join(path, 'figures'),
})

const temporaryName = new RegExp(`\\.(\\d+)\\${TEMPORARY_SUFFIX}$`)

/** Removes half-written files of processes that are gone from a folder (not from those below it). */
export const sweepTemporaries = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const pid = temporaryName.exec(name)?.[1]
    const abandoned = pid !== undefined && (Number(pid) === process.pid || !isAlive({ pid: Number(pid) }))
    if (abandoned) rmSync(join(folder, name), { force: true })
  }
}
