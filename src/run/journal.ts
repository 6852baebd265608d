import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { TweedieError } from '../error.ts'
import { systemReason } from '../formats/bytes/atomic.ts'
import { isRecord, type Json, type JsonRecord, parseJson } from '../json.ts'

/**
 * An event: a kind (`lap`, `step`, `metric`, …) and its figures; the field `seconds` is the journal's
 * own.
 */
export type JournalEvent = { readonly event: string; readonly [key: string]: Json }

/** An event as read back: `seconds` is the run's time when it happened, summed over its sessions. */
export type JournalLine = JournalEvent & { readonly seconds: number }

/** The open journal of a run: append-only JSON lines. */
export interface Journal {
  /** Number of lines so far. */
  readonly lines: number
  /** Seconds that the run has worked so far, in this session and those before. */
  readonly seconds: number
  /**
   * Adds one line. @throws TweedieError `io` when the disk refuses; the journal then still ends in a whole
   * line.
   */
  append(event: JournalEvent): void
  /** Keeps the first `lines` lines only; the run's time goes back to theirs. */
  cut(lines: number): void
  /** Waits until the disk holds every line. */
  flush(): void
  /** Closes the file; no line can be added afterwards. */
  close(): void
}

const NEWLINE = 0x0a

/** Byte position after each whole line. Bytes after the last one are a line that a kill truncated. */
const lineEnds = (bytes: Uint8Array): number[] => {
  const ends: number[] = []
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) ends.push(at + 1)
  return ends
}

const parseLine = (text: string, source: string): JournalLine => {
  const line = parseJson(text, source)
  if (!isRecord(line) || typeof line.event !== 'string' || typeof line.seconds !== 'number') {
    throw new TweedieError(
      'input',
      `${source}: expected an object with 'event' and 'seconds', got ${text.slice(0, 60)}`,
    )
  }
  return { ...(line as JsonRecord), event: line.event, seconds: line.seconds }
}

const readLines = (path: string): { bytes: Buffer; ends: number[] } => {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  return { bytes, ends: lineEnds(bytes) }
}

/**
 * The lines of a journal, without the truncated last one that a killed process may have left; `[]` when there
 * is no file.
 *
 * @throws TweedieError `input` naming the line that is not a journal event.
 */
export const readJournal = (path: string): JournalLine[] => {
  const { bytes, ends } = readLines(path)
  return ends.map((end, i) =>
    parseLine(bytes.subarray(i === 0 ? 0 : ends[i - 1], end - 1).toString('utf8'), `${path} line ${i + 1}`),
  )
}

/** A nearly full disk takes a part of a line and refuses the rest: that part is taken back. */
const writeLine = (descriptor: number, bytes: Uint8Array, end: number): void => {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
  } catch (error) {
    ftruncateSync(descriptor, end)
    throw error
  }
}

/**
 * Opens (or creates) a journal for appending; a truncated last line is cut off.
 *
 * @param now clock in seconds; tests give their own.
 * @throws TweedieError `io` when the file cannot be opened, `input` when a line in it is damaged.
 */
export const openJournal = (path: string, now: () => number = () => performance.now() / 1000): Journal => {
  const before = readJournal(path)
  const ends = readLines(path).ends
  const times = before.map((line) => line.seconds)
  const attempt = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw new TweedieError('io', `${path}: cannot write: ${systemReason(error)}`, { cause: error })
    }
  }
  const length = (): number => ends.at(-1) ?? 0
  const descriptor = attempt(() => openSync(path, 'a'))
  let start = 0
  const cut = (lines: number): void => {
    ends.length = times.length = Math.min(lines, ends.length)
    attempt(() => ftruncateSync(descriptor, length()))
    start = now() - (times.at(-1) ?? 0)
  }
  cut(before.length)

  return {
    get lines() {
      return ends.length
    },
    get seconds() {
      return now() - start
    },
    append: ({ event, ...figures }) => {
      const seconds = Math.round(1e3 * (now() - start)) / 1e3
      const bytes = Buffer.from(`${JSON.stringify({ event, ...figures, seconds })}\n`)
      const end = length()
      attempt(() => writeLine(descriptor, bytes, end))
      ends.push(end + bytes.length)
      times.push(seconds)
    },
    cut,
    flush: () => attempt(() => fsyncSync(descriptor)),
    close: () => closeSync(descriptor),
  }
}
