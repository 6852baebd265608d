/**
 * What a factor leaves is seldom white on a grid: neighbours share it. With the standard deviations s of the
 * rest, d = s², and the correlations R of a kernel,
 *
 *   U Uᵀ + c diag(s) (φ R + (1 − φ) I) diag(s)
 *
 * makes a share φ of the rest a field; c is 1 where its variances are right. So that products stay cheap, R
 * becomes
 * L Lᵀ + diag(rest) by pivoted Cholesky decomposition (Harbrecht, Peters & Schneider 2012): each column takes
 * the place that those before it tell least of, and what is left stays on the diagonal, exactly.
 */
import { type Kernel, kernels } from './matern.ts'
import { type Places, squaredDistance } from './places.ts'
import type { FactorGaussian } from './predictive-density.ts'

/** The field in what a factor leaves. */
export interface ResidualKernel {
  readonly kernel: keyof typeof kernels
  /** In the units of the places. */
  readonly range: number
  /** φ in [0, 1). */
  readonly share: number
  /** c > 0. */
  readonly scale: number
  /** Correlation of two channels at the same place, in [0, 1). */
  readonly channels: number
}

/** Of correlations R [n, n]: L [n, columns] and the diagonal of R − L Lᵀ. */
export interface PartialCholesky {
  readonly columns: number
  readonly L: Float64Array
  readonly rest: Float64Array
}

/** What is left of a variance of 1 that no column is spent on. */
const NEGLIGIBLE = 1e-6

/** R ≈ L Lᵀ + diag(rest). @param R - entry (i, j) of correlations. */
export const partialCholesky = (
  n: number,
  R: (i: number, j: number) => number,
  most: number,
): PartialCholesky => {
  const rest = new Float64Array(n).fill(1)
  const columns: Float64Array[] = []
  while (columns.length < most) {
    let pivot = 0
    for (let i = 1; i < n; i++) if (rest[i] > rest[pivot]) pivot = i
    if (rest[pivot] < NEGLIGIBLE) break
    const root = Math.sqrt(rest[pivot])
    const column = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      let value = R(i, pivot)
      for (const c of columns) value -= c[i] * c[pivot]
      column[i] = value / root
    }
    for (let i = 0; i < n; i++) rest[i] = Math.max(rest[i] - column[i] ** 2, 0)
    rest[pivot] = 0
    columns.push(column)
  }
  const k = columns.length
  const L = new Float64Array(n * k)
  for (const [j, column] of columns.entries()) for (let i = 0; i < n; i++) L[i * k + j] = column[i]
  return { columns: k, L, rest }
}

/** Correlations of the entries of a signal, channel after channel. */
export const correlationOf = (
  { points }: Places,
  { kernel, range, channels }: Pick<ResidualKernel, 'kernel' | 'range' | 'channels'>,
): ((i: number, j: number) => number) => {
  const rho: Kernel = kernels[kernel]
  const size = points.length
  return (i, j) => {
    const [a, b] = [i % size, j % size]
    const place = a === b ? 1 : rho(Math.sqrt(squaredDistance(points[a], points[b])) / range)
    return Math.floor(i / size) === Math.floor(j / size) ? place : channels * place
  }
}

/** The Gaussian with a share of its diagonal turned into a field. */
export const withField = (
  { mean, variance, factor }: FactorGaussian,
  { columns, L, rest }: PartialCholesky,
  { share, scale }: Pick<ResidualKernel, 'share' | 'scale'>,
): FactorGaussian => {
  const n = mean.length
  const r = factor.length / n
  const width = r + columns
  const wide = new Float64Array(n * width)
  for (let p = 0; p < n; p++) {
    const s = Math.sqrt(scale * share * variance[p])
    for (let j = 0; j < r; j++) wide[p * width + j] = factor[p * r + j]
    for (let j = 0; j < columns; j++) wide[p * width + r + j] = s * L[p * columns + j]
  }
  return { mean, variance: variance.map((d, p) => scale * d * (1 - share + share * rest[p])), factor: wide }
}
