import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import { TweedieError } from '../error.ts'
import { systemReason, writeAtomic } from '../formats/bytes/atomic.ts'
import { readText } from '../formats/index.ts'
import { isRecord, type Json, type JsonRecord, parseJson } from '../json.ts'
import { type Journal, openJournal } from './journal.ts'
import { type Layout, layoutOf, sweepTemporaries } from './layout.ts'
import { acquireLock } from './lock.ts'

/** Version of the run folder's format; a folder of another version is refused. */
export const RUN_FORMAT = 1

/** A run that this process owns. */
export interface Run {
  readonly paths: Layout
  /** The resolved configuration that the run was made with. */
  readonly config: JsonRecord
  readonly journal: Journal
  /** True when the folder existed before. */
  readonly resumed: boolean
  /** Gives the run back: closes the journal and releases the lock. */
  close(): void
}

/** Options of {@link openRun}. */
export interface RunOptions {
  /** Resolved configuration: saved in a new run, compared with that of a resumed one. */
  readonly config?: JsonRecord
  /** Continue a run that exists (default false: a run that exists is an error, so nothing is overwritten). */
  readonly resume?: boolean
  /** Make the run when it does not exist (default true; needs `config`). */
  readonly create?: boolean
  /** Start over unless resumed: what an earlier run left in the folder is removed (default false). */
  readonly replace?: boolean
  /**
   * Numbers, by their dotted path, that a resumed run may raise: what was done stays a prefix of what is
   * asked for, as laps are. The new value is saved. Default: none.
   */
  readonly grows?: readonly string[]
  /** Take the lock also from another machine or where it is damaged (default false): see `acquireLock`. */
  readonly breakLock?: boolean
  /** Clock of the run's time in seconds; tests give their own. */
  readonly now?: () => number
}

/** A new run was asked for in a folder that holds one: nothing is overwritten. */
export class RunExistsError extends TweedieError {
  constructor(path: string) {
    super('input', `${path}: already holds a run; resume it (--resume) or choose another folder`)
  }
}

/**
 * Opens a run folder for work: makes it or resumes it, takes its lock, removes half-written files, repairs
 * the journal.
 *
 * @throws TweedieError `input` when the folder is no run, exists already, does not exist, or is of another
 * version or configuration; `locked` when another process owns it; `io` when the system refuses.
 *
 * @example
 * ```ts
 * const run = openRun('runs/demo', { config: { laps: 3 }, resume: true })
 * run.journal.append({ event: 'lap', lap: 0 })
 * run.close()
 * ```
 */
