import { TweedieError } from '../error.ts'
import { HUNG_UP, INTERRUPTED } from '../run/interrupt.ts'

/** 0 done, 1 failure, 2 bad input, 130 interrupted, 129 interrupted by a terminal that closed. */
export type ExitCode = 0 | 1 | 2 | typeof HUNG_UP | typeof INTERRUPTED

/** What interrupted the work: the innermost cause. */
const reasonOf = (error: unknown): unknown => (error instanceof Error ? reasonOf(error.cause) : error)

/** The exit code by which a script knows what kind of error it was. */
export const exitCodeOf = (error: unknown): ExitCode => {
  if (!(error instanceof TweedieError)) return 1
  if (error.code === 'interrupted') return reasonOf(error) === 'SIGHUP' ? HUNG_UP : INTERRUPTED
  return error.code === 'input' || error.code === 'shape' ? 2 : 1
}

/**
 * One line for the user, or everything with `debug`. What is not a TweedieError is a fault of ours, and says
 * so.
 */
export const explain = (error: unknown, debug: boolean): string => {
  if (debug && error instanceof Error) return `tweedie: ${withCauses(error)}`
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ')
  return error instanceof TweedieError
    ? `tweedie: ${message}`
    : `tweedie: unexpected error: ${message} (--debug shows where)`
}

const withCauses = (error: Error): string =>
  error.cause instanceof Error ? `${error.stack}\ncaused by ${withCauses(error.cause)}` : `${error.stack}`
