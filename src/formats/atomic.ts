import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { TweedieError } from '../error.ts'

/** Suffix of files that are being written; a leftover with it is the trace of a killed process. */
export const TEMPORARY_SUFFIX = '.tmp'

/** The system's reason in words: `no space left on device (ENOSPC)`. */
export const systemReason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return known === undefined ? error.message : `${known[1]} (${known[0]})`
}

/** The whole of `bytes`: a full disk may accept a first part of a write before it refuses the rest. */
const writeFully = (descriptor: number, bytes: Uint8Array): void => {
  let done = 0
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done)
}

const writeAndFlush = (path: string, bytes: Uint8Array): void => {
  const descriptor = openSync(path, 'w')
  try {
    writeFully(descriptor, bytes)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Makes a rename in `folder` survive a power cut. Windows cannot open folders and needs no such flush. */
const flushFolder = (folder: string): void => {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Writes a file so that `path` holds either its old content or all of `bytes`, whatever happens in between.
 *
 * The bytes go to a temporary name in the same folder, are flushed to the disk and renamed;
 * then the folder is flushed.
 *
 * @throws TweedieError `io` when the system refuses (disk full, permissions, no such
 *   folder); nothing is left behind.
 *
 * @example
 * ```ts
 * writeAtomic('prior.safetensors', encodeSafetensors({ bias: ndarray([0, 1]) }))
 * ```
 */
export const writeAtomic = (path: string, bytes: Uint8Array): void => {
  const folder = dirname(path)
  const temporary = join(folder, `${basename(path)}.${process.pid}${TEMPORARY_SUFFIX}`)
  try {
    writeAndFlush(temporary, bytes)
    renameSync(temporary, path)
    flushFolder(folder)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new TweedieError('io', `${path}: cannot write: ${systemReason(error)}`, { cause: error })
  }
}
