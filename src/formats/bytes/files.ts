import { fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import { bytesAt } from './byte-source.ts'
import { fileOf, type OpenFile, unreadable } from './descriptor.ts'
import { temporaryFile } from './scratch.ts'

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
    return { ...fileOf(descriptor, fstatSync(descriptor).size, path), scratch: temporaryFile }
  } catch (error) {
    throw unreadable(path, error)
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
