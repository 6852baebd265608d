/**
 * Tweedie moment projected diffusion (Boys et al. 2023): Tweedie's covariance V = σ² Jᵀ replaced by a diagonal,
 *
 *   E[x | xt, y] ≈ x̂ + σ² Jᵀ Aᵀ u.
 *
 * `rowsum` (the benchmark of Rozet et al. 2024): V = diag(σ² Jᵀ 1) in the space of x, (Σy + A V Aᵀ) u = e by a
 * solver. `diagonal` (azula): the same idea in the space of y, u = e/(Σy 1 + σ² A Jᵀ Aᵀ 1), no solver; the variance
 * is kept from falling below 0, which the Jacobian of a network does not promise. Cost: one network evaluation and
 * two vector–Jacobian products.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Solver } from '../linalg/index.ts'
import { gmres } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import { add, alignTo, div, fullLike, maximum, mul, square, sub, type Tensor, vjp } from '../tensor/index.ts'
import { rowSumCovariance } from './covariance.ts'
import { mmps } from './mmps.ts'

/** Options of {@link tmpd}. */
export interface TmpdOptions {
  /** Default `rowsum`. */
  readonly form?: 'rowsum' | 'diagonal'
  /** For the row-sum form; default five iterations of GMRES. */
  readonly solve?: Solver
}

const diagonal =
  (prior: Denoiser, { y, A, noise }: Observation): Denoiser =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const dA = linearAt(A, xhat)
    const s2 = square(alignTo(sigma, xt))
    const back = (u: Tensor) => mul(s2, vjp(xhat, xt, dA.adjoint(u))) // σ² Jᵀ Aᵀ u
    const e = sub(y, A.apply(xhat))
    const ones = fullLike(e, 1)
    const variance = add(noise.apply(ones), maximum(dA.apply(back(ones)), 0))
    return add(xhat, back(div(e, variance)))
  }

/** The denoiser of TMPD; any differentiable operator. */
export const tmpd = (
  prior: Denoiser,
  observation: Observation,
  { form = 'rowsum', solve = gmres({ iterations: 5 }) }: TmpdOptions = {},
): Denoiser =>
  form === 'diagonal'
    ? diagonal(prior, observation)
    : mmps(prior, observation, { solve, covariance: rowSumCovariance })
