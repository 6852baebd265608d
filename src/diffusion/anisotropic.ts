/**
 * Denoisers of anisotropic noise: with m = x + τ z, z standard normal and a level τ for each entry, they
 * give E[x | m]. Noise of one level is the case τ = σ. Preconditioning and weight are those of Karras et al.
 * (2022) entry by entry, with τ in the place of σ, and the denoiser G of a Gaussian fit in the place of the
 * skip:
 *
 *   D(m; τ) = G(m; τ) + τ/√(τ² + 1) F(m/√(τ² + 1), m/(τ² + 1), 1/(τ² + 1), G(m; τ); log σ).
 *
 * For N(0, I), G is m/(τ² + 1), their skip.
 */

import { cg, constantLike, covarianceTimes, type Solver } from '../linalg/index.ts'
import type { Network, Training } from '../nn/index.ts'
import {
  add,
  concat,
  div,
  log,
  mean,
  mul,
  type NdArray,
  reciprocal,
  reshape,
  rsqrt,
  type Shape,
  slice,
  sqrt,
  square,
  sub,
  type Tensor,
  type Tree,
} from '../tensor/index.ts'
import type { Gaussian } from './gaussian.ts'

/**
 * (m, τ, σ) → E[x | m] for m = x + τ z. `m` and `tau` are [B, ...event], `tau` positive; `sigma` [B] is the
 * largest level that a τ of the row can have: no more than τ says, but in one number, for networks.
 */
export type AnisotropicDenoiser = (m: Tensor, tau: Tensor, sigma: Tensor) => Tensor

/** Products with Σ that the denoiser of a Gaussian makes: enough for the fits of digits and photographs. */
const ITERATIONS = 12

/**
 * The denoiser of a Gaussian prior: E[x | m] = μ + Σ (Σ + T)⁻¹ (m − μ), T = diag(τ²), by a solve of the
 * scaled system S⁻¹ (Σ + T) S⁻¹, S² = T and the diagonal part of Σ.
 *
 * @param solve - default 12 conjugate gradients; exact in so many dimensions or ranks
 *
 * @example
 * ```ts
 * const D = gaussianAnisotropic({ mean, covariance }, exactSolve())
 * ```
 */
export const gaussianAnisotropic = (
  { mean: mu, covariance }: Gaussian,
  solve: Solver = cg({ iterations: ITERATIONS }),
): AnisotropicDenoiser => {
  const { kind } = covariance
  const own = kind === 'lowRank' && typeof covariance.variance === 'number' ? covariance.variance : 0
  return (m, tau) => {
    const T = square(tau)
    const centre = reshape(constantLike(mu, m), m.shape.slice(1))
    const e = sub(m, centre)
    if (kind === 'isotropic')
      return add(centre, mul(e, div(covariance.variance, add(T, covariance.variance))))
    const S = sqrt(add(T, own))
    const scaled = (v: Tensor): Tensor => {
      const w = div(v, S)
      return div(add(covarianceTimes(covariance, w), mul(w, T)), S)
    }
    // Σ C⁻¹ e = e − T C⁻¹ e, without the cancellation where T is small.
    return add(centre, sub(e, mul(T, div(solve(scaled, div(e, S)), S))))
  }
}

/**
 * Shape that the network of {@link preconditionedAnisotropic} has for events of a shape: four times the
 * channels, of [N] four times the entries.
 */
export const anisotropicShape = ([channels, ...points]: Shape): Shape => [4 * channels, ...points]

/**
 * The denoiser of a network with these weights, of shape {@link anisotropicShape}; what it says beyond the
 * event's own channels is left out.
 *
 * @param gaussian - a fit to the data, such as that of the prior; N(0, I) gives the usual skip
 * @param training - dropout masks, in training only
 *
 * @example
 * ```ts
 * const D = preconditionedAnisotropic(mlp({ features: 8 }), frozen(params), standardGaussian(2))
 * ```
 */
export const preconditionedAnisotropic = <T extends Tree<Tensor>>(
  net: Pick<Network<Tree<NdArray>, T>, 'apply'>,
  params: T,
  gaussian: Gaussian,
  training?: Training,
): AnisotropicDenoiser => {
  const ofGaussian = gaussianAnisotropic(gaussian)
  return (m, tau, sigma) => {
    const q = rsqrt(add(square(tau), 1))
    const q2 = square(q)
    const guess = ofGaussian(m, tau, sigma)
    const said = net.apply(params, concat([mul(m, q), mul(m, q2), q2, guess], 1), log(sigma), training)
    const f = slice(
      said,
      m.shape.map(() => 0),
      m.shape,
    )
    return add(guess, mul(f, mul(tau, q)))
  }
}

/**
 * Denoising loss E[mean of (1 + 1/τ²)(D(x + τ z; τ) − x)²]: the weight under which the network is trained
 * with unit weight.
 *
 * @param x - [B, ...event] clean samples; `z` and `tau` likewise, z standard normal
 * @param sigma - [B], see {@link AnisotropicDenoiser}
 * @returns a scalar: mean over entries and over the batch
 */
export const anisotropicLoss = (
  denoiser: AnisotropicDenoiser,
  x: Tensor,
  { z, tau, sigma }: { readonly z: Tensor; readonly tau: Tensor; readonly sigma: Tensor },
): Tensor => {
  const weight = add(reciprocal(square(tau)), 1)
  return mean(mul(weight, square(sub(denoiser(add(x, mul(tau, z)), tau, sigma), x))))
}
