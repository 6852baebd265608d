/**
 * Moment matching posterior sampling (Rozet et al. 2024, Algorithm 3): with x | xt taken as N(x̂, V), x̂ = D(xt) and
 * V = σ² Jᵀ by Tweedie's formula,
 *
 *   E[x | xt, y] ≈ x̂ + σ² Jᵀ Aᵀ u,   (Σy + A V Aᵀ) u = y − A x̂.
 *
 * Exact for a Gaussian prior and an exact solve. Cost: one network evaluation and (solver products + 1) vector–Jacobian
 * products. V enters the system only; the outer product is always the true one. Non-linear operators are taken by their
 * derivative at x̂.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Solver } from '../linalg/index.ts'
import { cg } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import { add, alignTo, mul, square, sub, type Tensor, vjp } from '../tensor/index.ts'
import { type Covariance, tweedieCovariance } from './covariance.ts'

/** Options of {@link mmps}. */
export interface MmpsOptions {
  /** Default one iteration of conjugate gradients. */
  readonly solve?: Solver
  /** V inside the linear system, default Tweedie's. */
  readonly covariance?: Covariance
}

/**
 * The posterior denoiser of a prior and an observation.
 *
 * @param prior - any denoiser
 * @returns a denoiser for x | y: every sampler takes it
 *
 * @example
 * ```ts
 * const posterior = mmps(prior, { y, A: mask(m), noise: isotropicNoise(0.1) }, { solve: cg({ iterations: 3 }) })
 * ```
 */
export const mmps =
  (
    prior: Denoiser,
    { y, A, noise }: Observation,
    { solve = cg(), covariance = tweedieCovariance }: MmpsOptions = {},
  ): Denoiser =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const pullback = (v: Tensor) => vjp(xhat, xt, v) // Jᵀ v
    const V = covariance(sigma, pullback)
    const dA = linearAt(A, xhat)
    const C = (u: Tensor) => add(noise.apply(u), dA.apply(V(dA.adjoint(u))))
    const u = solve(C, sub(y, A.apply(xhat)))
    return add(xhat, mul(square(alignTo(sigma, xt)), pullback(dA.adjoint(u))))
  }
