/**
 * Conjugate gradients (Hestenes & Stiefel 1952) as a solver of a fixed number of iterations, unrolled: see
 * cg-descent.ts for the recurrence. A sample for which ‖r‖ ≤ tolerance·‖b‖ stops and keeps its last iterate.
 */
import { requireInteger } from '../checks.ts'
import { cast, greater, mul } from '../tensor/index.ts'
import { descend } from './cg-descent.ts'
import { inner, type Solver, solutionOf, widened } from './solver.ts'

/** Options of {@link cg}. */
export interface CgOptions {
  /** Applications of C, at most; default 1, which is one steepest-descent step. */
  readonly iterations?: number
  /** Stop at ‖r‖ ≤ tolerance · ‖b‖; default 0. */
  readonly tolerance?: number
  /**
   * One α and β for the whole batch, as in DiEM's code, instead of one per sample. It makes results depend on
   * the batch: for faithful reproduction only. Default false.
   */
  readonly shared?: boolean
  /**
   * Vectors and inner products in the dtype of b instead of float64, for programs that run where that is not
   * known (browsers). Default false.
   */
  readonly narrow?: boolean
}

/**
 * A truncated conjugate-gradient solver.
 *
 * @throws TweedieError `input` for iterations that are no positive integer
 *
 * @example
 * ```ts
 * const u = cg({ iterations: 3 })((v) => matmul(v, C), b)
 * ```
 */
export const cg = ({
  iterations = 1,
  tolerance = 0,
  shared = false,
  narrow = false,
}: CgOptions = {}): Solver => {
  requireInteger(iterations, 1, 'cg: iterations')
  return (C, b, _S, L) => {
    const start = narrow ? b : cast(b, 'float64')
    const enough = mul(inner(start, start, shared), tolerance * tolerance)
    const { moves } = descend(
      narrow ? C : widened(C, b),
      { u: mul(start, 0), r: start, p: start },
      { iterations, goesOn: (_i, _r, rr) => greater(rr, enough), shared },
    )
    return solutionOf(moves, b, L)
  }
}
