/**
 * Diffusion posterior sampling (Chung et al. 2023): p(y | xt) ≈ N(y; A x̂, ·), one gradient step of length ζ on the
 * norm of the residual, not squared and over the whole of one observation:
 *
 *   us ← us − ζ ∇_ut ‖y − A x̂‖,   ut = xt/√(1 + σt²) the variance-preserving state.
 *
 * In the coordinates of this library xs = us √(1 + σs²) and ∇_ut = √(1 + σt²) ∇_xt, so with e = y − A x̂
 *
 *   δ = ζ √((1 + σs²)(1 + σt²)) Jᵀ Aᵀ e/‖e‖.
 *
 * The noise of the observation does not enter. Cost: one network evaluation and one vector–Jacobian product.
 */
import type { Denoiser } from '../diffusion/index.ts'
import { norm } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import { add, alignTo, div, greater, mul, sqrt, square, sub, vjp, where } from '../tensor/index.ts'
import { shifted } from './shift.ts'

/** Options of {@link dps}. */
export interface DpsOptions {
  /**
   * Step ζ > 0 in the units of the prior, default 1. A published ζ' is for data in [-1, 1], half of ours: the
   * gradient of a norm has no units and the state doubles, so ζ = 2ζ' (0.5 in the benchmark of Rozet et al. 2024).
   */
  readonly zeta?: number
}

/**
 * The denoiser of DPS; any differentiable operator.
 *
 * @example
 * ```ts
 * const draw = sampler((o) => dps(prior, { y: o.y, A: mask(o.mask), noise }, { zeta: 1 }), { steps: 1000 })
 * ```
 */
export const dps =
  (prior: Denoiser, { y, A }: Observation, { zeta = 1 }: DpsOptions = {}): Denoiser =>
  (xt, sigma, move) => {
    const xhat = prior(xt, sigma)
    if (!move) return xhat
    const e = sub(y, A.apply(xhat))
    const length = norm(e)
    const direction = where(greater(length, 0), div(e, length), 0)
    const ascent = vjp(xhat, xt, linearAt(A, xhat).adjoint(direction))
    const scale = sqrt(mul(add(square(move.sigma), 1), add(square(alignTo(sigma, xt)), 1)))
    return shifted(xhat, mul(ascent, mul(scale, zeta)), move)
  }
