import { add, alignTo, mean, mul, reciprocal, square, sub, type Tensor } from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/**
 * Denoising loss E[λ ‖D(x + σz, σ) − x‖²/N] with λ = 1 + 1/σ², the weight under which the network itself is
 * trained with unit weight (DiEM Eq. 4).
 *
 * @param x - [B, ...event] clean samples
 * @param z - standard normal, like x
 * @param sigma - [B] noise levels
 * @returns a scalar: mean over features and over the batch
 */
export const denoisingLoss = (denoiser: Denoiser, x: Tensor, z: Tensor, sigma: Tensor): Tensor => {
  const s = alignTo(sigma, x)
  const weight = add(reciprocal(square(s)), 1)
  return mean(mul(weight, square(sub(denoiser(add(x, mul(s, z)), sigma), x))))
}
