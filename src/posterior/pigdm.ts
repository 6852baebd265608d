/**
 * Pseudo-inverse guidance, ΠGDM (Song et al. 2023): x | xt taken as N(x̂, r I) with r = σ²/(1 + σ²),
 *
 *   us ← us + √(ᾱs ᾱt) r gᵀ Aᵀ u,   (Σy + r A Aᵀ) u = y − A x̂,   g = ∂x̂/∂ut,
 *
 * the weight √(ᾱs ᾱt) being that of RED-diff's code (Mardani et al. 2024). With ᾱ = 1/(1 + σ²), us = √ᾱs xs and
 * gᵀ = Jᵀ/√ᾱt both weights cancel: xs ← xs + r Jᵀ Aᵀ u. For noiseless observations r Aᵀ (r A Aᵀ)⁻¹ = A⁺, the shift is
 * Jᵀ (A⁺ y − A⁺ A x̂), the other published form.
 *
 * The shift does not shrink with the step: with many steps it adds up to far more than the posterior asks for. The
 * form that does, x̂ + σ² Jᵀ Aᵀ u, is `mmps` with `onesCovariance`. Cost: one network evaluation and one
 * vector–Jacobian product.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Solver } from '../linalg/index.ts'
import { gmres } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt, requirePinv } from '../operators/index.ts'
import { add, mul, sub, type Tensor, vjp } from '../tensor/index.ts'
import { onesCovariance } from './covariance.ts'
import { shifted } from './shift.ts'

/** Options of {@link pigdm}. */
export interface PigdmOptions {
  /**
   * `covariance` (default) solves with Σy + r A Aᵀ; `pinv` uses A⁺ and takes y as noiseless: linear operators that
   * have one.
   */
  readonly form?: 'covariance' | 'pinv'
  /** For the covariance form; default five iterations of GMRES. */
  readonly solve?: Solver
  /** Factor on the shift, default 1. */
  readonly weight?: number
}

/** V Aᵀ (Σy + A V Aᵀ)⁻¹ e with V = r I, r = σ²/(1 + σ²). */
const ridge = (sigma: Tensor, xhat: Tensor, { y, A, noise }: Observation, solve: Solver): Tensor => {
  const V = onesCovariance(sigma, () => xhat)
  const dA = linearAt(A, xhat)
  const C = (u: Tensor) => add(noise.apply(u), dA.apply(V(dA.adjoint(u))))
  return V(dA.adjoint(solve(C, sub(y, A.apply(xhat)))))
}

/**
 * The denoiser of ΠGDM. The covariance form takes any differentiable operator.
 *
 * @throws TweedieError `input` for the pseudo-inverse form of an operator without one
 */
export const pigdm = (
  prior: Denoiser,
  observation: Observation,
  { form = 'covariance', solve = gmres({ iterations: 5 }), weight = 1 }: PigdmOptions = {},
): Denoiser => {
  const { y, A } = observation
  const backed: (sigma: Tensor, xhat: Tensor) => Tensor =
    form === 'covariance'
      ? (sigma, xhat) => ridge(sigma, xhat, observation, solve)
      : (
          (pinv) => (_sigma, xhat) =>
            pinv(sub(y, A.apply(xhat)))
        )(requirePinv(A, 'pigdm by pseudo-inverse'))
  return (xt, sigma, move) => {
    const xhat = prior(xt, sigma)
    if (!move) return xhat
    return shifted(xhat, mul(vjp(xhat, xt, backed(sigma, xhat)), weight), move)
  }
}
