/**
 * Covariance matrices Σ over events of N entries, in the forms whose products and inverses are cheap. The
 * noise of an observation and a Gaussian prior are both one of these. They are plain data, which can be
 * saved; what is done with them stands in covariance-products.ts.
 */
import { TweedieError } from '../error.ts'
import { average, type NdArray, type Shape, sizeOf, type Tensor, toNumbers } from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import { Constant } from '../tensor/tensor.ts'

/** Σ = s² I. */
export interface IsotropicCovariance {
  readonly kind: 'isotropic'
  /** s² > 0. */
  readonly variance: number
}

/** Σ = diag(d). */
export interface DiagonalCovariance {
  readonly kind: 'diagonal'
  /**
   * d > 0: one number for each entry of the event, or for each entry of a batch, [B, ...event], or one for
   * all entries of a row of it, [B, 1, ...].
   */
  readonly variance: NdArray | Tensor
}

/** Σ = D + U Uᵀ with D = s² I or diag(d): what PPCA fits, and noise with patterns that entries share. */
export interface LowRankCovariance {
  readonly kind: 'lowRank'
  /** s² > 0, or d > 0 with one number for each entry. */
  readonly variance: number | NdArray
  /** U [N, r], any columns. */
  readonly factor: NdArray
}

/** Any Σ of an event that is small enough to be written out. */
export interface FullRankCovariance {
  readonly kind: 'fullRank'
  /** Σ [N, N], symmetric and positive definite. */
  readonly matrix: NdArray
}

/**
 * Σ = B (D + U Uᵀ) Bᵀ in the cosine basis B of the axes of an event (cosine-basis.ts): fields that are alike
 * everywhere, at all their scales, beside some factors.
 */
export interface CosineCovariance {
  readonly kind: 'cosine'
  /** Shape of the event, N entries. */
  readonly event: Shape
  /** Of the coefficients [N]; its variances are arrays of N numbers. */
  readonly within: DiagonalCovariance | LowRankCovariance
}

/**
 * Any other Σ, known by its products: noise that is stationary in some basis, for example. It cannot be
 * saved.
 */
export interface CustomCovariance {
  readonly kind: 'custom'
  /** Σ v for v [B, ...event]. */
  apply(v: Tensor): Tensor
  /** L z with L Lᵀ = Σ, for standard normal z [B, ...event]. */
  factor(z: Tensor): Tensor
  /** Σ⁻¹ v. */
  inverse(v: Tensor): Tensor
  /** ln det Σ of events like those of v. */
  logDet(v: Tensor): number | Tensor
}

/** A covariance matrix over events. Arrays are float32 or float64; programs take them in their own dtype. */
export type Covariance =
  | IsotropicCovariance
  | DiagonalCovariance
  | LowRankCovariance
  | FullRankCovariance
  | CosineCovariance
  | CustomCovariance

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0

/**
 * Checks that all values are positive numbers; those of a program's inputs are not known and pass.
 *
 * @param what - what the values are, for the message
 * @throws TweedieError `input` when one is not
 */
export const checkPositive = (values: number | NdArray | Tensor, what: string): void => {
  const refuse = (value: number, where = ''): never => {
    throw new TweedieError('input', `${what} must be positive, got ${value}${where}`)
  }
  if (typeof values === 'number') {
    if (!isPositive(values)) refuse(values)
    return
  }
  const array = values instanceof Constant ? values.value : values
  if (!('data' in array)) return
  for (let i = 0; i < array.data.length; i++) {
    const value = Number(array.data[i])
    if (!isPositive(value)) refuse(value, ` at entry ${i}`)
  }
}

/**
 * Σ = s² I.
 *
 * @param variance - s² > 0
 * @throws TweedieError `input` for another number
 *
 * @example
 * ```ts
 * const covariance = isotropic(0.25) // a standard deviation of 0.5
 * ```
 */
export const isotropic = (variance: number): IsotropicCovariance => {
  checkPositive(variance, 'isotropic: the variance')
  return { kind: 'isotropic', variance }
}

