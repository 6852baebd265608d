/** Cholesky's decomposition outside programs, for systems of some thousand unknowns that come one by one. */
import { TweedieError } from '../error.ts'

/** C = L Lᵀ. */
export interface DenseCholesky {
  readonly size: number
  /** ln det C. */
  readonly logDet: number
  /** C⁻¹ b. */
  solve(b: ArrayLike<number>): Float64Array
  /** L⁻¹ b: white, where b has the covariance C. */
  whiten(b: ArrayLike<number>): Float64Array
  /** L z: a draw of N(0, C) for standard normal z. */
  times(z: ArrayLike<number>): Float64Array
}

/** Pivots that are smaller than this part of the diagonal are rounding. */
const ROUNDING = 1e-13

/** Row i of L, given those above: the part of the inner loop that takes the time. */
const dot = (a: Float64Array, i: number, j: number, length: number): number => {
  let [even, odd] = [0, 0]
  let k = 0
  for (; k + 1 < length; k += 2) {
    even += a[i + k] * a[j + k]
    odd += a[i + k + 1] * a[j + k + 1]
  }
  if (k < length) even += a[i + k] * a[j + k]
  return even + odd
}

/**
 * C = L Lᵀ row by row (Golub & Van Loan, 4.2), in float64.
 *
 * @param matrix - C [n, n], row-major and symmetric; only its lower half is read
 * @param semidefinite - pivots that are rounding become the least that is none, instead of an error
 * @throws TweedieError `numeric` when C is not positive definite
 *
 * @example
 * ```ts
 * const { logDet, solve } = denseCholesky(Float64Array.of(2, 1, 1, 2), 2)
 * ```
 */
export const denseCholesky = (
  matrix: Float64Array,
  n: number,
  { semidefinite = false }: { readonly semidefinite?: boolean } = {},
): DenseCholesky => {
  const L = new Float64Array(n * n)
  let logDet = 0
  for (let i = 0; i < n; i++) {
    const row = i * n
    for (let j = 0; j < i; j++) L[row + j] = (matrix[row + j] - dot(L, row, j * n, j)) / L[j * n + j]
    const least = ROUNDING * matrix[row + i]
    const pivot = matrix[row + i] - dot(L, row, row, i)
    if (!(pivot > least) && !(semidefinite && least > 0))
      throw new TweedieError(
        'numeric',
        `denseCholesky: pivot ${i} of ${n} is ${pivot}; not positive definite`,
      )
    L[row + i] = Math.sqrt(Math.max(pivot, least))
    logDet += 2 * Math.log(L[row + i])
  }
  const whiten = (b: ArrayLike<number>): Float64Array => {
    const x = Float64Array.from(b)
    for (let i = 0; i < n; i++) {
      let sum = x[i]
      for (let k = 0; k < i; k++) sum -= L[i * n + k] * x[k]
      x[i] = sum / L[i * n + i]
    }
    return x
  }
  return {
    size: n,
    logDet,
    whiten,
    solve: (b) => {
      const x = whiten(b)
      for (let i = n - 1; i >= 0; i--) {
        x[i] /= L[i * n + i]
        for (let k = 0; k < i; k++) x[k] -= L[i * n + k] * x[i]
      }
      return x
    },
    times: (z) =>
      Float64Array.from({ length: n }, (_, i) => {
        let sum = 0
        for (let k = 0; k <= i; k++) sum += L[i * n + k] * z[k]
        return sum
      }),
  }
}
