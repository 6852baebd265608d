/**
 * Exact posterior draws under a Gaussian prior by Matheron's rule: with x₀ ~ N(μ, Σ) and n ~ N(0, Σy),
 *
 *   x = x₀ + Σ Aᵀ (A Σ Aᵀ + Σy)⁻¹ (y − A x₀ − n)
 *
 * is a draw from p(x | y). One linear solve instead of a sampler's hundreds (Doucet 2010).
 */
import type { Gaussian } from '../../diffusion/index.ts'
import {
  constantLike,
  covarianceFactor,
  covarianceTimes,
  type Linear,
  type Solver,
} from '../../linalg/index.ts'
import { type Observation, requireLinear } from '../../operators/index.ts'
import { add, reshape, sub, type Tensor } from '../../tensor/index.ts'
import { residual, residualCovariance } from '../update.ts'

/** Standard normals that one batch of draws consumes. */
export interface GaussianNoise {
  /** Of the prior, [B, N]. */
  readonly white: Tensor
  /** Of the columns of a low-rank covariance of the prior, [B, r]; others take none. */
  readonly factor: Tensor
  /** Of the observation, like y: Σy scales them. */
  readonly observation: Tensor
}

/** The system C u = b of Matheron's rule, and the draw x₀ + Σ Aᵀ u that a solution makes. */
export interface MatheronSystem {
  /** x₀ ~ N(μ, Σ) and b = y − A x₀ − n. */
  readonly start: (z: GaussianNoise) => { readonly x0: Tensor; readonly b: Tensor }
  /** C = A Σ Aᵀ + Σy. */
  readonly C: Linear
  /** x₀ + Σ Aᵀ u. */
  readonly finish: (x0: Tensor, u: Tensor) => Tensor
}

/**
 * The system of {@link gaussianPosteriorDraw}, for those who solve it in parts.
 *
 * @throws TweedieError `input` for operators that are not linear, `shape` when y is not [B, ...outShape] of
 *   the operator
 */
export const matheronSystem = ({ mean, covariance }: Gaussian, observation: Observation): MatheronSystem => {
  const { noise } = observation
  const A = requireLinear(observation.A, 'an exact Gaussian posterior')
  const image = (v: Tensor) => reshape(v, [v.shape[0], ...A.inShape])
  const V = (v: Tensor) => covarianceTimes(covariance, v)
  return {
    start: ({ white, factor, observation: z }) => {
      const mu = reshape(constantLike(mean, white), [mean.size])
      const x0 = image(add(covarianceFactor(covariance, white, factor), mu))
      return { x0, b: sub(residual(observation, x0), covarianceFactor(noise, z)) }
    },
    C: residualCovariance(A, noise, V).C,
    finish: (x0, u) => add(x0, V(A.adjoint(u))),
  }
}

/**
 * Draws [B, ...event] from p(x | y), exact up to the solver.
 *
 * @param z - standard normals, all of them
 * @throws TweedieError as {@link matheronSystem}
 *
 * @example
 * ```ts
 * const solve = cg({ iterations: 100, tolerance: 1e-6 })
 * const draw = (z: GaussianNoise) => gaussianPosteriorDraw(gaussian, observation, solve, z)
 * ```
 */
export const gaussianPosteriorDraw = (
  prior: Gaussian,
  observation: Observation,
  solve: Solver,
  z: GaussianNoise,
): Tensor => {
  const { start, C, finish } = matheronSystem(prior, observation)
  const { x0, b } = start(z)
  return finish(x0, solve(C, b))
}