/**
 * Σ = diag(d).
 *
 * @param variance - d > 0: one number for each entry of the event, or for each entry of a batch, [B,
 *   ...event]
 * @throws TweedieError `input` for numbers that are not positive
 *
 * @example
 * ```ts
 * const covariance = diagonal(ndarray([0.1, 0.1, 0.4], [3]))
 * ```
 */
export const diagonal = (variance: NdArray | Tensor): DiagonalCovariance => {
  checkPositive(variance, 'diagonal: each variance')
  return { kind: 'diagonal', variance }
}

/**
 * Σ = D + U Uᵀ with D = s² I or diag(d).
 *
 * @param variance - s² > 0, or d [N] > 0
 * @param factor - U [N, r]; its columns need not be orthogonal: a Cholesky factor will do
 * @throws TweedieError `input` for variances that are not positive, `shape` when the two do not fit
 *
 * @example
 * ```ts
 * const prior = gaussianDenoiser({ mean, covariance: lowRank(0.1, ndarray([0.9, 0.3, -0.6], [3, 1])) })
 * ```
 */
export const lowRank = (variance: number | NdArray, factor: NdArray): LowRankCovariance => {
  checkPositive(variance, 'lowRank: each variance')
  const [n] = factor.shape
  const wanted = typeof variance === 'number' ? n : variance.size
  if (factor.shape.length !== 2 || wanted !== n) {
    const rows = wanted === n ? '' : ` with N = ${wanted}`
    shapeError('lowRank', `expected U [N, r]${rows}, got [${factor.shape}]`)
  }
  return { kind: 'lowRank', variance, factor }
}

/** The mean of the diagonal of D. */
export const meanVariance = ({ variance }: LowRankCovariance): number =>
  typeof variance === 'number' ? variance : average(toNumbers(variance))

/**
 * Largest difference of Σ and Σᵀ that counts as rounding, relative to the largest entry: that of float32
 * sums.
 */
const ASYMMETRY = 1e-4

/**
 * Any Σ, written out.
 *
 * @param matrix - Σ [N, N], symmetric and positive definite; N up to some hundreds, since it is decomposed
 * @throws TweedieError `shape` for another shape, `input` when it is not symmetric; when it is first used,
 *   `input` unless it is positive definite
 *
 * @example
 * ```ts
 * const prior = gaussianDenoiser({ mean, covariance: fullRank(ndarray([1, 0.5, 0.5, 1], [2, 2])) })
 * ```
 */
export const fullRank = (matrix: NdArray): FullRankCovariance => {
  const [n, columns] = matrix.shape
  if (matrix.shape.length !== 2 || n !== columns)
    shapeError('fullRank', `expected Σ [N, N], got [${matrix.shape}]`)
  const at = (i: number, j: number): number => Number(matrix.data[i * n + j])
  const size = Array.from({ length: n }, (_, i) => Math.abs(at(i, i))).reduce((a, b) => Math.max(a, b), 0)
  for (let k = 0; k < matrix.size; k++) {
    const [i, j] = [Math.floor(k / n), k % n]
    if (!(Math.abs(at(i, j) - at(j, i)) <= ASYMMETRY * size))
      throw new TweedieError(
        'input',
        `fullRank: Σ must be symmetric, got ${at(i, j)} at ${i}, ${j} and ${at(j, i)} at ${j}, ${i}`,
      )
  }
  return { kind: 'fullRank', matrix }
}

/**
 * Σ = B (D + U Uᵀ) Bᵀ in the cosine basis of an event.
 *
 * @param event - [C, H, W], [C, V] or [V]
 * @param within - the covariance of the coefficients, `diagonal` or `lowRank`, of as many entries
 * @throws TweedieError `shape` when the two do not fit
 *
 * @example
 * ```ts
 * const smooth = cosine([4], diagonal(ndarray([1, 0.3, 0.1, 0.03], [4])))
 * ```
 */
export const cosine = (event: Shape, within: CosineCovariance['within']): CosineCovariance => {
  const n = within.kind === 'lowRank' ? within.factor.shape[0] : sizeOf(within.variance.shape)
  if (n !== sizeOf(event))
    shapeError('cosine', `expected a covariance of the ${sizeOf(event)} entries of [${event}], got ${n}`)
  return { kind: 'cosine', event, within }
}
