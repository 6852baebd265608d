/** Power iteration: vᵀ C v of v ∝ Cᵏ v₀, a bound from below that comes close to the largest eigenvalue. */
import { broadcastTo, div, maximum, ndarray, sizeOf, type Tensor } from '../tensor/index.ts'
import { constantLike } from './constant-like.ts'
import { inner, type Linear, norm } from './solver.ts'

/** The golden ratio: its multiples modulo 1 are orthogonal to nothing in particular. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** Keeps C = 0 from dividing by 0, in float32 too. */
const LEAST = 1e-30

/**
 * The largest eigenvalue of a symmetric, positive semidefinite C, about: never above it.
 *
 * @param like - what C takes, [B, ...]
 * @param iterations - products with C, default 6
 * @returns [B, 1, …]
 *
 * @example
 * ```ts
 * const norm2 = (A: LinearOperator, x: Tensor) => largestEigenvalue((v) => A.adjoint(A.apply(v)), x) // ‖A‖²
 * ```
 */
export const largestEigenvalue = (C: Linear, like: Tensor, iterations = 6): Tensor => {
  const event = like.shape.slice(1)
  const positive = Array.from({ length: sizeOf(event) }, (_, i) => 0.5 + ((i * GOLDEN) % 1))
  const start = constantLike(ndarray(positive, [1, ...event], 'float64'), like)
  const unit = (v: Tensor) => div(v, maximum(norm(v), LEAST))
  let v = unit(broadcastTo(start, like.shape)) // the same for every row, whatever the batch
  for (let i = 1; i < iterations; i++) v = unit(C(v))
  return inner(v, C(v))
}
