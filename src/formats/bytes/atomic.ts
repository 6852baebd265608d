import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { TweedieError } from '../../error.ts'

/** Suffix of files that are being written; a leftover with it is the trace of a killed process. */
export const TEMPORARY_SUFFIX = '.tmp'

/** The system's reason in words: `no space left on device (ENOSPC)`. */
export const systemReason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return known === undefined ? error.message : `${known[1]} (${known[0]})`
}

/** Node writes less than 2 GiB in one call. */
const PIECE = 2 ** 30

/**
 * The whole of `bytes`, from byte `at` of the file on: a full disk may accept a first part of a write before
 * it refuses the rest.
 */
const writeFully = (descriptor: number, bytes: Uint8Array, at: number): void => {
  let done = 0
  while (done < bytes.length)
    done += writeSync(descriptor, bytes, done, Math.min(PIECE, bytes.length - done), at + done)
}

/** Writes a file and waits until the disk has it. */
export const writeAndFlush = (path: string, bytes: Uint8Array): void => {
  const descriptor = openSync(path, 'w')
  try {
    writeFully(descriptor, bytes, 0)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Makes a rename in `folder` survive a power cut. Windows cannot open folders and needs no such flush. */
export const flushFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Longest name of a file, in bytes, on the file systems in use. */
const LONGEST_NAME = 255

/** A name beside `path` for what is being written, no longer than names may be. */
export const temporaryOf = (path: string, pid: number): string => {
  const suffix = `.${pid}${TEMPORARY_SUFFIX}`
  let name = basename(path)
  while (Buffer.byteLength(name + suffix) > LONGEST_NAME) name = name.slice(0, -1)
  return join(dirname(path), name + suffix)
}

/** Fills `bytes` with what was written from byte `at` on. */
const readFully = (descriptor: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(descriptor, bytes, done, Math.min(PIECE, bytes.length - done), at + done)
    if (count === 0) throw new Error(`file became shorter while it was written, it ends before ${at + done}`)
    done += count
  }
}

const cannotWrite = (path: string, error: unknown): TweedieError =>
  new TweedieError('io', `${path}: cannot write: ${systemReason(error)}`, { cause: error })

/** What is at a path, a link itself; nothing where nothing is. @throws TweedieError `io` for absurd names */
const entryAt = (path: string): Stats | undefined => {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

/** Links that are followed one after the other: more are a circle. */
const MOST_LINKS = 40

/**
 * The file that a path means: symbolic links are followed, also to files that are not there yet.
 *
 * @throws TweedieError `input` for links in a circle and for what a file cannot replace: a pipe, a device
 */
export const targetOf = (path: string): string => {
  let target = path
  for (let links = 0; links <= MOST_LINKS; links++) {
    const entry = entryAt(target)
    if (!entry?.isSymbolicLink()) {
      if (!entry || entry.isFile() || entry.isDirectory()) return target
      throw new TweedieError('input', `${path}: cannot write: expected a file, there is a pipe or device`)
    }
    target = resolve(dirname(target), readlinkSync(target))
  }
  throw new TweedieError('input', `${path}: cannot write: its symbolic links lead in a circle`)
}

/** A file that is written in pieces, under another name until it is whole. */
export interface AtomicFile {
  /** Writes bytes from byte `at` of the file on. @throws TweedieError `io`; then the file is discarded */
  readonly write: (bytes: Uint8Array, at: number) => void
  /** Reads bytes that were written, from byte `at` on. @throws TweedieError `io`; then it is discarded */
  readonly fill: (target: Uint8Array, at: number) => void
  /** Makes the file so long. @throws TweedieError `io`; then the file is discarded */
  readonly truncate: (size: number) => void
  /** Flushes the file and gives it its name. @throws TweedieError `io`; then the file is discarded */
  readonly commit: () => void
  /** Leaves nothing behind; after `commit` it does nothing. */
  readonly discard: () => void
}

/**
 * Begins a file that appears at `path` whole, or not at all. See {@link writeAtomic}.
 *
 * @throws TweedieError `io` when the system refuses; `input` for a pipe or a device
 */
export const atomicFile = (path: string): AtomicFile => {
  const target = targetOf(path)
  const temporary = temporaryOf(target, process.pid)
  const safely = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      discard()
      throw cannotWrite(path, error)
    }
  }
  let descriptor: number | undefined
  let there = true
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  const discard = (): void => {
    if (!there) return
    there = false
    close()
    rmSync(temporary, { force: true })
  }
  const opened = safely(() => openSync(temporary, 'w+'))
  descriptor = opened
  return {
    write: (bytes, at) => safely(() => writeFully(opened, bytes, at)),
    fill: (target, at) => safely(() => readFully(opened, target, at)),
    truncate: (size) => safely(() => ftruncateSync(opened, size)),
    commit: () =>
      safely(() => {
        fsyncSync(opened)
        close()
        renameSync(temporary, target)
        there = false
        flushFolder(dirname(target))
      }),
    discard,
  }
}

/**
 * Writes a file so that `path` holds either its old content or all of `bytes`, whatever happens in between.
 *
 * The bytes go to a temporary name in the same folder, are flushed to the disk and renamed;
 * then the folder is flushed. Of a symbolic link the target is written, and the link stays.
 *
 * @throws TweedieError `io` when the system refuses (disk full, permissions, no such
 *   folder), `input` for a pipe or a device; nothing is left behind.
 *
 * @example
 * ```ts
 * writeAtomic('prior.safetensors', encodeSafetensors({ bias: ndarray([0, 1]) }))
 * ```
 */
export const writeAtomic = (path: string, bytes: Uint8Array): void => {
  const file = atomicFile(path)
  file.write(bytes, 0)
  file.commit()
}
