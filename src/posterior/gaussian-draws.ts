/**
 * Exact posterior draws under a Gaussian prior by Matheron's rule: with x₀ ~ N(μ, Σ) and n ~ N(0, Σy),
 *
 *   x = x₀ + Σ Aᵀ (A Σ Aᵀ + Σy)⁻¹ (y − A x₀ − n)
 *
 * is a draw from p(x | y). One linear solve instead of a sampler's hundreds (Doucet 2010).
 */
import { covarianceTimes, type Gaussian, type GaussianCovariance } from '../diffusion/index.ts'
import type { Linear, Solver } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { requireLinear } from '../operators/index.ts'
import { add, constant, matmul, mul, reshape, sqrt, sub, type Tensor } from '../tensor/index.ts'

/** Standard normals that one batch of draws consumes. */
export interface GaussianNoise {
  /** [B, N]. */
  readonly white: Tensor
  /** [B, r], for low-rank covariances; ignored by the others. */
  readonly factor: Tensor
  /** Noise n ~ N(0, Σy), like y. */
  readonly observation: Tensor
}

const priorDraw = ({ mean, covariance }: Gaussian, { white, factor }: GaussianNoise): Tensor => {
  const spread = (c: GaussianCovariance): Tensor => {
    if (c.kind === 'isotropic') return mul(white, Math.sqrt(c.variance))
    if (c.kind === 'diagonal') return mul(white, sqrt(constant(c.variance)))
    const own = c.kind === 'ppca' ? mul(white, Math.sqrt(c.variance)) : mul(white, sqrt(constant(c.variance)))
    return add(own, matmul(factor, constant(c.factor), { transB: true }))
  }
  return add(constant(mean), spread(covariance))
}

/** What Matheron's rule solves, C u = b, and the draw x₀ + Σ Aᵀ u that a solution makes. */
export interface MatheronSystem {
  /** x₀ ~ N(μ, Σ) and b = y − A x₀ − n. */
  readonly start: (z: GaussianNoise) => { readonly x0: Tensor; readonly b: Tensor }
  /** C = A Σ Aᵀ + Σy. */
  readonly C: Linear
  /** x₀ + Σ Aᵀ u. */
  readonly finish: (x0: Tensor, u: Tensor) => Tensor
}

/** The system of {@link gaussianPosteriorDraw}, for those who solve it in parts. */
export const matheronSystem = (prior: Gaussian, { y, A: forward, noise }: Observation): MatheronSystem => {
  const A = requireLinear(forward, 'an exact Gaussian posterior')
  const image = (v: Tensor) => reshape(v, [v.shape[0], ...A.inShape])
  const times = (v: Tensor) => image(covarianceTimes(prior.covariance, reshape(v, [v.shape[0], -1])))
  return {
    start: (z) => {
      const x0 = image(priorDraw(prior, z))
      return { x0, b: sub(sub(y, A.apply(x0)), z.observation) }
    },
    C: (u) => add(noise.apply(u), A.apply(times(A.adjoint(u)))),
    finish: (x0, u) => add(x0, times(A.adjoint(u))),
  }
}

/** Draws [B, ...event] from p(x | y), exact up to the solver. */
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
