import { add, alignTo, mean, mul, reciprocal, square, sub, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** λ = 1 + 1/σ², under which the network of EDM's preconditioning has unit weight (DiEM Eq. 4). */
export const edmWeight = (sigma: Tensor): Tensor => add(reciprocal(square(sigma)), 1)

/**
 * λ = 1/σ², under which the noise that a network predicts has unit weight (Ho et al. 2020): z − ẑ = (D −
 * x)/σ, in whatever units the network sees x.
 */
export const noiseWeight = (sigma: Tensor): Tensor => reciprocal(square(sigma))

/**
 * Denoising loss E[λ ‖D(x + σz, σ) − x‖²/N].
 *
 * @param x - [B, ...event] clean samples
 * @param z - standard normal, like x
 * @param sigma - [B] noise levels
 * @param weight - λ of σ, default {@link edmWeight}
 * @returns a scalar: mean over features and over the batch
 */
export const denoisingLoss = (
  denoiser: Denoiser,
  x: Tensor,
  z: Tensor,
  sigma: Tensor,
  weight = edmWeight,
): Tensor => {
  const s = alignTo(sigma, x)
  return mean(mul(weight(s), square(sub(denoiser(add(x, mul(s, z)), sigma), x))))
}
