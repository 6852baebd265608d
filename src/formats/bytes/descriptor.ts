/** Open files by their descriptors, and what the system says when it refuses. */
import { closeSync, readSync } from 'node:fs'
import { TweedieError } from '../../error.ts'
import { systemReason } from './atomic.ts'
import type { ByteSource } from './byte-source.ts'

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

const readFully = (descriptor: number, target: Uint8Array, at: number): void => {
  let done = 0
  while (done < target.length) {
    const count = readSync(descriptor, target, done, Math.min(PIECE, target.length - done), at + done)
    if (count === 0)
      throw new Error(`file became shorter while it was read, it ends before byte ${at + done}`)
    done += count
  }
}
