import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { TweedieError } from '../error.ts'
import { systemReason } from './atomic.ts'
import { type ByteSource, bytesAt } from './byte-source.ts'

/** Node reads at most 2 GiB in one call. */
const PIECE = 2 ** 30

/** The user's mistakes; everything else is the system's refusal. */
const mistakes = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'])

/** The error for a path that cannot be read: `input` when the user named a wrong one, else `io`. */
export const unreadable = (path: string, error: unknown): TweedieError => {
  if (error instanceof TweedieError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return new TweedieError(
    mistakes.has(code) ? 'input' : 'io',
    `${path}: cannot read: ${systemReason(error)}`,
    {
      cause: error,
    },
  )
}

/**
 * Refuses what is neither a file nor a folder: opening a pipe waits for its writer, and a device may have no
 * end.
 *
 * @throws TweedieError `input`; what the system says of a path that is not there
 */
export const checkRegular = (path: string): void => {
  const there = statSync(path)
  if (there.isFile() || there.isDirectory()) return
  const kind = there.isFIFO() ? 'a pipe' : 'a device or socket'
  throw new TweedieError('input', `${path}: expected a file, got ${kind}; save it as a file first`)
}

/** An open file, of which pieces are read by position. */
export interface OpenFile extends ByteSource {
  readonly close: () => void
}

/** The file of a descriptor. @param path - for messages */
export const fileOf = (descriptor: number, size: number, path: string): OpenFile => ({
  size,
  fill: (target, at) => {
    try {
      readFully(descriptor, target, at)
    } catch (error) {
      throw unreadable(path, error)
    }
  },
  close: () => closeSync(descriptor),
})

/**
 * Opens a file of any size for reading pieces of it.
 *
 * @throws TweedieError `input` when there is no such file, or it is a pipe or a device; `io` when the system
 * refuses, then or when pieces are read.
 */
export const openFile = (path: string): OpenFile => {
  try {
    checkRegular(path)
    const descriptor = openSync(path, 'r')
    return fileOf(descriptor, fstatSync(descriptor).size, path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

const readFully = (descriptor: number, target: Uint8Array, at: number): void => {
  let done = 0
  while (done < target.length) {
    const count = readSync(descriptor, target, done, Math.min(PIECE, target.length - done), at + done)
    if (count === 0)
      throw new Error(`file became shorter while it was read, it ends before byte ${at + done}`)
    done += count
  }
}

/**
 * Does work with an open file, which is closed afterwards.
 *
 * @throws TweedieError as {@link openFile}, and what the work throws
 */
export const withFile = <T>(path: string, work: (file: OpenFile) => T): T => {
  const file = openFile(path)
  try {
    return work(file)
  } finally {
    file.close()
  }
}

/**
 * All bytes of a file of any size.
 *
 * @throws TweedieError `input` when there is no such file, or it is a pipe or a device; `io` when the system
 * refuses.
 */
export const readBytes = (path: string): Uint8Array => withFile(path, (file) => bytesAt(file, 0, file.size))

/** Text of a file. @throws TweedieError as {@link readBytes} */
export const readText = (path: string): string => {
  try {
    checkRegular(path)
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}
