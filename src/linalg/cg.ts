/**
 * Conjugate gradients (Hestenes & Stiefel 1952) for C symmetric positive definite, unrolled, guarded:
 * p₀ = r₀ = b; α = r·r/p·Cp; u += αp; r' = r − αCp; β = r'·r'/r·r; p' = r' + βp.
 *
 * Where p·Cp ≤ 0 (the Jacobian of a network is not quite symmetric, nor positive) or ‖r‖ ≤ tolerance·‖b‖, that
 * sample stops and keeps its last iterate.
 */
import { add, and, cast, div, greater, mul, sub, where } from '../tensor/index.ts'
import { inner, positive, type Solver, TINY, widened } from './solver.ts'

/** Options of {@link cg}. */
export interface CgOptions {
  /** Applications of C, at most; default 1, which is one steepest-descent step. */
  readonly iterations?: number
  /** Stop at ‖r‖ ≤ tolerance · ‖b‖; default 0. */
  readonly tolerance?: number
  /**
   * One α and β for the whole batch, as in DiEM's code, instead of one per sample. It makes results depend on the
   * batch: for faithful reproduction only. Default false.
   */
  readonly shared?: boolean
}

/**
 * A truncated conjugate-gradient solver.
 *
 * @example
 * ```ts
 * const u = cg({ iterations: 3 })((v) => matmul(v, C), b)
 * ```
 */
export const cg =
  ({ iterations = 1, tolerance = 0, shared = false }: CgOptions = {}): Solver =>
  (C, b) => {
    const apply = widened(C, b)
    let r = cast(b, 'float64')
    let p = r
    let u = mul(r, 0)
    let rr = inner(r, r, shared)
    const enough = mul(rr, tolerance * tolerance)
    for (let i = 0; i < iterations; i++) {
      const q = apply(p)
      const pq = inner(p, q, shared)
      const go = and(greater(pq, TINY), greater(rr, enough))
      const alpha = where(go, div(rr, positive(pq)), 0)
      u = add(u, mul(alpha, p))
      if (i + 1 === iterations) break
      r = sub(r, mul(alpha, q))
      const next = inner(r, r, shared)
      // A sample that has stopped keeps r and p: α stays 0 from here on, since neither changes.
      p = where(go, add(r, mul(div(next, positive(rr)), p)), p)
      rr = where(go, next, rr)
    }
    return cast(u, b.dtype)
  }
