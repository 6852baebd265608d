/**
 * Manifold constrained gradients (Chung et al. 2022): the step of DPS, then the observed part of the state is replaced
 * by the observation at the level of the next state, xs ← (I − A⁺A) xs' + A⁺ ys with ys = y + σs z.
 *
 * As a denoiser: D = (I − A⁺A) D_dps + A⁺ y. The unobserved part is that of DPS. For the observed part let
 * A⁺A xt = A⁺(y + σt z'); a step keeps the share k of xt − D and adds noise of variance σs²τ, 1 − τ = k²σt²/σs², so
 *
 *   A⁺A xs = A⁺y + k σt A⁺z' + σs√τ A⁺A z,
 *
 * whose noise is of variance k²σt² + σs²τ = σs²: the same law as that of ys, at every level. y is taken as noiseless;
 * for denoising (A = I) nothing is left to the prior. Cost: one network evaluation and one vector–Jacobian product.
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Observation } from '../operators/index.ts'
import { projected } from './ddnm.ts'
import { type DpsOptions, dps } from './dps.ts'

/**
 * The denoiser of MCG; linear operators with a pseudo-inverse.
 *
 * @throws TweedieError `input` for other operators
 */
export const mcg = (prior: Denoiser, observation: Observation, options: DpsOptions = {}): Denoiser => {
  const project = projected(observation, 'mcg')
  const descend = dps(prior, observation, options)
  return (xt, sigma, move) => project(descend(xt, sigma, move))
}
