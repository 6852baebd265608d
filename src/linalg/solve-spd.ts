import {
  add,
  concat,
  constant,
  div,
  log,
  maximum,
  mul,
  ndarray,
  slice,
  sub,
  type Tensor,
} from '../tensor/index.ts'

/** The result of an elimination of K x = b. */
export interface Elimination {
  /** K⁻¹ b, [B, r, m]. */
  readonly x: Tensor
  /** log det K, the sum over the logarithms of the pivots, [B, 1, 1]. */
  readonly logDet: Tensor
}

/**
 * Gauss–Jordan elimination of (K + ridge·I) x = b for small symmetric positive definite K, batched: unrolled
 * over the r rows, without pivoting, which such matrices do not need (Golub & Van Loan, 4.2).
 *
 * @param k - [B, r, r]
 * @param b - [B, r, m]
 * @param floor - [B, 1, 1], smallest pivot: the diagonal of a K that is not quite definite grows until it is
 */
export const eliminate = (
  k: Tensor,
  b: Tensor,
  { ridge = 0, floor }: { ridge?: number; floor?: Tensor } = {},
): Elimination => {
  const [batch, r] = k.shape
  const m = b.shape[2]
  const eye = ndarray(
    Array.from({ length: r * r }, (_, i) => (i % (r + 1) === 0 ? 1 : 0)),
    [1, r, r],
    k.dtype,
  )
  let table = concat([add(k, mul(constant(eye), ridge)), b], 2)
  const pivots: Tensor[] = []
  for (let i = 0; i < r; i++) {
    const found = slice(table, [0, i, i], [batch, i + 1, i + 1])
    const pivot = floor ? maximum(found, floor) : found
    pivots.push(log(pivot))
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
  return { x: slice(table, [0, 0, r], [batch, r, r + m]), logDet: pivots.reduce((sum, p) => add(sum, p)) }
}

/** x of (K + ridge·I) x = b; see {@link eliminate}. */
export const solveSpd = (k: Tensor, b: Tensor, { ridge = 0 } = {}): Tensor => eliminate(k, b, { ridge }).x
