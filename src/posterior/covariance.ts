/**
 * Choices for V[x | xt] inside C = Σy + A V Aᵀ (Rozet et al. 2024, section 5.1). All heuristics are one formula,
 * V = (Σx⁻¹ + σ⁻² I)⁻¹, with different Σx; Tweedie's covariance is σ² times the denoiser's own Jacobian.
 */
import { type GaussianCovariance, gaussianCovariance } from '../diffusion/index.ts'
import { alignTo, fullLike, mul, square, type Tensor } from '../tensor/index.ts'

/** v ↦ V v, given σ [B] and the product v ↦ Jᵀ v of the denoiser at xt. */
export type Covariance = (sigma: Tensor, pullback: (v: Tensor) => Tensor) => (v: Tensor) => Tensor

/** V = σ² Jᵀ (Tweedie; Jᵀ = J when the denoiser is a gradient field): MMPS. */
export const tweedieCovariance: Covariance = (sigma, pullback) => (v) =>
  mul(square(alignTo(sigma, v)), pullback(v))

/** V = 0: C = Σy, as in DPS. */
export const zeroCovariance: Covariance = () => (v) => mul(v, 0)

/** V = σ²/(1 + σ²) I, that is Σx = I: PiGDM (Song et al. 2023), SDA. */
export const onesCovariance: Covariance = (sigma) => (v) =>
  gaussianCovariance({ kind: 'isotropic', variance: 1 }, sigma, v)

/** V ≈ σ² I, that is Σx = 10⁶ I (Adam et al. 2022). */
export const timeCovariance: Covariance = (sigma) => (v) =>
  gaussianCovariance({ kind: 'isotropic', variance: 1e6 }, sigma, v)

/** V = (Σx⁻¹ + σ⁻² I)⁻¹ with the fitted Σx; exact when the prior is that Gaussian. */
export const gaussianPosteriorCovariance =
  (covariance: GaussianCovariance): Covariance =>
  (sigma) =>
  (v) =>
    gaussianCovariance(covariance, sigma, v)

/** V = diag(σ² Jᵀ 1): Tweedie's covariance with the sum of each row on the diagonal (TMPD, Boys et al. 2023). */
export const rowSumCovariance: Covariance = (sigma, pullback) => (v) =>
  mul(mul(square(alignTo(sigma, v)), pullback(fullLike(v, 1))), v)
