/** The name of a run on a queue: in its folder, so that a worker knows the folder for the run's. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../../../formats/bytes/atomic.ts'
import { readText } from '../../../formats/index.ts'

const fileOf = (path: string): string => join(path, 'run-id')

/** The name of the run of a folder, if it was ever given one. */
export const runIdOf = (path: string): string | undefined =>
  existsSync(fileOf(path)) ? readText(fileOf(path)).trim() : undefined

/** The name of the run of a folder, given when it has none. */
export const madeRunId = (path: string): string => {
  const found = runIdOf(path)
  if (found !== undefined) return found
  const id = randomBytes(8).toString('hex')
  writeAtomic(fileOf(path), Buffer.from(`${id}\n`))
  return id
}
