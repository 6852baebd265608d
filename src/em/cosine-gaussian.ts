/**
 * Gaussians in the cosine basis of a grid: a field that is alike everywhere at all its scales, beside a few
 * factors. A field by some columns has its large scales only, and images are interpolated by the small ones.
 */
import type { Gaussian } from '../diffusion/index.ts'
import {
  type CosineCovariance,
  cosine,
  cosineBasis,
  cosineFrequencies,
  cosinesOf,
  diagonal,
  lowRank,
} from '../linalg/index.ts'
import { range } from '../posterior/index.ts'
import { average, NdArray, ndarray, type Shape, sizeOf, toNumbers } from '../tensor/index.ts'
import type { SampleRows } from '../training/index.ts'
import { type Kernel, kernels } from './matern.ts'
import { FULL_RANK_VARIANCE, ppca } from './ppca.ts'
import type { FactorGaussian } from './predictive-density.ts'
import type { ResidualKernel } from './residual-kernel.ts'

/** Factors that are kept apart, at most: a denoiser solves a system of so many equations at every step. */
const FACTORS = 16

/** a_k(d) = Σ_i b_k(i) b_k(i + d) of the cosines of n places, [k, d], those of d and −d together. */
const alongOffsets = (n: number): Float64Array => {
  const b = cosineBasis(n).data
  const a = new Float64Array(n * n)
  for (let k = 0; k < n; k++)
    for (let d = 0; d < n; d++) {
      let sum = 0
      for (let i = 0; i + d < n; i++) sum += b[k * n + i] * b[k * n + i + d]
      a[k * n + d] = d === 0 ? sum : 2 * sum
    }
  return a
}

/**
 * The diagonal of Bᵀ R B, for correlations R of a kernel on a grid [H, W] or [V]: with offsets d, e and
 * a_k(d) = Σ_i b_k(i) b_k(i + d) it is Σ_d Σ_e a_k(d) a_l(e) ρ(‖(d, e)‖/ℓ).
 */
export const cosineSpectrum = (grid: Shape, kernel: Kernel, range: number): number[] => {
  const [h, w] = grid.length === 1 ? [1, grid[0]] : grid
  const [down, across] = [alongOffsets(h), alongOffsets(w)]
  const half = new Float64Array(h * w) // [offset down, frequency across]
  for (let d = 0; d < h; d++)
    for (let l = 0; l < w; l++)
      for (let e = 0; e < w; e++) half[d * w + l] += across[l * w + e] * kernel(Math.hypot(d, e) / range)
  return Array.from({ length: h * w }, (_, i) => {
    const [k, l] = [Math.floor(i / w), i % w]
    let sum = 0
    for (let d = 0; d < h; d++) sum += down[k * h + d] * half[d * w + l]
    return Math.max(sum, 0)
  })
}

/** The largest columns of U [n, r] as coefficients, and the variances that the others add to them. */
const leadingColumns = (event: Shape, factor: Float64Array): { columns: number[]; rest: number[] } => {
  const n = sizeOf(event)
  const r = factor.length / n
  const kept = Math.min(r, FACTORS)
  const coefficients = Array.from({ length: r }, (_, j) =>
    cosinesOf(
      event,
      Array.from({ length: n }, (_, p) => factor[p * r + j]),
    ),
  )
  const power = coefficients.map((column) => column.reduce((sum, v) => sum + v * v, 0))
  const order = power.map((_, j) => j).sort((a, b) => power[b] - power[a])
  const rest = new Array<number>(n).fill(0)
  for (const j of order.slice(kept)) for (let p = 0; p < n; p++) rest[p] += coefficients[j][p] ** 2
  const columns = Array.from(
    { length: n * kept },
    (_, i) => coefficients[order[i % kept]][Math.floor(i / kept)],
  )
  return { columns, rest }
}

const covarianceOf = (
  event: Shape,
  variance: readonly number[],
  columns: readonly number[],
): CosineCovariance => {
  const n = variance.length
  const own = ndarray(
    variance.map((v) => Math.max(v, FULL_RANK_VARIANCE)),
    [n],
  )
  return cosine(
    event,
    columns.length === 0 ? diagonal(own) : lowRank(own, ndarray(columns, [n, columns.length / n])),
  )
}

/**
 * Spread of the variances of the entries, relative to their mean, up to which they count as alike.
 */
const ALIKE = 0.5

