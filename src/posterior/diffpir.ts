/**
 * DiffPIR (Zhu et al. 2023): a proximal step on the data instead of a gradient through the network,
 *
 *   D = argmin_x ‖y − A x‖²_Σy + (λ/σ²) ‖x − x̂‖² = x̂ + ρ Aᵀ (Σy + ρ A Aᵀ)⁻¹ (y − A x̂),   ρ = σ²/λ,
 *
 * the norm weighted by Σy⁻¹; the second form (push-through identity) needs only products with Σy. It is E[x | xt, y]
 * for V = ρ I without the Jacobian. Cost: one network evaluation.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Solver } from '../linalg/index.ts'
import { gmres } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import { add, alignTo, mul, square, sub, type Tensor } from '../tensor/index.ts'

/** Options of {@link diffpir}. */
export interface DiffpirOptions {
  /** λ > 0, how much the prior is trusted against the observation; default 8 (Rozet et al. 2024). */
  readonly lambda?: number
  /** Default five iterations of GMRES. */
  readonly solve?: Solver
}

/** The denoiser of DiffPIR; non-linear operators by one Gauss–Newton step from x̂. */
export const diffpir =
  (
    prior: Denoiser,
    { y, A, noise }: Observation,
    { lambda = 8, solve = gmres({ iterations: 5 }) }: DiffpirOptions = {},
  ): Denoiser =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const dA = linearAt(A, xhat)
    const rho = mul(square(alignTo(sigma, xt)), 1 / lambda)
    const V = (v: Tensor) => mul(v, rho)
    const C = (u: Tensor) => add(noise.apply(u), dA.apply(V(dA.adjoint(u))))
    return add(xhat, V(dA.adjoint(solve(C, sub(y, A.apply(xhat))))))
  }
