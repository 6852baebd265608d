/**
 * Choices for V[x | xt] inside C = Σy + A V Aᵀ (Rozet et al. 2024, section 5.1). All heuristics are one
 * formula, V = (Σx⁻¹ + σ⁻² I)⁻¹, with different Σx; Tweedie's covariance is σ² times the denoiser's own
 * Jacobian.
 */
import { gaussianCovariance } from '../diffusion/index.ts'
import { type Covariance, isotropic, type Linear } from '../linalg/index.ts'
import { alignTo, fullLike, mul, square, type Tensor } from '../tensor/index.ts'

/** v ↦ V v for v [B, ...event], given σ [B] and the product v ↦ Jᵀ v of the denoiser at xt. */
export type ConditionalCovariance = (sigma: Tensor, pullback: Linear) => Linear

/** V = σ² Jᵀ (Tweedie; Jᵀ = J when the denoiser is a gradient field): MMPS. */
export const tweedieCovariance: ConditionalCovariance = (sigma, pullback) => (v) =>
  mul(square(alignTo(sigma, v)), pullback(v))

/** V = 0: C = Σy, as in DPS. */
export const zeroCovariance: ConditionalCovariance = () => (v) => mul(v, 0)

/**
 * V = (Σx⁻¹ + σ⁻² I)⁻¹ with the fitted Σx; exact when the prior is that Gaussian.
 *
 * @example
 * ```ts
 * const posterior = mmps({ covariance: gaussianPosteriorCovariance(gaussian.covariance) })
 * ```
 */
export const gaussianPosteriorCovariance =
  (covariance: Covariance): ConditionalCovariance =>
  (sigma) =>
  (v) =>
    gaussianCovariance(covariance, sigma, v)

/** V = σ²/(1 + σ²) I, that is Σx = I: ΠGDM (Song et al. 2023), SDA. */
export const onesCovariance: ConditionalCovariance = gaussianPosteriorCovariance(isotropic(1))

/** V ≈ σ² I, that is Σx = 10⁶ I (Adam et al. 2022). */
export const timeCovariance: ConditionalCovariance = gaussianPosteriorCovariance(isotropic(1e6))

/**
 * V = diag(σ² Jᵀ 1): Tweedie's covariance σ² Jᵀ with the sum of each of its rows on the diagonal, as the
 * benchmark of Rozet et al. (2024) has TMPD.
 */
export const rowSumCovariance: ConditionalCovariance = (sigma, pullback) => (v) =>
  mul(mul(square(alignTo(sigma, v)), pullback(fullLike(v, 1))), v)

/**
 * The choices of V that configurations and settings name; `cov_x` is {@link gaussianPosteriorCovariance} of a
 * fit.
 */
export const conditionalCovariances = {
  tweedie: tweedieCovariance,
  zeros: zeroCovariance,
  ones: onesCovariance,
  cov_t: timeCovariance,
} as const
