/** Cholesky's decomposition of small complex matrices. */
import { TweedieError } from '../error.ts'

/** A complex matrix [n, n], row-major. */
export interface ComplexMatrix {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** Pivots that are smaller than this part of the diagonal are rounding. */
const ROUNDING = 1e-13

/** C = L Lᴴ (Golub & Van Loan, 4.2.9), of the lower half of C. */
const factorOf = ({ re, im }: ComplexMatrix, n: number): ComplexMatrix => {
  const L = { re: new Float64Array(n * n), im: new Float64Array(n * n) }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let [a, b] = [re[i * n + j], im[i * n + j]]
      for (let k = 0; k < j; k++) {
        const [p, q] = [i * n + k, j * n + k]
        a -= L.re[p] * L.re[q] + L.im[p] * L.im[q]
        b -= L.im[p] * L.re[q] - L.re[p] * L.im[q]
      }
      if (i > j) {
        L.re[i * n + j] = a / L.re[j * n + j]
        L.im[i * n + j] = b / L.re[j * n + j]
      } else if (a > ROUNDING * re[i * n + i]) L.re[i * n + i] = Math.sqrt(a)
      else throw new TweedieError('numeric', `pivot ${i} of ${n} is ${a}; not positive definite`)
    }
  }
  return L
}

/**
 * L⁻¹ of C = L Lᴴ: L⁻¹ n is white where n has the covariance C = E[n nᴴ].
 *
 * @param matrix - C [n, n], Hermitian; only its lower half is read
 * @throws TweedieError `numeric` when C is not positive definite
 *
 * @example
 * ```ts
 * const { re } = whiteningMatrix({ re: Float64Array.of(4, 0, 0, 9), im: new Float64Array(4) }, 2) // 1/2, 1/3
 * ```
 */
export const whiteningMatrix = (matrix: ComplexMatrix, n: number): ComplexMatrix => {
  const L = factorOf(matrix, n)
  const W = { re: new Float64Array(n * n), im: new Float64Array(n * n) }
  for (let column = 0; column < n; column++) {
    for (let i = column; i < n; i++) {
      let [a, b] = [i === column ? 1 : 0, 0]
      for (let k = column; k < i; k++) {
        const [p, q] = [i * n + k, k * n + column]
        a -= L.re[p] * W.re[q] - L.im[p] * W.im[q]
        b -= L.re[p] * W.im[q] + L.im[p] * W.re[q]
      }
      W.re[i * n + column] = a / L.re[i * n + i]
      W.im[i * n + column] = b / L.re[i * n + i]
    }
  }
  return W
}
