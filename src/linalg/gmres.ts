/**
 * GMRES (Saad & Schultz 1986), one cycle without restarts, for C that need not be symmetric or definite:
 * Arnoldi with modified Gram–Schmidt, Givens rotations, back-substitution on R + ridge ‖C v₁‖ I, v₁ = b/‖b‖.
 * Unrolled over n basis vectors. Everything scales with C and b: with noise of 1e-3, C itself is about 1e-6.
 *
 * With a preconditioner P ≈ C⁻¹ the basis is that of C P and the answer is P of it, so that the residual is
 * the least of b − C u itself: the flexible variant (Saad 1993), which keeps P v and lets P be any function.
 */
import {
  abs,
  add,
  cast,
  div,
  greater,
  mul,
  neg,
  sqrt,
  square,
  sub,
  type Tensor,
  where,
} from '../tensor/index.ts'
import { inner, type Linear, norm, positive, type Solver, solutionOf, widened } from './solver.ts'

/** Options of {@link gmres}. */
export interface GmresOptions {
  /** Basis vectors n, each one application of C; default 1. */
  readonly iterations?: number
  /** Added to the diagonal of R, in units of ‖C v₁‖; default 1e-10. */
  readonly ridge?: number
  /** P ≈ C⁻¹, cheap beside a product with C; default none. */
  readonly precondition?: Linear
}

/**
 * A remainder of C v after orthogonalisation below this share of it, and a residual below this share of b,
 * are rounding: the Krylov space is exhausted. Going on would take rounding for further basis vectors, which
 * are not orthogonal to the others.
 */
const SHORT = 1e-7

/** Applies the rotation (c, s) to a pair. */
const rotate = (c: Tensor, s: Tensor, a: Tensor, b: Tensor): readonly [Tensor, Tensor] => [
  add(mul(c, a), mul(s, b)),
  sub(mul(c, b), mul(s, a)),
]

/** w/‖w‖, or 0 where ‖w‖ ≤ short. */
const direction = (w: Tensor, length: Tensor, short: Tensor | number = 0): Tensor =>
  where(greater(length, short), div(w, positive(length)), 0)

/** v, or 0 where the residual is no more than rounding. */
const unlessSolved = (v: Tensor, residual: Tensor, b: Tensor): Tensor =>
  where(greater(abs(residual), mul(b, SHORT)), v, 0)

/** A truncated GMRES solver; see the module comment. */
export const gmres =
  ({ iterations = 1, ridge = 1e-10, precondition }: GmresOptions = {}): Solver =>
  (C, b, _S, L) => {
    const apply = widened(C, b)
    const P = precondition ? widened(precondition, b) : (v: Tensor) => v
    const start = cast(b, 'float64')
    const length = norm(start)
    const rhs = [length]
    const basis = [direction(start, length)]
    const moves: Tensor[] = [] // P v of each basis vector v
    const columns: Tensor[][] = [] // columns of R, upper triangular
    const rotations: (readonly [Tensor, Tensor])[] = []
    let scale = length
    for (let k = 0; k < iterations; k++) {
      moves.push(P(basis[k]))
      let w = apply(moves[k])
      const whole = norm(w)
      if (k === 0) scale = whole
      const h: Tensor[] = basis.map((v) => {
        const dot = inner(v, w)
        w = sub(w, mul(dot, v))
        return dot
      })
      const rest = norm(w)
      const next = direction(w, rest, mul(whole, SHORT))
      for (const [i, [c, s]] of rotations.entries()) [h[i], h[i + 1]] = rotate(c, s, h[i], h[i + 1])
      const radius = positive(sqrt(add(square(h[k]), square(rest))))
      const [c, s] = [div(h[k], radius), div(rest, radius)]
      rotations.push([c, s])
      h[k] = add(mul(c, h[k]), mul(s, rest))
      columns.push(h)
      rhs.push(neg(mul(s, rhs[k])))
      rhs[k] = mul(c, rhs[k])
      basis.push(unlessSolved(next, rhs[k + 1], length))
    }
    const lengths = substitute(columns, rhs, mul(scale, ridge))
    return solutionOf(
      moves.map((direction, k) => ({ length: lengths[k], direction })),
      b,
      L,
    )
  }

/** y with (R + ridge I) y = rhs; 0 where the diagonal vanishes, as for C = 0. */
const substitute = (columns: readonly Tensor[][], rhs: readonly Tensor[], ridge: Tensor): Tensor[] => {
  const y: Tensor[] = []
  for (let i = columns.length - 1; i >= 0; i--) {
    const rest = columns.slice(i + 1).reduce((t, column, j) => sub(t, mul(column[i], y[i + 1 + j])), rhs[i])
    y[i] = div(rest, positive(add(columns[i][i], ridge)))
  }
  return y
}
