import { add, concat, constant, div, mul, ndarray, slice, sub, type Tensor } from '../tensor/index.ts'

/**
 * Solves (K + ridge·I) x = b for small symmetric positive definite K, batched: Gauss–Jordan elimination unrolled over
 * the r rows, without pivoting, which such matrices do not need (Golub & Van Loan, 4.2).
 *
 * @param k - [B, r, r]
 * @param b - [B, r, m]
 * @returns [B, r, m]
 */
export const solveSpd = (k: Tensor, b: Tensor, { ridge = 0 } = {}): Tensor => {
  const [batch, r] = k.shape
  const m = b.shape[2]
  const eye = ndarray(
    Array.from({ length: r * r }, (_, i) => (i % (r + 1) === 0 ? 1 : 0)),
    [1, r, r],
    k.dtype,
  )
  let table = concat([add(k, mul(constant(eye), ridge)), b], 2)
  for (let i = 0; i < r; i++) {
    const pivot = slice(table, [0, i, i], [batch, i + 1, i + 1])
    const row = div(slice(table, [0, i, 0], [batch, i + 1, r + m]), pivot)
    const column = slice(table, [0, 0, i], [batch, r, i + 1])
    const own = constant(
      ndarray(
        Array.from({ length: r }, (_, j) => (j === i ? 1 : 0)),
        [1, r, 1],
        k.dtype,
      ),
    )
    // Row i becomes row/pivot, every other row j loses column_j of it.
    table = sub(table, mul(sub(column, own), row))
  }
  return slice(table, [0, 0, r], [batch, r, r + m])
}
