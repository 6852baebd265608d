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

import { TweedieError } from '../error.ts'
import { type Covariance, cg, constantLike, matrixOf, type Solver } from '../linalg/index.ts'
import { fullSpectrum } from '../linalg/spectrum.ts'
import type { Network, Training } from '../nn/index.ts'
import {
  add,
  concat,
  div,
  log,
  matmul,
  mean,
  mul,
  type NdArray,
  reciprocal,
  reshape,
  rsqrt,
  type Shape,
  slice,
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

/** Conjugate gradients in the denoiser of a fit: what digits and photographs take. */
const ITERATIONS = 12

/** Σ = D + U Uᵀ: D, and U [N, r], which is all of Σ where it is written out. */
const partsOf = (covariance: Covariance): { own: number | NdArray; factor?: NdArray } => {
  switch (covariance.kind) {
    case 'isotropic':
      return { own: covariance.variance }
    case 'lowRank':
      return { own: covariance.variance, factor: covariance.factor }
    case 'fullRank': {
      const { vectors, values } = fullSpectrum(covariance)
      const n = values.length
      return { own: 0, factor: matrixOf(n, n, (i, k) => vectors.data[i * n + k] * Math.sqrt(values[k])) }
    }
    default:
      throw new TweedieError(
        'input',
        `gaussianAnisotropic: takes s² I, D + U Uᵀ and Σ, got ${covariance.kind}`,
      )
  }
}

/**
 * The denoiser of a Gaussian prior N(μ, D + U Uᵀ): with T = diag(τ²), P = D + T and e = m − μ,
 *
 *   E[x | m] = μ + Σ (Σ + T)⁻¹ e = μ + U w + D P⁻¹ (e − U w),   (I + Uᵀ P⁻¹ U) w = Uᵀ P⁻¹ e,
 *
 * a system of as many unknowns as U has columns (Woodbury).
 *
 * @param solve - default 12 conjugate gradients in the dtype of m; exact in so many ranks
 * @throws TweedieError `input` for covariances that are diagonal or known by products alone
 *
 * @example
 * ```ts
 * const D = gaussianAnisotropic(gaussian, exactSolve())
 * ```
 */
export const gaussianAnisotropic = (
  { mean: mu, covariance }: Gaussian,
  solve: Solver = cg({ iterations: ITERATIONS, narrow: true }),
): AnisotropicDenoiser => {
  const { own, factor } = partsOf(covariance)
  return (m, tau) => {
    const rows = [m.shape[0], mu.size]
    const D = typeof own === 'number' ? own : reshape(constantLike(own, m), [mu.size])
    const P = add(square(reshape(tau, rows)), D)
    const centre = reshape(constantLike(mu, m), [mu.size])
    const e = sub(reshape(m, rows), centre)
    const shrunk = (v: Tensor): Tensor => add(centre, mul(v, div(D, P)))
    if (!factor) return reshape(shrunk(e), m.shape)
    const U = constantLike(factor, m)
    const along = (v: Tensor): Tensor => matmul(div(v, P), U)
    const spread = (w: Tensor): Tensor => matmul(w, U, { transB: true })
    const shared = spread(solve((w) => add(w, along(spread(w))), along(e)))
    return reshape(add(shared, shrunk(sub(e, shared))), m.shape)
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
