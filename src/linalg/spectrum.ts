/** Eigenvalues and eigenvectors of covariances, found once outside programs, in float64. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { TweedieError } from '../error.ts'
import { type NdArray, ndarray, toNumbers } from '../tensor/index.ts'
import type { FullRankCovariance, LowRankCovariance } from './covariance.ts'

/** Orthonormal columns Q [N, k] with their eigenvalues. */
export interface Spectrum {
  readonly vectors: NdArray<'float64'>
  readonly values: readonly number[]
}

const eigen = (symmetric: Matrix): { W: Matrix; values: number[] } => {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  })
  return { W: eigenvectorMatrix, values: realEigenvalues }
}

const asMatrix = (array: NdArray): Matrix =>
  Matrix.from1DArray(array.shape[0], array.shape[1], toNumbers(array))

const asArray = (matrix: Matrix): NdArray<'float64'> =>
  ndarray(matrix.to1DArray(), [matrix.rows, matrix.columns], 'float64')

/** A function of an object, worked out once for each. */
const once = <K extends object, V>(make: (key: K) => V): ((key: K) => V) => {
  const known = new WeakMap<K, V>()
  return (key) => {
    const found = known.get(key) ?? make(key)
    known.set(key, found)
    return found
  }
}

/**
 * Σ = Q Λ Qᵀ, all of it.
 *
 * @throws TweedieError `input` unless Σ is positive definite
 */
export const fullSpectrum: (covariance: FullRankCovariance) => Spectrum = once(({ matrix }) => {
  const M = asMatrix(matrix)
  const { W, values } = eigen(Matrix.add(M, M.transpose()).div(2))
  const least = values.reduce((a, b) => Math.min(a, b), Infinity)
  if (!(least > 0))
    throw new TweedieError(
      'input',
      `fullRank: Σ must be positive definite, its smallest eigenvalue is ${least.toPrecision(3)}`,
    )
  return { vectors: asArray(W), values }
})

/**
 * Standard deviations S of the entries, and the eigenvectors of V Vᵀ, V = S⁻¹ U, whose eigenvalues are not 0.
 */
export interface WhiteSpectrum extends Spectrum {
  /** S [N]. */
  readonly stds: NdArray<'float64'>
}

/**
 * Σ = S (I + Q Λ Qᵀ) S for Σ = S² + U Uᵀ: functions of I + V Vᵀ act on the columns of Q alone. They are found
 * from the eigenvectors of the small matrix Vᵀ V.
 */
export const whiteSpectrum: (covariance: LowRankCovariance) => WhiteSpectrum = once(
  ({ variance, factor }) => {
    const n = factor.shape[0]
    const stds =
      typeof variance === 'number' ? Array(n).fill(Math.sqrt(variance)) : toNumbers(variance).map(Math.sqrt)
    const V = asMatrix(factor)
    for (let i = 0; i < n; i++) V.mulRow(i, 1 / stds[i])
    const { W, values } = eigen(V.transpose().mmul(V))
    const largest = values.reduce((a, b) => Math.max(a, b), 0)
    const kept = values.flatMap((value, i) => (value > 1e-14 * largest ? [i] : []))
    const Q = V.mmul(W.subMatrixColumn(kept))
    for (const [column, i] of kept.entries()) Q.mulColumn(column, 1 / Math.sqrt(values[i]))
    return {
      vectors: asArray(Q),
      values: kept.map((i) => values[i]),
      stds: ndarray(stds, [n], 'float64'),
    }
  },
)

/** Cosines between columns up to this are rounding: those of a factor in float32 are at 1e-7. */
const ORTHOGONAL = 1e-5

/** Uᵀ U [r, r]. */
const gramOf = (factor: NdArray): Matrix => {
  const [n, r] = factor.shape
  const { data } = factor
  const gram = new Float64Array(r * r)
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < r; i++) {
      const u = Number(data[row * r + i])
      for (let j = i; j < r; j++) gram[i * r + j] += u * Number(data[row * r + j])
    }
  }
  return new Matrix(
    Array.from({ length: r }, (_, i) =>
      Array.from({ length: r }, (_, j) => gram[Math.min(i, j) * r + Math.max(i, j)]),
    ),
  )
}

/**
 * A factor with orthogonal columns of the same U Uᵀ: U itself when its columns are (PPCA's are), else U W
 * with the eigenvectors W of Uᵀ U.
 */
export const orthogonalFactor: (factor: NdArray) => NdArray = once((factor) => {
  const gram = gramOf(factor)
  const lengths = gram.diagonal().map(Math.sqrt)
  const oblique = lengths.some((a, i) =>
    lengths.some((b, j) => j > i && Math.abs(gram.get(i, j)) > ORTHOGONAL * a * b),
  )
  if (!oblique) return factor
  return asArray(asMatrix(factor).mmul(eigen(gram).W))
})
