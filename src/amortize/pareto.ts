/**
 * Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry, "Pareto smoothed importance
 * sampling", JMLR 25, 2024): the largest ratios are replaced by quantiles of a generalised Pareto
 * distribution fitted to them, whose shape k says whether weighting can be trusted: ratios have a finite
 * variance below 1/2, and averages converge in practice below 0.7.
 */
import { TweedieError } from '../error.ts'

/** Exceedances z > 0 with P(Z > z) = (1 + k z/scale)^(−1/k); exponential for k = 0. */
export interface GeneralizedPareto {
  readonly k: number
  readonly scale: number
}

/** Ratios in the tail that a fit needs at least. */
const LEAST = 5

/**
 * The generalised Pareto distribution of exceedances by the quasi-Bayesian estimate of Zhang & Stephens
 * (Technometrics 51, 2009): with θ = −k/scale the profile log-likelihood is n (log(θ/κ) + κ − 1), κ = −mean
 * log(1 − θ z) being −k; θ is averaged over a grid of it.
 *
 * @param exceedances - at least five, ascending, > 0
 * @throws TweedieError `input` for fewer, and for others
 */
export const fitPareto = (exceedances: ArrayLike<number>): GeneralizedPareto => {
  const z = Array.from(exceedances)
  const n = z.length
  if (n < LEAST || !(z[0] >= 0) || !(z[n - 1] > 0) || z.some((v, i) => i > 0 && !(v >= z[i - 1])))
    throw new TweedieError('input', `pareto: needs at least ${LEAST} exceedances in ascending order`)
  const points = 30 + Math.floor(Math.sqrt(n))
  const quartile = Math.max(z[Math.floor(n / 4 + 0.5) - 1], Number.MIN_VALUE / Number.EPSILON)
  const shapeAt = (theta: number): number => z.reduce((sum, v) => sum + Math.log1p(-theta * v), 0) / n
  const grid = Array.from({ length: points }, (_, j) => {
    const theta = 1 / z[n - 1] + (1 - Math.sqrt(points / (j + 0.5))) / (3 * quartile)
    const k = shapeAt(theta)
    return { theta, log: n * (Math.log(-theta / k) - k - 1) }
  })
  const highest = Math.max(...grid.map(({ log }) => log))
  const masses = grid.map(({ log }) => Math.exp(log - highest))
  const total = masses.reduce((a, b) => a + b, 0)
  const theta = grid.reduce((sum, point, j) => sum + (point.theta * masses[j]) / total, 0)
  const k = shapeAt(theta)
  return { k, scale: -k / theta }
}

/** Where P(Z < z) = p. */
const quantile = ({ k, scale }: GeneralizedPareto, p: number): number =>
  Math.abs(k) < 1e-12 ? -scale * Math.log1p(-p) : (scale * Math.expm1(-k * Math.log1p(-p))) / k

/** Smoothed importance weights. */
export interface SmoothedWeights {
  /** They add up to 1. */
  readonly weights: Float64Array
  /**
   * Shape of the tail; NaN for fewer than 25 ratios, too few to tell, and 0 when there is no tail: all large
   * ratios are equal.
   */
  readonly k: number
  /** Effective sample size, 1/Σ w². */
  readonly effective: number
}

/** Ratios in the tail of S: at most a fifth of them, and 3√S. */
const tailOf = (count: number): number => Math.ceil(Math.min(0.2 * count, 3 * Math.sqrt(count)))

/**
 * The fit of the tail, k drawn a little towards 1/2 by a prior worth ten observations, as the paper does for
 * small tails.
 */
const regularised = ({ k, scale }: GeneralizedPareto, n: number): GeneralizedPareto => ({
  k: (n * k + 5) / (n + 10),
  scale,
})

const normalised = (logs: Float64Array, k: number): SmoothedWeights => {
  const highest = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  const raw = logs.map((log) => Math.exp(log - highest))
  const total = raw.reduce((a, b) => a + b, 0)
  const weights = raw.map((w) => w / total)
  return { weights, k, effective: 1 / weights.reduce((sum, w) => sum + w * w, 0) }
}

/**
 * Smooths importance ratios.
 *
 * @param logRatios - log of unnormalised ratios, one for each draw
 * @throws TweedieError `numeric` when one is no number, or none is finite
 *
 * @example
 * ```ts
 * const { weights, k, effective } = paretoSmoothed([-3.1, -2.9, -3.4, -0.2, -3.0])
 * ```
 */
export const paretoSmoothed = (logRatios: ArrayLike<number>): SmoothedWeights => {
  const logs = Float64Array.from(logRatios)
  const highest = logs.reduce((a, b) => Math.max(a, b), -Infinity)
  if (!Number.isFinite(highest) || logs.some(Number.isNaN))
    throw new TweedieError('numeric', `pareto: the largest of ${logs.length} log-ratios is ${highest}`)
  const tail = tailOf(logs.length)
  if (tail < LEAST) return normalised(logs, Number.NaN)
  const shifted = logs.map((log) => log - highest)
  const order = Array.from(shifted.keys()).sort((a, b) => shifted[a] - shifted[b])
  const top = order.slice(-tail)
  const cutoff = Math.exp(shifted[order[order.length - tail - 1]])
  const exceedances = top.map((i) => Math.exp(shifted[i]) - cutoff)
  if (!(exceedances[tail - 1] > 0)) return normalised(shifted, 0)
  const fit = regularised(fitPareto(exceedances), tail)
  for (const [j, i] of top.entries())
    shifted[i] = Math.min(0, Math.log(cutoff + quantile(fit, (j + 0.5) / tail)))
  return normalised(shifted, fit.k)
}

/** The k up to which averages of S weighted draws can be trusted: min(1 − 1/log₁₀ S, 0.7). */
export const paretoThreshold = (count: number): number => Math.min(1 - 1 / Math.log10(count), 0.7)
