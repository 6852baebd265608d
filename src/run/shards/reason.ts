/** The innermost reason of a failure, of the first of several at once (a host of several addresses). */
export const reasonOf = (cause: unknown): string => {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0])
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause === undefined ? cause.message || cause.name : reasonOf(cause.cause)
}
