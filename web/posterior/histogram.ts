/** A histogram of equal bins. */
export interface Histogram {
  /** Edges, ascending: one more than bins. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

/** Counts of values in bins of equal width between two ends; the last bin holds its upper end. */
export const histogramOf = (
  values: ArrayLike<number>,
  low: number,
  high: number,
  bins: number,
): Histogram => {
  const width = (high - low) / bins
  const counts = new Array<number>(bins).fill(0)
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.floor((values[i] - low) / width))
    if (bin >= 0 && values[i] <= high) counts[bin]++
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + i * width), counts }
}

/** A histogram over all of the values: of at most √K rounded up, and at least 5, bins. */
export const spannedHistogram = (values: ArrayLike<number>): Histogram => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i])
    high = Math.max(high, values[i])
  }
  const half = 0.5 * (high > low ? 0 : Math.max(1e-6, 1e-6 * Math.abs(low)))
  return histogramOf(values, low - half, high + half, Math.max(5, Math.ceil(Math.sqrt(values.length))))
}
