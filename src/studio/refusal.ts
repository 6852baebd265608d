/** What a request is refused with: a status and one plain line. */
import { TweedieError } from '../error.ts'

/** Statuses that the studio answers with when it does not do what was asked. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 500

/** A request that is refused; its message is one line for the person at the page. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: RefusalStatus

  constructor(status: RefusalStatus, message: string) {
    super(message)
    this.status = status
  }
}

const codes: Readonly<Partial<Record<TweedieError['code'], RefusalStatus>>> = {
  input: 400,
  shape: 400,
  locked: 409,
}

/** An error as a refusal: what the command line says in one line, the page says too. */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  if (error instanceof TweedieError) return new Refusal(codes[error.code] ?? 500, error.message)
  return new Refusal(500, `unexpected error: ${error instanceof Error ? error.message : String(error)}`)
}
