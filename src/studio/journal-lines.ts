/** Lines of a journal that may be long, hostile or at work: pieces of it, by byte offset. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { isRecord } from '../json.ts'

/** A line of a journal; whatever is no event is left out. */
export interface Line {
  readonly event: string
  readonly seconds: number
  readonly [field: string]: unknown
}

/** A line longer than this is no line of ours. */
export const LONGEST = 2 ** 20

const NEWLINE = 0x0a

/** A line of the text of a journal; undefined when it is none. */
const lineOf = (text: string): Line | undefined => {
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(line) || typeof line.event !== 'string' || typeof line.seconds !== 'number') return undefined
  return { ...line, event: line.event, seconds: line.seconds }
}

/** The whole lines of bytes, and how many bytes they take; what follows is not yet a line. */
export const wholeLines = (bytes: Buffer): { readonly lines: Line[]; readonly taken: number } => {
  const end = bytes.lastIndexOf(NEWLINE) + 1
  const texts = bytes.toString('utf8', 0, end).split('\n')
  return { lines: texts.flatMap((text) => lineOf(text) ?? []), taken: end }
}

/** Bytes of a file from an offset, at most so many. */
export const bytesFrom = (path: string, offset: number, most: number): Buffer => {
  const descriptor = openSync(path, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - offset)))
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset))
  } finally {
    closeSync(descriptor)
  }
}

/** The last lines of a file of `size` bytes: those within its last `most` bytes. */
export const lastLines = (path: string, size: number, most: number): Line[] => {
  const start = Math.max(0, size - most)
  const bytes = bytesFrom(path, start, most)
  const first = start === 0 ? 0 : bytes.indexOf(NEWLINE) + 1
  return wholeLines(bytes.subarray(first)).lines
}
