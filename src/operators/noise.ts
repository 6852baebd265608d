/** Gaussian noise n ~ N(0, Σy) of an observation, by its standard deviations. */
import { type Covariance, checkPositive, diagonal, isotropic, lowRank } from '../linalg/index.ts'
import { add, maximum, mul, NdArray, ndarray, square, type Tensor, toNumbers } from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'

/** Standard deviations of observations that have noise of their own: between these two, 0 < from < to. */
export interface NoiseRange {
  readonly from: number
  readonly to: number
}

const STD = 'noise: the standard deviation'

const squares = (std: NdArray): NdArray =>
  ndarray(
    toNumbers(std).map((s) => s * s),
    std.shape,
    'float64',
  )

/**
 * Σy = s² I.
 *
 * @param std - s > 0, in the units of the prior
 * @throws TweedieError `input` for a standard deviation that is not positive
 *
 * @example
 * ```ts
 * const observation = { y, A: mask(m), noise: isotropicNoise(0.1) }
 * ```
 */
export const isotropicNoise = (std: number): Covariance => {
  checkPositive(std, STD)
  return isotropic(std * std)
}

/**
 * Σy = diag(s²).
 *
 * @param std - s, [...event of y] or [B, ...event of y], each > 0
 * @throws TweedieError `input` for standard deviations that are not positive, as far as they are known when
 *   the program is traced
 *
 * @example
 * ```ts
 * const noise = diagonalNoise(ndarray([0.1, 0.1, 0.5], [3])) // the third entry is the worst
 * ```
 */
export const diagonalNoise = (std: Tensor | NdArray): Covariance => {
  checkPositive(std, STD)
  return diagonal(std instanceof NdArray ? squares(std) : square(std))
}

/**
 * Σy = diag(s²) + U Uᵀ: noise of each entry, and r patterns of it that entries share.
 *
 * @param std - s, [...event of y], each > 0
 * @param patterns - U, [r, ...event of y]
 * @throws TweedieError `input` for standard deviations that are not positive, `shape` when the two do not fit
 *
 * @example
 * ```ts
 * const noise = lowRankNoise(full([1, 28, 28], 0.05), drift) // drift [2, 1, 28, 28]
 * ```
 */
export const lowRankNoise = (std: NdArray, patterns: NdArray): Covariance => {
  const [rank, ...event] = patterns.shape
  if (String(event) !== String(std.shape))
    shapeError('lowRankNoise', `patterns [${patterns.shape}] do not fit standard deviations [${std.shape}]`)
  checkPositive(std, STD)
  const n = std.size
  const U = Array.from({ length: n * rank }, (_, k) =>
    Number(patterns.data[(k % rank) * n + Math.floor(k / rank)]),
  )
  return lowRank(squares(std), ndarray(U, [n, rank], 'float64'))
}

/**
 * Shot noise of a detector by its Gaussian approximation: counts are Poisson with mean `photons` · A x, of
 * variance `photons` · A x ≈ `photons` · y. So Σy = diag(max(y, 1/photons)/photons + s²): good from about ten
 * counts on; below, the true distribution is skewed and this one is not.
 *
 * @param y - the observation, in units where 0 is dark
 * @param photons - counts of an entry of value 1, > 0
 * @param floor - s, standard deviation of what else there is, ≥ 0; default 0
 * @throws TweedieError `input` for photons that are not positive
 */
export const poissonNoise = (y: Tensor, photons: number, floor = 0): Covariance => {
  checkPositive(photons, 'poissonNoise: photons')
  return diagonal(add(mul(maximum(y, 1 / photons), 1 / photons), floor * floor))
}