/** Whether the entries vary alike, so that a field that is alike everywhere has their variances. */
export const variesAlike = (variance: Float64Array): boolean => {
  const mean = average(variance)
  return Math.sqrt(average(variance.map((v) => (v - mean) ** 2))) < ALIKE * mean
}

/**
 * The Gaussian of factors beside a field, U Uᵀ + c v̄ (φ R + (1 − φ) I) with the mean v̄ of the variances, in
 * the cosine basis of its grid.
 *
 * @param event - [C, H, W] or [C, V]
 */
export const fieldInCosines = (
  event: Shape,
  { mean, variance, factor }: FactorGaussian,
  { kernel, range, share, scale, channels: shared }: ResidualKernel,
): Gaussian => {
  const [channels, ...grid] = event
  const spectrum = cosineSpectrum(grid, kernels[kernel], range)
  const { columns, rest } = leadingColumns(event, factor)
  const level = scale * average(variance)
  // The first vector of the basis of the channels is their mean; all others vary alike.
  const between = (c: number): number => (c === 0 ? 1 + (channels - 1) * shared : 1 - shared)
  const own = rest.map((more, p) => {
    const [c, k] = [Math.floor(p / spectrum.length), p % spectrum.length]
    return more + level * (share * between(c) * spectrum[k] + 1 - share)
  })
  return { mean: ndarray(mean, [mean.length]), covariance: covarianceOf(event, own, columns) }
}

/** Rings of frequencies in which the variances of a field are taken together. */
const RINGS = 48

/** Variances of coefficients, averaged over the rings of each channel. */
const ringMeans = (event: Shape, variances: readonly number[]): number[] => {
  const ringOf = cosineFrequencies(event).map(
    ([channel, ...k]) => `${channel} ${Math.round(RINGS * Math.hypot(...k))}`,
  )
  const sums = new Map<string, { sum: number; count: number }>()
  for (const [p, ring] of ringOf.entries()) {
    const { sum, count } = sums.get(ring) ?? { sum: 0, count: 0 }
    sums.set(ring, { sum: sum + variances[p], count: count + 1 })
  }
  return ringOf.map((ring) => {
    const { sum = 0, count = 1 } = sums.get(ring) ?? {}
    return sum / count
  })
}

/** Rounds of field and factors in turn: what the factors explain is no part of the field. */
const ROUNDS = 3

/**
 * PPCA beside a field: with the variances λ of the cosine coefficients of the samples, taken together by
 * rings of frequencies, the samples in units of √λ are those of a Gaussian d I + V Vᵀ, fitted by `ppca`; and
 * again with what the factors √λ V leave of the variances.
 *
 * @param given - [S, ...event], all of which are in memory meanwhile
 * @param rank - of V, at most 16 columns are taken
 *
 * @example
 * ```ts
 * const { covariance } = await cosinePpca(samples, 8) // kind 'cosine'
 * ```
 */
export const cosinePpca = async (given: NdArray | SampleRows, rank: number): Promise<Gaussian> => {
  const samples = given instanceof NdArray ? given : given.rowsAt(range(0, given.count))
  const [count, ...event] = samples.shape
  const n = sizeOf(event)
  const r = Math.min(rank, FACTORS, n)
  const mean = new Float64Array(n)
  for (let i = 0; i < samples.size; i++) mean[i % n] += Number(samples.data[i]) / count
  const coefficients = new Float32Array(samples.size)
  const variances = new Array<number>(n).fill(0)
  for (let k = 0; k < count; k++) {
    const row = Array.from(mean, (m, p) => Number(samples.data[k * n + p]) - m)
    for (const [p, c] of cosinesOf(event, row).entries()) {
      coefficients[k * n + p] = c
      variances[p] += (c * c) / count
    }
  }
  let [left, columns] = [variances, new Array<number>(n * r).fill(0)]
  for (let round = 0; round < ROUNDS; round++) {
    const scales = ringMeans(event, left).map((v) => Math.sqrt(Math.max(v, FULL_RANK_VARIANCE)))
    const white = coefficients.map((c, i) => c / scales[i % n])
    const { covariance } = await ppca(new NdArray('float32', [count, n], white), r)
    columns = toNumbers(covariance.factor).map((v, i) => v * scales[Math.floor(i / r)])
    left = variances.map((v, p) => columns.slice(p * r, (p + 1) * r).reduce((rest, u) => rest - u * u, v))
  }
  return { mean: ndarray(mean, [n]), covariance: covarianceOf(event, ringMeans(event, left), columns) }
}
