/**
 * The exact posterior denoiser of priors that are known in closed form. With z = (xt, y) as one observation
 * of x, E[x | xt, y] is that of the prior's components given z, weighed by their evidence:
 *
 *   Gaussian mixture   given k and xt, x is N(x̂_k, V_k) with V_k = σ² Σ_k (Σ_k + σ² I)⁻¹, and y is
 *                      N(A x̂_k, C_k) with C_k = Σy + A V_k Aᵀ. So
 *                      E[x | xt, y] = Σ_k w_k (x̂_k + V_k Aᵀ C_k⁻¹ (y − A x̂_k)),
 *                      w_k ∝ p(k | xt) N(y; A x̂_k, C_k).
 *   N points           E[x | xt, y] = Σ_i w_i x_i, w_i ∝ N(xt; x_i, σ² I) N(y; A x_i, Σy); any operator.
 *
 * Nothing is approximated, so samplers that use it differ from p(x | y) by their steps and their start alone.
 */
import {
  type Denoiser,
  type Empirical,
  empiricalLogWeights,
  empiricalMean,
  type Gaussian,
  gaussianDenoiser,
  type Mixture,
  mixtureLogWeights,
} from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { constantLike, covarianceInverse, isotropic } from '../../linalg/index.ts'
import type { Observation } from '../../operators/index.ts'
import {
  add,
  broadcastTo,
  cast,
  concat,
  itemAt,
  mul,
  type NdArray,
  reshape,
  sizeOf,
  slice,
  softmax,
  sumRows,
  type Tensor,
} from '../../tensor/index.ts'
import { gaussianPosteriorCovariance } from '../conditional-covariance.ts'
import type { GuidanceMethod } from '../method.ts'
import { innovation, residual } from '../update.ts'
import { denseGaussian } from './dense-gaussian.ts'

/** A prior in closed form, in its own units. */
export type KnownPrior = Gaussian | Mixture | Empirical

/** Largest number of products with C that a program is made of: components times entries of y. */
const LARGEST = 2048

/** The components of a mixture, each a Gaussian; a Gaussian is a mixture of one. */
const componentsOf = (prior: Gaussian | Mixture): Gaussian[] => {
  if ('mean' in prior) return [prior]
  return Array.from({ length: prior.means.shape[0] }, (_, k) => ({
    mean: itemAt(prior.means, k),
    covariance: 'variances' in prior ? isotropic(Number(prior.variances.data[k])) : prior.covariances[k],
  }))
}

/** E[x | xt, y] given one component, and log p(y | k, xt) up to what all components share. */
const given = (component: Gaussian, observation: Observation, xt: Tensor, sigma: Tensor) => {
  const xhat = gaussianDenoiser(component)(xt, sigma)
  const V = gaussianPosteriorCovariance(component.covariance)(sigma, (v) => v)
  const { e, A, C } = innovation(observation, xhat, V)
  const { u, logDensity } = denseGaussian(C, e)
  return { mean: add(xhat, V(A.adjoint(u))), logDensity }
}

/** Column k of weights [B, K], against [B, ...event]. */
const column = (weights: Tensor, k: number, like: Tensor): Tensor => {
  const [batch] = weights.shape
  const own = slice(weights, [0, k], [batch, k + 1])
  return reshape(cast(own, like.dtype), [batch, ...like.shape.slice(1).map(() => 1)])
}

const ofMixture = (prior: Gaussian | Mixture, observation: Observation): Denoiser => {
  const components = componentsOf(prior)
  const { A } = observation
  const products = components.length * sizeOf(A.outShape)
  if (!A.linear)
    throw new TweedieError('input', `exact: a Gaussian prior needs a linear operator, '${A.name}' is not`)
  if (products > LARGEST)
    throw new TweedieError(
      'input',
      `exact: ${components.length} components times ${sizeOf(A.outShape)} entries of y are ${products} ` +
        `products, ${LARGEST} at most; use mmps with the prior's own denoiser`,
    )
  return (xt, sigma) => {
    const [batch] = xt.shape
    const parts = components.map((component) => given(component, observation, xt, sigma))
    if ('mean' in prior) return parts[0].mean
    const evidence = concat(
      parts.map(({ logDensity }) => reshape(logDensity, [batch, 1])),
      1,
    )
    const weights = softmax(add(cast(mixtureLogWeights(prior, xt, sigma), 'float64'), evidence))
    return parts.map(({ mean }, k) => mul(column(weights, k, mean), mean)).reduce((a, b) => add(a, b))
  }
}

/** log N(y; A x, Σy) up to a constant, [B, 1], for one point x of the prior. */
const logLikelihood = (observation: Observation, point: NdArray, xt: Tensor): Tensor => {
  const x = broadcastTo(reshape(constantLike(point, xt), [1, ...xt.shape.slice(1)]), xt.shape)
  const e = residual(observation, x)
  const energy = sumRows(mul(e, covarianceInverse(observation.noise, e)))
  return reshape(mul(cast(energy, 'float64'), -0.5), [xt.shape[0], 1])
}

const ofPoints = (prior: Empirical, observation: Observation): Denoiser => {
  const [count] = prior.points.shape
  if (count > LARGEST)
    throw new TweedieError('input', `exact: an empirical prior of ${LARGEST} points at most, got ${count}`)
  return (xt, sigma) => {
    const evidence = concat(
      Array.from({ length: count }, (_, i) => logLikelihood(observation, itemAt(prior.points, i), xt)),
      1,
    )
    return empiricalMean(prior, softmax(add(empiricalLogWeights(prior, xt, sigma), evidence)), xt)
  }
}

/**
 * The exact posterior denoiser of a known prior: for a fair bench, and for small problems whose prior is a
 * formula. It takes the place of the prior that the sampler is given, which should be the same one.
 *
 * @param prior - a Gaussian, a mixture of Gaussians, or the empirical distribution of N points
 * @throws TweedieError `input` (when the program is traced) for a non-linear operator with a Gaussian or a
 *   mixture, and for more than 2048 products: components times entries of y, or points
 *
 * @example
 * ```ts
 * const points = { points: images } // the truth is one of them
 * const draw = compileMethod(exact(points), empiricalDenoiser(points), observationOf, { steps: 320 })
 * ```
 */
export const exact =
  (prior: KnownPrior): GuidanceMethod =>
  (_, observation) =>
    'points' in prior ? ofPoints(prior, observation) : ofMixture(prior, observation)
