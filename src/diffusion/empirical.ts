/**
 * The empirical distribution of N points, p(x) = Σ_i δ(x − x_i)/N, as a prior: exact at the scale of images
 * and for any operator, with the denoiser
 *
 *   E[x | xt] = Σ_i w_i x_i,   w_i ∝ exp(−‖xt − x_i‖²/(2σ²)).
 */
import { constantLike } from '../linalg/index.ts'
import {
  cast,
  div,
  expandDims,
  matmul,
  mul,
  type NdArray,
  reshape,
  reshaped,
  sizeOf,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** A prior that is its N points. */
export interface Empirical {
  /** [N, ...event], in the units of the prior. */
  readonly points: NdArray
}

const rowsOf = ({ points }: Empirical): NdArray =>
  reshaped(points, [points.shape[0], sizeOf(points.shape.slice(1))])

/**
 * log w_i up to a constant for each point, [B, N] in float64 (at low levels the points differ by little of
 * what they share): −‖xt − x_i‖²/(2σ²), without the term that is the same for all.
 */
export const empiricalLogWeights = (empirical: Empirical, xt: Tensor, sigma: Tensor): Tensor => {
  const flat = cast(reshape(xt, [xt.shape[0], -1]), 'float64')
  const points = constantLike(rowsOf(empirical), flat)
  const energy = sub(mul(sum(square(points), { axes: 1 }), 0.5), matmul(flat, points, { transB: true }))
  return mul(div(energy, square(cast(expandDims(sigma, 1), 'float64'))), -1)
}

/** Σ_i w_i x_i of weights [B, N], in the shape and dtype of xt. */
export const empiricalMean = (empirical: Empirical, weights: Tensor, xt: Tensor): Tensor =>
  reshape(matmul(cast(weights, xt.dtype), constantLike(rowsOf(empirical), xt)), xt.shape)

/**
 * The exact denoiser E[x | xt] of an empirical prior. The points are part of the program: N times their
 * entries in memory.
 *
 * @example
 * ```ts
 * const prior = empiricalDenoiser({ points: loadMnist({ count: 256 }).images })
 * ```
 */
export const empiricalDenoiser =
  (empirical: Empirical): Denoiser =>
  (xt, sigma) =>
    empiricalMean(empirical, softmax(empiricalLogWeights(empirical, xt, sigma)), xt)
