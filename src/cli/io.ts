import type { Json } from '../json.ts'
import type { Progress } from '../progress.ts'
import { type ProgressStyle, progressDisplay } from './progress-bar.ts'

/** How a command talks to its user. */
export interface Io {
  /** True when the result is wanted as JSON. */
  readonly json: boolean
  /** Aborted by Ctrl-C, by a terminal that closes, and when nobody reads the output any more. */
  readonly signal: AbortSignal
  readonly progress: Progress
  /** A remark on stderr; nothing with --quiet or --json. */
  note(text: string): void
  /** The result: with --json the object on stdout, once, else the text. */
  result(text: string, json: Json): void
  /** Ends an open progress bar. */
  end(): void
}

/** Where a command's words go; tests give their own. */
export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
}

const styleOf = (json: boolean, quiet: boolean, terminal: boolean): ProgressStyle => {
  if (quiet) return 'none'
  if (json) return 'json'
  return terminal ? 'bar' : 'lines'
}

/** Io over the given streams. */
export const makeIo = (
  { stdout, stderr }: Streams,
  { json = false, quiet = false }: { readonly json?: boolean; readonly quiet?: boolean },
  signal: AbortSignal,
): Io => {
  const display = progressDisplay(styleOf(json, quiet, stderr.isTTY === true), {
    write: (text) => stderr.write(text),
    columns: stderr.columns ?? 80,
    now: () => performance.now() / 1000,
  })
  return {
    json,
    signal,
    progress: display.show,
    note: (text) => {
      if (json || quiet) return
      display.end()
      stderr.write(`${text}\n`)
    },
    result: (text, value) => {
      display.end()
      stdout.write(`${json ? JSON.stringify(value) : text}\n`)
    },
    end: display.end,
  }
}
