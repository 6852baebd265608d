/** Inverses of small symmetric positive definite matrices outside programs, thousands of them. */
import { TweedieError } from '../error.ts'

/**
 * The inverse of a matrix in its own place, by Cholesky's decomposition: C⁻¹ = L⁻ᵀ L⁻¹.
 *
 * @param matrix - C [n, n], row-major and symmetric; becomes C⁻¹
 * @returns ln det C
 * @throws TweedieError `numeric` when C is not positive definite
 *
 * @example
 * ```ts
 * const matrix = Float64Array.of(2, 1, 1, 2)
 * spdInverse(matrix, 2) // ln 3; matrix is now 2/3 −1/3 −1/3 2/3
 * ```
 */
export const spdInverse = (matrix: Float64Array, n: number): number => {
  const L = matrix
  let logDet = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = L[i * n + j]
      for (let k = 0; k < j; k++) sum -= L[i * n + k] * L[j * n + k]
      if (j < i) L[i * n + j] = sum / L[j * n + j]
      else {
        if (!(sum > 0)) throw new TweedieError('numeric', `spdInverse: pivot ${i} of ${n} is ${sum}`)
        L[i * n + i] = Math.sqrt(sum)
        logDet += Math.log(sum)
      }
    }
  }
  // W = L⁻¹, kept as its transpose above the diagonal, where rows of it are read along memory.
  for (let j = 0; j < n; j++) {
    L[j * n + j] = 1 / L[j * n + j]
    for (let i = j + 1; i < n; i++) {
      let sum = L[i * n + j] * L[j * n + j]
      for (let k = j + 1; k < i; k++) sum += L[i * n + k] * L[j * n + k]
      L[j * n + i] = -sum / L[i * n + i]
    }
  }
  // C⁻¹_ij = Σ_k W_ki W_kj over k ≥ max(i, j): row i of the transpose times row j of it.
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let sum = 0
      for (let k = j; k < n; k++) sum += L[i * n + k] * L[j * n + k]
      L[i * n + j] = sum
    }
    for (let j = 0; j < i; j++) L[i * n + j] = L[j * n + i]
  }
  return logDet
}
