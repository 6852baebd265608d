/**
 * The kinds of failure that callers may want to tell apart.
 *
 * `input`: what the user gave is wrong (exit code 2). `shape`: tensors do not fit. `device`: a device is
 * absent. `numeric`: NaN or Inf appeared. `io`: the system refused (disk full, permissions). `locked`:
 * another process owns the run. `interrupted`: the user or an AbortSignal stopped the work.
 */
export type ErrorCode = 'input' | 'shape' | 'device' | 'numeric' | 'io' | 'locked' | 'interrupted'

/** One line, whatever it quotes: files may hold anything. */
const oneLine = (message: string): string =>
  message.replace(/\p{Cc}/gu, (c) =>
    c === '\n' ? '\\n' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

/**
 * The only error that Tweedie throws on purpose: one line that says what was expected and what came.
 *
 * @example
 * ```ts
 * throw new TweedieError('input', "y.npy: field 'y' must have dtype float32, got '<i2'")
 * ```
 */
export class TweedieError extends Error {
  override readonly name = 'TweedieError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(oneLine(message), options)
    this.code = code
  }
}
