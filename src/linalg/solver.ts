import { add, cast, maximum, mul, reshape, sqrt, sum, type Tensor } from '../tensor/index.ts'

/** v ↦ C v on batches [B, ...]. */
export type Linear = (v: Tensor) => Tensor

/**
 * Solves C u = b approximately, from u = 0, every sample of the batch on its own. Vectors and inner products
 * are float64, where nothing else is said; C is applied in the dtype of b. Of C = Σ + S with Σ known to be
 * positive definite, S may be told to those who make use of it.
 *
 * With L the answer is L u. An approximate u is a sum of directions that C was applied to; where C itself is
 * made of L, as Σy + A V Aᵀ is of V Aᵀ, their products with L are known, and equal expressions cost nothing.
 */
export type Solver = (C: Linear, b: Tensor, S?: Linear, L?: Linear) => Tensor

/** A part α v of a solution: how far along which direction. */
export interface Move {
  /** α, [B, 1, …]. */
  readonly length: Tensor
  /** v, to which C was applied. */
  readonly direction: Tensor
}

/**
 * L u of a solution u = Σ α v, in the dtype that L is applied in; u itself without L.
 *
 * @param moves - at least one
 * @param dtype - of b
 */
export const solutionOf = (moves: readonly Move[], { dtype }: Tensor, L?: Linear): Tensor => {
  const part = ({ length, direction }: Move): Tensor => {
    if (!L) return mul(length, direction)
    const moved = L(cast(direction, dtype))
    return mul(cast(reshape(length, [length.shape[0], ...moved.shape.slice(1).fill(1)]), dtype), moved)
  }
  return cast(
    moves.map(part).reduce((total, next) => add(total, next)),
    dtype,
  )
}

/** Smallest number that a denominator is allowed to be. */
export const TINY = 1e-300

/** Σ u v over everything but the batch axis, kept as [B, 1, …]; over the batch too when it is shared. */
export const inner = (u: Tensor, v: Tensor, shared = false): Tensor =>
  sum(mul(u, v), { axes: u.shape.map((_, i) => i).slice(shared ? 0 : 1), keepdims: true })

/** ‖v‖ of every sample, [B, 1, …]. */
export const norm = (v: Tensor): Tensor => sqrt(inner(v, v))

/** C as it acts on float64 vectors when b is float32. */
export const widened =
  (C: Linear, b: Tensor): Linear =>
  (v) =>
    cast(C(cast(v, b.dtype)), 'float64')

/** max(x, TINY): keeps 0/0 from becoming NaN where the numerator is 0 as well. */
export const positive = (x: Tensor): Tensor => maximum(x, TINY)
