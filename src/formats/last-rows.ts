/** Rows that several arrays are made of, which are asked for one after the other. */

/**
 * A function of rows that remembers its last answer.
 *
 * @example
 * ```ts
 * const slices = lastRows((from, to) => readSlices(from, to))
 * slices(0, 16)
 * slices(0, 16) // not read again
 * ```
 */
export const lastRows = <T>(rows: (from: number, to: number) => T): ((from: number, to: number) => T) => {
  let last: { readonly from: number; readonly to: number; readonly made: T } | undefined
  return (from, to) => {
    if (last?.from !== from || last.to !== to) last = { from, to, made: rows(from, to) }
    return last.made
  }
}
