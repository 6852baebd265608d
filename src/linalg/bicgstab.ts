/**
 * BiCGSTAB (van der Vorst 1992) for C that need not be symmetric, unrolled, two applications of C an
 * iteration; the shadow residual is r₀. A sample whose ρ, r̂·q or t·t vanishes stops and keeps its last
 * iterate.
 */
import { abs, add, and, cast, div, greater, mul, sub, type Tensor, where } from '../tensor/index.ts'
import { inner, type Move, type Solver, solutionOf, widened } from './solver.ts'

/** Options of {@link bicgstab}. */
export interface BicgstabOptions {
  /** Iterations, each two applications of C; default 1. */
  readonly iterations?: number
  /** Stop at ‖r‖ ≤ tolerance · ‖b‖; default 1e-3. */
  readonly tolerance?: number
}

const BREAKDOWN = 1e-30

/** a / b where |b| is not negligible, else 0. */
const quotient = (a: Tensor, b: Tensor): Tensor => {
  const fine = greater(abs(b), BREAKDOWN)
  return where(fine, div(a, where(fine, b, 1)), 0)
}

/** A truncated BiCGSTAB solver; see the module comment. */
export const bicgstab =
  ({ iterations = 1, tolerance = 1e-3 }: BicgstabOptions = {}): Solver =>
  (C, b, _S, L) => {
    const apply = widened(C, b)
    const shadow = cast(b, 'float64')
    let r = shadow
    let p = shadow
    const moves: Move[] = []
    let rho = inner(shadow, r)
    const enough = mul(rho, tolerance * tolerance)
    for (let i = 0; i < iterations; i++) {
      const go = and(greater(inner(r, r), enough), greater(abs(rho), BREAKDOWN))
      const q = apply(p)
      const alpha = where(go, quotient(rho, inner(shadow, q)), 0)
      const s = sub(r, mul(alpha, q))
      const t = apply(s)
      const omega = where(go, quotient(inner(t, s), inner(t, t)), 0)
      moves.push({ length: alpha, direction: p }, { length: omega, direction: s })
      if (i + 1 === iterations) break
      r = where(go, sub(s, mul(omega, t)), r)
      const next = inner(shadow, r)
      const beta = mul(quotient(next, rho), quotient(alpha, omega))
      p = where(go, add(r, mul(beta, sub(p, mul(omega, q)))), p)
      rho = where(go, next, rho)
    }
    return solutionOf(moves, b, L)
  }
