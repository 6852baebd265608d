/**
 * Kolmogorov's statistic √n sup |F_n - F| of a sample against a distribution function; above
 * 1.95 has probability 0.001.
 */
export const kolmogorov = (sample: ArrayLike<number>, cdf: (x: number) => number): number => {
  const sorted = Float64Array.from(sample).sort()
  const n = sorted.length
  let worst = 0
  for (let i = 0; i < n; i++) {
    const f = cdf(sorted[i])
    worst = Math.max(worst, (i + 1) / n - f, f - i / n)
  }
  return worst * Math.sqrt(n)
}

/** Mean of the k-th powers. */
export const moment = (sample: ArrayLike<number>, k: number): number =>
  Float64Array.from(sample).reduce((sum, x) => sum + x ** k, 0) / sample.length

/** Standard normal distribution function by Simpson's rule from 0 (error < 1e-9 for |x| < 7). */
export const normalCdf = (x: number): number => {
  const steps = 2 * Math.ceil(Math.abs(x) * 50) + 2
  const h = x / steps
  const density = (t: number) => Math.exp(-0.5 * t * t) / Math.sqrt(2 * Math.PI)
  let sum = density(0) + density(x)
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * density(i * h)
  return 0.5 + (sum * h) / 3
}
