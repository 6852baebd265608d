/**
 * Conjugate gradients that can be taken up again: for systems whose number of iterations is not known beforehand, a program makes a
 * few at a time, from the state that it left, until the residual is small. The steps are those of {@link cg}.
 */
import { add, and, div, greater, mul, sub, type Tensor, where } from '../tensor/index.ts'
import { inner, type Linear, positive, TINY } from './solver.ts'

/** Solution, residual b − C u and direction so far, each like b; at the beginning 0, b and b. */
export interface Descent {
  readonly u: Tensor
  readonly r: Tensor
  readonly p: Tensor
}

/** Whether each sample needs to go on, [B, 1, …], from its residual. */
export type Unsettled = (r: Tensor) => Tensor

/**
 * At most `iterations` more. A sample that need not go on, or for which p·Cp ≤ 0, keeps its state: what others in the batch still
 * need does not change it.
 *
 * @param left - scalar: iterations of these that may still be made
 *
 * @example
 * ```ts
 * const next = descend(C, { u: mul(b, 0), r: b, p: b }, { iterations: 8, left: constant(scalar(8)), unsettled })
 * ```
 */
export const descend = (
  C: Linear,
  { u, r, p }: Descent,
  { iterations, left, unsettled }: { iterations: number; left: Tensor; unsettled: Unsettled },
): Descent => {
  let rr = inner(r, r)
  for (let i = 0; i < iterations; i++) {
    const q = C(p)
    const pq = inner(p, q)
    const go = and(and(greater(pq, TINY), unsettled(r)), greater(left, i))
    const alpha = where(go, div(rr, positive(pq)), 0)
    u = add(u, mul(alpha, p))
    r = sub(r, mul(alpha, q))
    const next = inner(r, r)
    p = where(go, add(r, mul(div(next, positive(rr)), p)), p)
    rr = next
  }
  return { u, r, p }
}
