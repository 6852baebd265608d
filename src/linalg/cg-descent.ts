/**
 * The recurrence of conjugate gradients (Hestenes & Stiefel 1952) for C symmetric positive definite, from any
 * state:
 *
 *   α = r·r/p·Cp;  u += αp;  r' = r − αCp;  β = r'·r'/r·r;  p' = r' + βp.
 *
 * A sample for which p·Cp ≤ 0 (the Jacobian of a network is not quite symmetric, nor positive) stops and
 * keeps its last iterate. The state can be taken up again: where the number of iterations is not known
 * beforehand, a program makes a few at a time, until the residual is small.
 */
import { add, and, div, greater, mul, sub, type Tensor, where } from '../tensor/index.ts'
import { inner, type Linear, type Move, positive, TINY } from './solver.ts'

/** Solution, residual b − C u and direction so far, each like b; at the beginning 0, b and b. */
export interface Descent {
  readonly u: Tensor
  readonly r: Tensor
  readonly p: Tensor
}

/** A state that iterations have made. */
export interface Descended extends Descent {
  /** Which samples the last of them moved, [B, 1, …]. One that stays once stays. */
  readonly went: Tensor
  /** What the iterations added to u. */
  readonly moves: readonly Move[]
}

/** How to go on from a state. */
export interface CgDescentOptions {
  readonly iterations: number
  /**
   * Which samples iteration i (0, 1, …) still moves, [B, 1, …], given the residual r, r·r and the direction
   * p. What others in the batch need does not change a sample that stays.
   */
  readonly goesOn: (i: number, r: Tensor, rr: Tensor, p: Tensor) => Tensor
  /** One α and β for the whole batch instead of one per sample; default false. */
  readonly shared?: boolean
}

/**
 * A number of iterations more.
 *
 * @example
 * ```ts
 * const goesOn = (_i: number, r: Tensor) => greater(norm(r), 1e-6)
 * const next = descend((v) => matmul(v, C), { u: mul(b, 0), r: b, p: b }, { iterations: 8, goesOn })
 * ```
 */
export const descend = (
  C: Linear,
  { u, r, p }: Descent,
  { iterations, goesOn, shared = false }: CgDescentOptions,
): Descended => {
  let rr = inner(r, r, shared)
  let went = greater(rr, 0)
  const moves: Move[] = []
  for (let i = 0; i < iterations; i++) {
    const q = C(p)
    const pq = inner(p, q, shared)
    went = and(greater(pq, TINY), goesOn(i, r, rr, p))
    const alpha = where(went, div(rr, positive(pq)), 0)
    moves.push({ length: alpha, direction: p })
    u = add(u, mul(alpha, p))
    r = sub(r, mul(alpha, q))
    const next = inner(r, r, shared)
    p = where(went, add(r, mul(div(next, positive(rr)), p)), p)
    rr = where(went, next, rr)
  }
  return { u, r, p, went, moves }
}
