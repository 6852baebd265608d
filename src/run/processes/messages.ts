/** What a process that works for another is told, and what it says. */
import { z } from 'zod'
import { type ErrorCode, TweedieError } from '../../error.ts'

const toldSchema = z.object({ job: z.unknown() })

/** What it is told: a job. */
export interface Told {
  readonly job: unknown
}

/** A message that a process got. @throws Error for any other */
export const toldOf = (message: unknown): Told => ({ job: toldSchema.parse(message).job })

/**
 * What it says: that it is ready for the first job, what came of a job, or that it failed. What fails before
 * it was ever ready is the beginning.
 */
const saidSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('done'), result: z.unknown().optional() }), // undefined is not written as JSON
  z.object({ kind: z.literal('failed'), code: z.string(), message: z.string() }),
])

export type Said = z.output<typeof saidSchema>

/** A message of a process. @throws Error for any other */
export const saidOf = (message: unknown): Said => saidSchema.parse(message)

type Failed = Extract<Said, { kind: 'failed' }>

/** Failures that another process would meet too. */
const lasting: readonly ErrorCode[] = ['numeric', 'input', 'shape', 'device', 'io']

/** The error of a process, here. */
export const errorOf = ({ code: said, message }: Failed): Error => {
  const code = lasting.find((one) => one === said)
  return code ? new TweedieError(code, message) : new Error(message)
}

/** An error, to be said elsewhere. */
export const failed = (cause: unknown): Failed => ({
  kind: 'failed',
  code: cause instanceof TweedieError ? cause.code : 'unknown',
  message: cause instanceof Error ? cause.message : String(cause),
})
