/** Small triangular factors inside programs: batched, unrolled over the rows. */
import {
  add,
  concat,
  constant,
  div,
  log,
  matmul,
  slice,
  sqrt,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'

/** K = L Lᵀ. */
export interface Cholesky {
  /** L [B, r, r], lower triangular with a positive diagonal. */
  readonly L: Tensor
  /** log det L = ½ log det K, [B, 1, 1]. */
  readonly logDet: Tensor
}

/**
 * The Cholesky factor of small symmetric positive definite matrices (Golub & Van Loan, 4.2.5): column by
 * column, each taken off what is left.
 *
 * @param K - [B, r, r]
 *
 * @example
 * ```ts
 * const factor = jit((V: Tensor) => cholesky(matmul(V, V, { transA: true })).L) // V [B, n, r]
 * ```
 */
export const cholesky = (K: Tensor): Cholesky => {
  const [batch, r] = K.shape
  let left = K
  let logDet: Tensor | undefined
  const columns: Tensor[] = []
  for (let k = 0; k < r; k++) {
    const m = r - k
    const pivot = sqrt(slice(left, [0, 0, 0], [batch, 1, 1]))
    const column = div(slice(left, [0, 0, 0], [batch, m, 1]), pivot)
    columns.push(k === 0 ? column : concat([constant(zeros([batch, k, 1], K.dtype)), column], 1))
    logDet = logDet ? add(logDet, log(pivot)) : log(pivot)
    if (m === 1) break
    const below = slice(column, [0, 1, 0], [batch, m, 1])
    left = sub(slice(left, [0, 1, 1], [batch, m, m]), matmul(below, below, { transB: true }))
  }
  return { L: concat(columns, 2), logDet: logDet ?? constant(zeros([batch, 1, 1], K.dtype)) }
}
