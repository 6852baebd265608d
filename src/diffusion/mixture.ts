/**
 * Mixtures of Gaussians: an analytic, multimodal prior Σ_k π_k N(μ_k, Σ_k), with
 *
 *   p(k | xt) ∝ π_k N(xt; μ_k, Σ_k + σ²I),   E[x | xt] = Σ_k p(k | xt) (μ_k + Σ_k (Σ_k + σ²I)⁻¹ (xt − μ_k)).
 */
import { type Covariance, constantLike, covarianceMatrix, fullRank } from '../linalg/index.ts'
import { fullSpectrum } from '../linalg/spectrum.ts'
import {
  add,
  div,
  expandDims,
  log,
  matmul,
  mul,
  type NdArray,
  ndarray,
  reshape,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  toNumbers,
  transpose,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

interface Components {
  /** π [K], positive, of sum 1. */
  readonly weights: NdArray
  /** μ [K, N]. */
  readonly means: NdArray
}

/** Components Σ_k = τ_k² I. */
export interface IsotropicMixture extends Components {
  /** τ² [K]. */
  readonly variances: NdArray
}

/** Components of any covariance. */
export interface GaussianMixture extends Components {
  /** Σ_k, K of them; each is written out and decomposed, which is for N up to some hundreds. */
  readonly covariances: readonly Covariance[]
}

/** A mixture of Gaussians over events of N entries. */
export type Mixture = IsotropicMixture | GaussianMixture

/** log p(k | xt) up to a constant [B, K], and E[x | xt] [B, N]. */
interface Posterior {
  readonly logWeights: Tensor
  readonly mean: Tensor
}

const ofIsotropic = ({ weights, means, variances }: IsotropicMixture, x: Tensor, s2: Tensor): Posterior => {
  const [mu, tau2] = [constantLike(means, x), constantLike(variances, x)]
  const total = add(s2, tau2)
  const distance = add(
    sub(sum(square(x), { axes: 1, keepdims: true }), mul(matmul(x, mu, { transB: true }), 2)),
    sum(square(mu), { axes: 1 }),
  )
  const n = means.shape[1]
  const logWeights = sub(
    log(constantLike(weights, x)),
    add(div(mul(distance, 0.5), total), mul(log(total), n / 2)),
  )
  const w = softmax(logWeights)
  const share = div(tau2, total)
  const own = matmul(mul(w, sub(1, share)), mu)
  return { logWeights, mean: add(own, mul(x, sum(mul(w, share), { axes: 1, keepdims: true }))) }
}

/** Σ_k = Q Λ Qᵀ of all components: Q [K, N, N] and λ [K, 1, N]. */
const spectraOf = ({ means, covariances }: GaussianMixture): { Q: NdArray; lambda: NdArray } => {
  const [K, n] = means.shape
  const spectra = covariances.map((covariance) => fullSpectrum(fullRank(covarianceMatrix(covariance, n))))
  return {
    Q: ndarray(
      spectra.flatMap(({ vectors }) => toNumbers(vectors)),
      [K, n, n],
      'float64',
    ),
    lambda: ndarray(
      spectra.flatMap(({ values }) => values),
      [K, 1, n],
      'float64',
    ),
  }
}

const ofGaussian = (mixture: GaussianMixture): ((x: Tensor, s2: Tensor) => Posterior) => {
  const spectra = spectraOf(mixture)
  return (x, s2) => {
    const [Q, lambda] = [constantLike(spectra.Q, x), constantLike(spectra.lambda, x)]
    const mu = expandDims(constantLike(mixture.means, x), 1) // [K, 1, N]
    const along = matmul(sub(expandDims(x, 0), mu), Q) // Qᵀ (xt − μ_k), [K, B, N]
    const total = add(expandDims(s2, 0), lambda)
    const energy = sum(add(div(square(along), total), log(total)), { axes: 2 })
    const energies = transpose(energy, [1, 0]) // [B, K]
    const logWeights = sub(log(constantLike(mixture.weights, x)), mul(energies, 0.5))
    const w = softmax(logWeights)
    const means = add(matmul(mul(along, div(lambda, total)), Q, { transB: true }), mu) // [K, B, N]
    return { logWeights, mean: sum(mul(expandDims(transpose(w, [1, 0]), 2), means), { axes: 0 }) }
  }
}

const posteriorOf = (mixture: Mixture): ((xt: Tensor, sigma: Tensor) => Posterior) => {
  const at =
    'variances' in mixture ? (x: Tensor, s2: Tensor) => ofIsotropic(mixture, x, s2) : ofGaussian(mixture)
  return (xt, sigma) => at(reshape(xt, [xt.shape[0], -1]), square(expandDims(sigma, 1)))
}

/**
 * The exact denoiser E[x | xt] of a mixture; events are flattened to N entries.
 *
 * @throws TweedieError `input` for components that are not positive definite, or known inside a program only
 *
 * @example
 * ```ts
 * const prior = mixtureDenoiser({ weights, means, covariances: [fullRank(covariance), isotropic(0.1)] })
 * ```
 */
export const mixtureDenoiser = (mixture: Mixture): Denoiser => {
  const posterior = posteriorOf(mixture)
  return (xt, sigma) => reshape(posterior(xt, sigma).mean, xt.shape)
}

/** log p(k | xt) of the components up to a constant, [B, K]. */
export const mixtureLogWeights = (mixture: Mixture, xt: Tensor, sigma: Tensor): Tensor =>
  posteriorOf(mixture)(xt, sigma).logWeights

/** Posterior weights p(k | xt), [B, K]. */
export const mixtureWeights = (mixture: Mixture, xt: Tensor, sigma: Tensor): Tensor =>
  softmax(mixtureLogWeights(mixture, xt, sigma))
