/**
 * GMRES (Saad & Schultz 1986), one cycle without restarts, for C that need not be symmetric or definite: Arnoldi with
 * modified Gram–Schmidt, Givens rotations, back-substitution on R + ridge·I. Unrolled over n basis vectors.
 */
import { add, cast, div, greater, mul, neg, sqrt, square, sub, type Tensor, where } from '../tensor/index.ts'
import { inner, positive, type Solver, widened } from './solver.ts'

/** Options of {@link gmres}. */
export interface GmresOptions {
  /** Basis vectors n, each one application of C; default 1. */
  readonly iterations?: number
  /** Added to the diagonal of R, default 1e-6 (as in the MMPS benchmark). */
  readonly ridge?: number
}

/** A new basis vector shorter than this is taken as 0: the Krylov space is exhausted. */
const SHORT = 1e-6

/** Applies the rotation (c, s) to a pair. */
const rotate = (c: Tensor, s: Tensor, a: Tensor, b: Tensor): readonly [Tensor, Tensor] => [
  add(mul(c, a), mul(s, b)),
  sub(mul(c, b), mul(s, a)),
]

const normalise = (w: Tensor): { v: Tensor; norm: Tensor } => {
  const norm = sqrt(inner(w, w))
  return { norm, v: where(greater(norm, SHORT), div(w, positive(norm)), mul(w, 0)) }
}

/** A truncated GMRES solver; see the module comment. */
export const gmres =
  ({ iterations = 1, ridge = 1e-6 }: GmresOptions = {}): Solver =>
  (C, b) => {
    const apply = widened(C, b)
    const start = normalise(cast(b, 'float64'))
    const basis = [start.v]
    const columns: Tensor[][] = [] // columns of R, upper triangular
    const rotations: (readonly [Tensor, Tensor])[] = []
    const rhs = [start.norm]
    for (let k = 0; k < iterations; k++) {
      let w = apply(basis[k])
      const h: Tensor[] = basis.map((v) => {
        const dot = inner(v, w)
        w = sub(w, mul(dot, v))
        return dot
      })
      const next = normalise(w)
      basis.push(next.v)
      for (const [i, [c, s]] of rotations.entries()) [h[i], h[i + 1]] = rotate(c, s, h[i], h[i + 1])
      const length = positive(sqrt(add(square(h[k]), square(next.norm))))
      const [c, s] = [div(h[k], length), div(next.norm, length)]
      rotations.push([c, s])
      h[k] = add(mul(c, h[k]), mul(s, next.norm))
      columns.push(h)
      rhs.push(neg(mul(s, rhs[k])))
      rhs[k] = mul(c, rhs[k])
    }
    return cast(combine(basis, substitute(columns, rhs, ridge)), b.dtype)
  }

/** y with (R + ridge I) y = rhs. */
const substitute = (columns: readonly Tensor[][], rhs: readonly Tensor[], ridge: number): Tensor[] => {
  const y: Tensor[] = []
  for (let i = columns.length - 1; i >= 0; i--) {
    const rest = columns.slice(i + 1).reduce((t, column, j) => sub(t, mul(column[i], y[i + 1 + j])), rhs[i])
    y[i] = div(rest, add(columns[i][i], ridge))
  }
  return y
}

const combine = (basis: readonly Tensor[], y: readonly Tensor[]): Tensor =>
  y.map((yk, k) => mul(basis[k], yk)).reduce((a, t) => add(a, t))
