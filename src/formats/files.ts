import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { TweedieError } from '../error.ts'
import { systemReason } from './atomic.ts'

/** Node reads at most 2 GiB in one call. */
const PIECE = 2 ** 30

/** The user's mistakes; everything else is the system's refusal. */
const mistakes = new Set(['ENOENT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'])

/** The error for a path that cannot be read: `input` when the user named a wrong one, else `io`. */
export const unreadable = (path: string, error: unknown): TweedieError => {
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
 * All bytes of a file of any size.
 *
 * @throws TweedieError `input` when there is no such file, `io` when the system refuses.
 */
export const readBytes = (path: string): Uint8Array => {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const bytes = new Uint8Array(fstatSync(descriptor).size)
      let done = 0
      while (done < bytes.length) {
        const count = readSync(descriptor, bytes, done, Math.min(PIECE, bytes.length - done), null)
        if (count === 0)
          throw new Error(`file became shorter while it was read, at byte ${done} of ${bytes.length}`)
        done += count
      }
      return bytes
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Text of a file. @throws TweedieError `input` when it does not exist, `io` when the system refuses. */
export const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}
