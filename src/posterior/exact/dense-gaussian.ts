/** A small Gaussian written out: its system solved, and its density. */
import { denseOf, eliminate, type Linear } from '../../linalg/index.ts'
import {
  add,
  cast,
  constant,
  maximum,
  mul,
  ndarray,
  reshape,
  sum,
  sumRows,
  type Tensor,
  transpose,
} from '../../tensor/index.ts'

/** Pivots of a matrix of covariance that fall below this share of its mean diagonal are rounding. */
const PIVOT = 1e-10

/**
 * C⁻¹ e by elimination, and log N(e; 0, C) up to a constant, [B] in float64, for the symmetric part of C.
 * Cost: M products with C for e of M entries, one after the other.
 */
export const denseGaussian = (C: Linear, e: Tensor): { u: Tensor; logDensity: Tensor } => {
  const [batch] = e.shape
  const written = denseOf(C, e)
  const k = mul(add(transpose(written, [0, 2, 1]), written), 0.5)
  const m = k.shape[1]
  const eye = constant(
    ndarray(
      Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0)),
      [1, m, m],
      'float64',
    ),
  )
  const floor = mul(sum(mul(k, eye), { axes: [1, 2], keepdims: true }), PIVOT / m)
  const column = reshape(cast(e, 'float64'), [batch, m, 1])
  const { x, logDet } = eliminate(k, column, { floor: maximum(floor, 1e-300) })
  const energy = add(sumRows(mul(column, x)), reshape(logDet, [batch]))
  return { u: reshape(cast(x, e.dtype), e.shape), logDensity: mul(energy, -0.5) }
}
