/** Fraction of the interval [from, to] that lies in [low, high]. */
export const overlap = (from: number, to: number, low: number, high: number): number =>
  Math.max(0, Math.min(to, high) - Math.max(from, low)) / (to - from)

/**
 * How many of `count` draws lie below a value and how many equal it; draw d is `values[first + d · stride]`.
 */
export const rankAmong = (
  value: number,
  values: ArrayLike<number>,
  count: number,
  first = 0,
  stride = 1,
): { below: number; equal: number } => {
  let [below, equal] = [0, 0]
  for (let d = 0, at = first; d < count; d++, at += stride) {
    if (values[at] < value) below++
    else if (values[at] === value) equal++
  }
  return { below, equal }
}

/** Linearly interpolated quantile of ascending values (type 7 of Hyndman and Fan, the default of NumPy). */
export const sampleQuantile = (sorted: ArrayLike<number>, p: number): number => {
  const at = p * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/**
 * Σ parts / Σ counts over independent problems, with the standard error of that ratio: entries of one problem
 * may depend on each other in any way. NaN for one problem.
 */
export const ratioOverProblems = (
  parts: Float64Array,
  counts: Float64Array,
): { value: number; standardError: number } => {
  const n = parts.length
  const total = counts.reduce((a, b) => a + b, 0)
  const value = parts.reduce((a, b) => a + b, 0) / total
  const scatter = parts.reduce((sum, part, i) => sum + (part - value * counts[i]) ** 2, 0)
  return { value, standardError: n > 1 ? Math.sqrt((scatter * n) / (n - 1)) / total : Number.NaN }
}
