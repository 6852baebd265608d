/** Rows that several arrays are made of, which are asked for one after the other. */

/**
 * A function of rows that remembers its last answer.
 *
 * @example
 * ```ts
 * const squares = lastRows((from, to) => Array.from({ length: to - from }, (_, i) => (from + i) ** 2))
 * squares(0, 16)
 * squares(0, 16) // not made again
 * ```
 */
export const lastRows = <T>(rows: (from: number, to: number) => T): ((from: number, to: number) => T) => {
  let last: { readonly from: number; readonly to: number; readonly made: T } | undefined
  return (from, to) => {
    if (last?.from !== from || last.to !== to) last = { from, to, made: rows(from, to) }
    return last.made
  }
}
