/**
 * Twists of a diffusion: approximations l(xt) of p(y | xt) that say which particles have a future, each with
 * a guided denoiser for the proposal. Sequential Monte Carlo (smc.ts) is exact in the limit of many particles
 * for any positive twist and any proposal; good ones need fewer particles (Wu et al. 2023).
 */
import type { Denoiser } from '../../diffusion/index.ts'
import { covarianceInverse, covarianceTimes, type Solver } from '../../linalg/index.ts'
import { linearAt, type Observation } from '../../operators/index.ts'
import {
  add,
  alignTo,
  cast,
  div,
  fullLike,
  log,
  maximum,
  mul,
  square,
  sumRows,
  type Tensor,
  vjp,
} from '../../tensor/index.ts'
import { type ConditionalCovariance, onesCovariance, tweedieCovariance } from '../conditional-covariance.ts'
import { denseGaussian } from '../exact/dense-gaussian.ts'
import { solverOf } from '../mmps.ts'
import { innovation, residual } from '../update.ts'

/** A twist at xt. */
export interface Twisted {
  /** x̂ = D(xt), which makes the untwisted step. */
  readonly xhat: Tensor
  /** The guided denoiser’s answer, which makes the proposed step. */
  readonly guided: Tensor
  /** log l(xt) up to a constant, [B], float64. */
  readonly logTwist: Tensor
}

/** A twist of a prior towards an observation. */
export type Twist = (prior: Denoiser, observation: Observation) => (xt: Tensor, sigma: Tensor) => Twisted

/** Smallest variance: the row sums of a noise that is not diagonal may be anything. */
const SMALLEST = 1e-30

/** log N(e; 0, diag(variance)) + const, [B]. */
const logDiagonal = (e: Tensor, variance: Tensor): Tensor => {
  const [wide, v] = [cast(e, 'float64'), maximum(cast(variance, 'float64'), SMALLEST)]
  return mul(sumRows(add(div(square(wide), v), log(v))), -0.5)
}

/**
 * l = N(y; A x̂, Σy + r) with the variance r added to each entry of y, and the gradient of log l as guidance:
 * the twist of TDS (Wu et al. 2023). Entries of y are taken as independent.
 *
 * @param variance - r(σ) as a covariance v ↦ r v, default σ²/(1 + σ²)
 */
export const isotropicTwist =
  (variance: ConditionalCovariance = onesCovariance): Twist =>
  (prior, observation) =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const [e, A] = [residual(observation, xhat), linearAt(observation.A, xhat)]
    const ones = fullLike(e, 1)
    const r = variance(sigma, (v) => v)(ones)
    const total = add(maximum(covarianceTimes(observation.noise, ones), 0), r)
    const gradient = vjp(xhat, xt, A.adjoint(div(e, total)))
    return {
      xhat,
      guided: add(xhat, mul(square(alignTo(sigma, xt)), gradient)),
      logTwist: logDiagonal(e, total),
    }
  }

/** Options of {@link mmpsTwist}. */
export interface MmpsTwistOptions {
  /**
   * `diagonal` (default) keeps the row sums of Σy + A V Aᵀ alone, at a cost that does not depend on M, the
   * entries of y. `dense` builds it by M products, for M ≤ 32 or so: the density is MMPS's own.
   */
  readonly density?: 'dense' | 'diagonal'
  /** For the diagonal density: iterations of the guidance's solver, as those of `mmps`; default 5. */
  readonly iterations?: number
  /** The solver itself, instead of a number of iterations. */
  readonly solve?: Solver
}

/**
 * l = N(y; A x̂, Σy + A V Aᵀ) with Tweedie's V = σ² Jᵀ, guided by MMPS (Rozet et al. 2024). The derivative of
 * V is neglected in the guidance, as there: weights make up for it.
 *
 * Cost: one network evaluation and M + 1 vector–Jacobian products (dense), or those of the solver and two
 * more (diagonal).
 */
export const mmpsTwist =
  ({ density = 'diagonal', iterations = 5, solve = solverOf(iterations) }: MmpsTwistOptions = {}): Twist =>
  (prior, observation) =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const V = tweedieCovariance(sigma, (v) => vjp(xhat, xt, v))
    const { e, A, spread, C } = innovation(observation, xhat, V)
    if (density === 'dense') {
      const { u, logDensity } = denseGaussian(C, e)
      return { xhat, guided: add(xhat, V(A.adjoint(u))), logTwist: logDensity }
    }
    const ones = fullLike(e, 1)
    const variance = add(covarianceTimes(observation.noise, ones), maximum(spread(ones), 0))
    return { xhat, guided: add(xhat, V(A.adjoint(solve(C, e)))), logTwist: logDiagonal(e, variance) }
  }

/** log p(y | x) + const, [B], float64: −½ eᵀ Σy⁻¹ e. */
export const logLikelihood = (observation: Observation, x: Tensor): Tensor => {
  const e = residual(observation, x)
  const weighted = covarianceInverse(observation.noise, e)
  return mul(sumRows(mul(cast(e, 'float64'), cast(weighted, 'float64'))), -0.5)
}
