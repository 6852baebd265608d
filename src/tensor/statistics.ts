/** Averages of plain numbers. */

/**
 * The mean of numbers; NaN of none.
 *
 * @example
 * ```ts
 * average([1, 2, 3]) // 2
 * ```
 */
export const average = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum / values.length
}

/** The median: the middle value, or the mean of the two in the middle. */
export const median = (values: ArrayLike<number>): number => {
  const sorted = Array.from(values).sort((a, b) => a - b)
  const half = sorted.length / 2
  return (sorted[Math.floor(half - 0.5)] + sorted[Math.floor(half)]) / 2
}
