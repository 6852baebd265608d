/**
 * Conjugate gradients in a trust region (Steihaug 1983; Toint 1981), for C = Σ + S where Σ is known to be
 * positive definite and S is what a model says of a covariance. An S that is learned has negative curvature
 * where the true one is 0, and a step along such a direction, divided by p·Cp near 0, goes anywhere. So
 *
 *   - a sample stops before a direction with p·Sp < 0, which no covariance has, and
 *   - u is shortened where its length √(u·Su) exceeds `reach` √M, M the entries of b: u·Su ≤ b·C⁻¹b, which
 *     is χ² of M degrees of freedom for b of N(0, C).
 *
 * With S positive semidefinite and b of N(0, C), the first never happens and the second hardly.
 */
import { requireInteger } from '../checks.ts'
import { TweedieError } from '../error.ts'
import { and, cast, div, greater, greaterEqual, minimum, mul, sizeOf, sqrt } from '../tensor/index.ts'
import { descend } from './cg-descent.ts'
import { inner, positive, type Solver, solutionOf, TINY, widened } from './solver.ts'

/** Options of {@link steihaug}. */
export interface SteihaugOptions {
  /** Applications of C, at most; default 1. */
  readonly iterations?: number
  /** Radius of the region in units of √M, > 0; default 2. */
  readonly reach?: number
}

/**
 * Truncated conjugate gradients in a trust region. Where S is not given, it is C.
 *
 * @throws TweedieError `input` for iterations that are no positive integer and a reach that is not positive
 *
 * @example
 * ```ts
 * const posterior = mmps({ solve: steihaug({ iterations: 2 }) })(prior, observation)
 * ```
 */
export const steihaug = ({ iterations = 1, reach = 2 }: SteihaugOptions = {}): Solver => {
  requireInteger(iterations, 1, 'steihaug: iterations')
  if (!(reach > 0)) throw new TweedieError('input', `steihaug: reach must be positive, got ${reach}`)
  return (C, b, S = C, L) => {
    const start = cast(b, 'float64')
    const spread = widened(S, b)
    const { u, moves } = descend(
      widened(C, b),
      { u: mul(start, 0), r: start, p: start },
      {
        iterations,
        goesOn: (_i, _r, rr, p) => and(greater(rr, TINY), greaterEqual(inner(p, spread(p)), 0)),
      },
    )
    const length = sqrt(positive(inner(u, cast(solutionOf(moves, b, S), 'float64'))))
    const radius = reach * Math.sqrt(sizeOf(b.shape.slice(1)))
    const share = minimum(div(radius, length), 1)
    const inside = moves.map((move) => ({ ...move, length: mul(move.length, share) }))
    return solutionOf(inside, b, L)
  }
}
