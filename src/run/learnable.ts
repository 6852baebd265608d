/** The prior as samplers learn it. */
import { normalOutside } from '../diffusion/index.ts'
import { filledOutside } from '../operators/index.ts'
import { float32 } from '../tensor/index.ts'
import type { LearnedPrior } from './prior.ts'

/**
 * The prior that samplers learn. They know densities, which a known number has not: outside the domain of a
 * prior they draw standard normals, which `restore` replaces.
 */
export const learnable = (prior: LearnedPrior): LearnedPrior => {
  const { domain, denoiser, gaussian } = prior
  if (!domain) return prior
  const mean = filledOutside(float32(gaussian.mean), { ...domain, value: 0 })
  return { ...prior, denoiser: normalOutside(denoiser, domain), mean, gaussian: { ...gaussian, mean } }
}
