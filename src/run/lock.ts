import { linkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { TweedieError } from '../error.ts'
import { systemReason, TEMPORARY_SUFFIX } from '../formats/atomic.ts'
import { readText } from '../formats/index.ts'
import { isRecord, parseJson } from '../json.ts'
import { isAlive, type ProcessIdentity, thisProcess } from './process.ts'

interface Owner extends ProcessIdentity {
  readonly host: string
  readonly since: string
}

/** A lock that this process holds. */
export interface Lock {
  /** Gives the lock back; harmless when called twice. */
  release(): void
}

/** The owner named in a lock file, or undefined when the file has just been released. */
const readOwner = (path: string): Owner | undefined => {
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return undefined
    throw error
  }
  const owner = parseJson(text, path)
  if (!isRecord(owner) || typeof owner.pid !== 'number' || typeof owner.host !== 'string') {
    throw new TweedieError(
      'locked',
      `${path}: not a lock file of tweedie; remove it if no process uses the run`,
    )
  }
  return {
    pid: owner.pid,
    host: owner.host,
    started: typeof owner.started === 'number' ? owner.started : undefined,
    since: typeof owner.since === 'string' ? owner.since : 'unknown',
  }
}

/**
 * Creates the lock file with its content in one step (link(2) fails where the name exists), so nobody reads
 * half of it.
 */
const create = (path: string, owner: Owner): boolean => {
  const temporary = `${path}.${owner.pid}${TEMPORARY_SUFFIX}`
  try {
    writeFileSync(temporary, `${JSON.stringify(owner)}\n`)
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw new TweedieError('io', `${path}: cannot lock: ${systemReason(error)}`, { cause: error })
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Whether the owner is known to be gone; of another machine's processes nothing is known. */
const isStale = (owner: Owner): boolean => owner.host === hostname() && !isAlive(owner)

/**
 * Replaces the lock of a dead process. A second lock guards the replacement: of two processes that both found
 * the lock stale, the slower one must not remove the fresh lock of the faster one.
 */
const replaceStale = (path: string, owner: Owner): boolean => {
  const guard = acquireLock(`${path}.takeover`)
  try {
    const current = readOwner(path)
    if (current !== undefined && isStale(current)) rmSync(path, { force: true })
    return create(path, owner)
  } finally {
    guard.release()
  }
}

/**
 * Takes the lock file at `path` for this process, or replaces the one that a dead process left behind.
 *
 * The file names the process (id, start time, host), so an id that the system gave to another process is not
 * mistaken for the owner.
 *
 * @throws TweedieError `locked` when a living process, or one on another machine, holds it; `io` when the
 * system refuses.
 */
export const acquireLock = (path: string): Lock => {
  const owner: Owner = { ...thisProcess(), host: hostname(), since: new Date().toISOString() }
  let mine = create(path, owner)
  if (!mine) {
    const other = readOwner(path)
    if (other === undefined || isStale(other)) mine = replaceStale(path, owner)
  }
  if (!mine) throw lockedError(path)
  return {
    release: () => {
      if (mine) rmSync(path, { force: true })
      mine = false
    },
  }
}

const lockedError = (path: string): TweedieError => {
  const other = readOwner(path)
  const who =
    other === undefined ? 'another process' : `process ${other.pid} on ${other.host} since ${other.since}`
  return new TweedieError(
    'locked',
    `${dirname(path)}: in use by ${who}; wait for it or stop it (lock file ${path})`,
  )
}