export const openRun = (path: string, options: RunOptions = {}): Run => {
  const paths = layoutOf(path)
  if (!isRun(paths)) refuseCreation(paths, options)
  makeFolders(paths)
  const lock = acquireLock(paths.lock, options)
  try {
    const resumed = isRun(paths) && resumeOrReplace(paths, options)
    if (!resumed) writeRun(paths, options.config)
    const saved = readConfig(path)
    const config =
      options.config === undefined ? saved : grown(paths.config, saved, options.config, options.grows ?? [])
    if (config !== saved) writeAtomic(paths.config, Buffer.from(stringify(config)))
    for (const folder of [path, paths.checkpoints, paths.draws, paths.figures]) sweepTemporaries(folder)
    const journal = openJournal(paths.journal, options.now)
    const close = (): void => {
      journal.close()
      lock.release()
    }
    return { paths, config, journal, resumed, close }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** True when the run that exists is to go on, false when it is to make room. */
const resumeOrReplace = ({ path }: Layout, { resume = false, replace = false }: RunOptions): boolean => {
  if (resume || replace) return resume
  throw new RunExistsError(path)
}

/**
 * The resolved configuration of a run folder, checking that it is one; takes no lock, so it may be read while
 * its owner works.
 *
 * @throws TweedieError `input` when the folder is no run, is of another version, or its configuration is
 * damaged.
 */
export const readConfig = (path: string): JsonRecord => {
  const { marker, config } = layoutOf(path)
  if (!existsSync(marker)) throw new TweedieError('input', `${path}: not a run folder (no run.json in it)`)
  const { format, version } = asRecord(parseJson(readText(marker), marker), marker)
  if (format !== 'tweedie-run')
    throw new TweedieError('input', `${marker}: field 'format' must be "tweedie-run"`)
  if (version !== RUN_FORMAT) {
    throw new TweedieError(
      'input',
      `${marker}: the run has format version ${JSON.stringify(version)}, ` +
        `this tweedie reads version ${RUN_FORMAT}`,
    )
  }
  return asRecord(parseYaml(readText(config), config), config)
}

/** True when a run was made in this folder, of whatever version. */
export const isRunFolder = (path: string): boolean => isRun(layoutOf(path))

/**
 * Whether a path is a run folder, and not a file of its own.
 *
 * @throws TweedieError `input` for a path that is not there, and for other folders
 */
export const isRunOf = (path: string): boolean => {
  if (!existsSync(path)) throw new TweedieError('input', `${path}: no such file or folder`)
  if (!statSync(path).isDirectory()) return false
  if (!isRunFolder(path)) throw new TweedieError('input', `${path}: not a run folder`)
  return true
}

const isRun = ({ marker }: Layout): boolean => existsSync(marker)

const refuseCreation = (paths: Layout, { config, create = true }: RunOptions): void => {
  const { path } = paths
  if (!create) throw new TweedieError('input', `${path}: not a run folder (no run.json in it)`)
  if (config === undefined) throw needsConfig(paths)
  // Its maker was killed before the marker, or is at work: the lock decides.
  if (existsSync(paths.lock)) return
  const foreign = [paths.config, paths.journal, paths.checkpoints].find(holdsSomething)
  if (foreign !== undefined) {
    throw new TweedieError(
      'input',
      `${path}: not a run folder, but holds ${basename(foreign)}; choose another folder`,
    )
  }
}

const needsConfig = ({ path }: Layout): TweedieError =>
  new TweedieError('input', `${path}: a new run needs a configuration`)

const holdsSomething = (path: string): boolean =>
  existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0)

const makeFolders = ({ path, checkpoints, draws, figures }: Layout): void => {
  try {
    for (const folder of [checkpoints, draws, figures]) mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new TweedieError('io', `${path}: cannot make the run folder: ${systemReason(error)}`, {
      cause: error,
    })
  }
}

/**
 * The marker goes first and comes last: a folder without it is no run, and making one in it can start again.
 */
const writeRun = (paths: Layout, config: JsonRecord | undefined): void => {
  if (config === undefined) throw needsConfig(paths)
  const { marker, config: configuration, journal, report, observations } = paths
  const folders = [paths.checkpoints, paths.draws, paths.figures]
  for (const old of [marker, configuration, journal, report, observations, ...folders]) {
    rmSync(old, { recursive: true, force: true })
  }
  makeFolders(paths)
  try {
    writeAtomic(configuration, Buffer.from(stringify(config)))
    writeAtomic(marker, Buffer.from(`${JSON.stringify({ format: 'tweedie-run', version: RUN_FORMAT })}\n`))
  } catch (error) {
    rmSync(configuration, { force: true })
    throw error
  }
}

const parseYaml = (text: string, source: string): Json => {
  try {
    return parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new TweedieError('input', `${source}: not YAML: ${reason}`, { cause: error })
  }
}

const asRecord = (value: Json, source: string): JsonRecord => {
  if (!isRecord(value))
    throw new TweedieError('input', `${source}: expected named fields, got ${JSON.stringify(value)}`)
  return value
}

/** First field, by its dotted path, in which two configurations differ. */
const difference = (
  a: unknown,
  b: unknown,
  path: string,
): { path: string; a: unknown; b: unknown } | undefined => {
  if (isDeepStrictEqual(a, b)) return undefined
  if (!isRecord(a) || !isRecord(b)) return { path, a, b }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** A record with another value at a path. */
const withField = (record: JsonRecord, [head, ...rest]: readonly string[], value: number): JsonRecord => {
  const inner = record[head]
  return { ...record, [head]: rest.length > 0 && isRecord(inner) ? withField(inner, rest, value) : value }
}

/**
 * The saved configuration with what has grown since. @throws TweedieError `input` where it differs in any
 * other way
 */
const grown = (
  source: string,
  saved: JsonRecord,
  config: JsonRecord,
  grows: readonly string[],
): JsonRecord => {
  // Through YAML and back, as the saved one went: fields that are undefined vanish.
  const found = difference(saved, parse(stringify(config)), '')
  if (found === undefined) return saved
  const { path, a, b } = found
  if (grows.includes(path) && typeof a === 'number' && typeof b === 'number' && b > a)
    return grown(source, withField(saved, path.split('.'), b), config, grows)
  const [was, is] = [a, b].map((value) => (value === undefined ? 'nothing' : JSON.stringify(value)))
  throw new TweedieError(
    'input',
    `${source}: field '${path}' is ${was}, got ${is}; resume with the run's own configuration`,
  )
}
