import { linkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { TweedieError } from '../error.ts'
import { flushFolder, systemReason, temporaryOf, writeAndFlush } from '../formats/bytes/atomic.ts'
import { readText } from '../formats/index.ts'
import { isRecord } from '../json.ts'
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

/** Whom a lock file names: nobody when it has just been released, `unreadable` when it is none of ours. */
type Holder = Owner | 'nobody' | 'unreadable'

const readHolder = (path: string): Holder => {
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'input') return 'nobody'
    throw error
  }
  return ownerIn(text) ?? 'unreadable'
}

/** The owner that the text of a lock file names; undefined for another text, such as that of a torn file. */
const ownerIn = (text: string): Owner | undefined => {
  let owner: unknown
  try {
    owner = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(owner) || typeof owner.pid !== 'number' || typeof owner.host !== 'string') return undefined
  return {
    pid: owner.pid,
    host: owner.host,
    started: typeof owner.started === 'number' ? owner.started : undefined,
    since: typeof owner.since === 'string' ? owner.since : 'unknown',
  }
}

/** Who works in a run folder, as its lock says. */
export interface RunOwner {
  readonly pid: number
  readonly host: string
  readonly since: string
  /** `here`: a process of this machine that lives; `gone`: one that does not; `away`: of another machine. */
  readonly state: 'here' | 'gone' | 'away'
}

/** Who holds a lock file; undefined when nobody does, or when it is none. Nothing is taken or waited for. */
export const lockOwner = (path: string): RunOwner | undefined => {
  const holder = readHolder(path)
  if (holder === 'nobody' || holder === 'unreadable') return undefined
  const { pid, host, since } = holder
  return { pid, host, since, state: host !== hostname() ? 'away' : isAlive(holder) ? 'here' : 'gone' }
}

/**
 * Creates the lock file with its content in one step (link(2) fails where the name exists), so nobody reads
 * half of it. Both are flushed: a power cut leaves no empty lock.
 */
const create = (path: string, owner: Owner): boolean => {
  const temporary = temporaryOf(path, owner.pid)
  try {
    writeAndFlush(temporary, Buffer.from(`${JSON.stringify(owner)}\n`))
    linkSync(temporary, path)
    flushFolder(dirname(path))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw new TweedieError('io', `${path}: cannot lock: ${systemReason(error)}`, { cause: error })
  } finally {
    rmSync(temporary, { force: true })
  }
}

/**
 * Whether the lock of a holder may be replaced. Of another machine's processes and of what is no lock file
 * nothing is known: the user has to say so.
 */
const isFree = (holder: Holder, { breakLock = false }: LockOptions): boolean => {
  if (holder === 'nobody') return true
  if (holder === 'unreadable' || holder.host !== hostname()) return breakLock
  return !isAlive(holder)
}

/**
 * Replaces a lock that is free. A second lock guards the replacement: of two processes that both found
 * the lock free, the slower one must not remove the fresh lock of the faster one.
 */
const replace = (path: string, owner: Owner, options: LockOptions): boolean => {
  const guard = acquireLock(`${path}.takeover`, options)
  try {
    if (isFree(readHolder(path), options)) rmSync(path, { force: true })
    return create(path, owner)
  } finally {
    guard.release()
  }
}

/** Options of {@link acquireLock}. */
export interface LockOptions {
  /**
   * Replace also the lock of another machine and what is no lock file, such as an empty one that a power cut
   * left (default false). The user knows that nothing uses it; a process that lives here keeps its lock.
   */
  readonly breakLock?: boolean
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
export const acquireLock = (path: string, options: LockOptions = {}): Lock => {
  const owner: Owner = { ...thisProcess(), host: hostname(), since: new Date().toISOString() }
  let mine = create(path, owner)
  if (!mine && isFree(readHolder(path), options)) mine = replace(path, owner, options)
  if (!mine) throw lockedError(path)
  return {
    release: () => {
      if (mine) rmSync(path, { force: true })
      mine = false
    },
  }
}

const lockedError = (path: string): TweedieError => {
  const holder = readHolder(path)
  if (holder === 'unreadable')
    return new TweedieError(
      'locked',
      `${path}: not a lock file of tweedie; if no process uses the run, --break-lock removes it`,
    )
  const who =
    holder === 'nobody' ? 'another process' : `process ${holder.pid} on ${holder.host} since ${holder.since}`
  const isAway = holder !== 'nobody' && holder.host !== hostname()
  const wayOut = isAway ? '; if that process is gone, --break-lock removes the lock' : ''
  return new TweedieError(
    'locked',
    `${dirname(path)}: in use by ${who}; wait for it or stop it (lock file ${path})${wayOut}`,
  )
}
