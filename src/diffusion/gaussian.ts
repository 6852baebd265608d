/**
 * Gaussian priors N(μ, Σ), whose denoiser is known: E[x | xt] = μ + G (xt − μ) with the gain G = Σ (Σ +
 * σ²I)⁻¹, and whose posterior covariance is V[x | xt] = σ² G.
 */
import { TweedieError } from '../error.ts'
import { type Covariance, constantLike, covarianceGain, isotropic } from '../linalg/index.ts'
import {
  add,
  alignTo,
  expandDims,
  mul,
  type NdArray,
  reshape,
  sizeOf,
  square,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/**
 * A Gaussian over events of N entries. Arrays are float32 or float64; programs take them in their own dtype.
 */
export interface Gaussian {
  /** μ [N]. */
  readonly mean: NdArray
  /** Σ. */
  readonly covariance: Covariance
}

/**
 * The standard normal in N dimensions.
 *
 * @param mean - another mean, of n entries in any shape; default 0
 *
 * @example
 * ```ts
 * const prior = gaussianDenoiser(standardGaussian(784))
 * ```
 */
export const standardGaussian = (n: number, mean: NdArray = zeros([n])): Gaussian => ({
  mean,
  covariance: isotropic(1),
})

const flat = (v: Tensor, fn: (v: Tensor) => Tensor): Tensor =>
  reshape(fn(reshape(v, [v.shape[0], -1])), v.shape)

/**
 * The exact denoiser of a Gaussian prior; events of any shape with N entries.
 *
 * @throws TweedieError `shape` when an event does not have N entries, `input` for a covariance that cannot be
 *   inverted
 *
 * @example
 * ```ts
 * const prior = gaussianDenoiser({ mean: zeros([784]), covariance: lowRank(0.1, factor) })
 * ```
 */
export const gaussianDenoiser =
  ({ mean, covariance }: Gaussian): Denoiser =>
  (xt, sigma) => {
    const event = xt.shape.slice(1)
    if (sizeOf(event) !== mean.size)
      throw new TweedieError('shape', `gaussian prior over ${mean.size} entries, got events [${event}]`)
    const mu = reshape(constantLike(mean, xt), [mean.size])
    const s2 = square(expandDims(sigma, 1))
    return flat(xt, (v) => add(covarianceGain(covariance, s2, sub(v, mu)), mu))
  }

/** The exact V[x | xt] v = σ² Σ (Σ + σ²I)⁻¹ v of a Gaussian prior, for v [B, ...event] and sigma [B]. */
export const gaussianCovariance = (covariance: Covariance, sigma: Tensor, v: Tensor): Tensor =>
  mul(
    square(alignTo(sigma, v)),
    flat(v, (w) => covarianceGain(covariance, square(expandDims(sigma, 1)), w)),
  )
