import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix'
import { jit, matmul, type NdArray, ndarray, type Tensor, toNumbers } from '../tensor/index.ts'

/** Leading eigenpairs of a symmetric matrix. */
export interface Eigen {
  /** Descending. */
  readonly values: readonly number[]
  /** Columns q, [N, r]. */
  readonly vectors: Matrix
}

/** The r leading eigenpairs, from the whole spectrum. */
export const byDecomposition = (C: Matrix, r: number): Eigen => {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(C, {
    assumeSymmetric: true,
  })
  const order = values
    .map((_, i) => i)
    .sort((a, b) => values[b] - values[a])
    .slice(0, r)
  return { values: order.map((i) => values[i]), vectors: vectors.subMatrixColumn(order) }
}

/** Products q ↦ C q, for columns q [N, k], with the arrays that they need. */
export interface Product {
  readonly arrays: readonly NdArray<'float64'>[]
  readonly times: (arrays: readonly Tensor[], q: Tensor) => Tensor
}

/** Relative to the largest eigenvalue: below this, a moving eigenvalue no longer matters to the fit. */
const SETTLED = 1e-6

/** Three powers a round: an eigenvalue gap of 1 % has had its effect by then. */
const MOST_ROUNDS = 40

/** Columns beside the wanted ones, which make those converge. */
const SPARE = 16

/** Columns to begin {@link bySubspace} with. */
export const widthFor = (r: number, n: number): number => Math.min(n, r + SPARE)

/**
 * The r leading eigenpairs by subspace iteration with Rayleigh–Ritz (Halko, Martinsson & Tropp 2011), Q ←
 * orth(C³ Q): far cheaper than the whole spectrum.
 *
 * @param start - [N, width], see {@link widthFor}
 * @param rounds - at most
 */
export const bySubspace = async (
  { arrays, times }: Product,
  start: NdArray,
  r: number,
  rounds = MOST_ROUNDS,
): Promise<Eigen> => {
  const [n, width] = start.shape
  const power = jit((given: readonly Tensor[], q: Tensor) => {
    const cq = times(given, q)
    return { ritz: matmul(q, cq, { transA: true }), next: times(given, times(given, cq)) }
  })
  const orthonormal = (columns: Matrix) => new QrDecomposition(columns).orthogonalMatrix
  let Q = orthonormal(Matrix.from1DArray(n, width, toNumbers(start)))
  let before: readonly number[] = []
  for (let i = 0; ; i++) {
    const { ritz, next } = await power(arrays, ndarray(Q.to1DArray(), [n, width], 'float64'))
    const { values, vectors } = byDecomposition(Matrix.from1DArray(width, width, toNumbers(ritz)), r)
    const settled = values.every((v, j) => Math.abs(v - before[j]) <= SETTLED * values[0])
    if (settled || i === rounds) {
      await power.release()
      return { values, vectors: Q.mmul(vectors) }
    }
    before = values
    Q = orthonormal(Matrix.from1DArray(n, width, toNumbers(next)))
  }
}
