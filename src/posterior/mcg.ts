/**
 * Manifold constrained gradients (Chung et al. 2022): the step of DPS, then the observed part of the state is
 * replaced by the observation at the level of the next state, xs ← (I − A⁺A) xs' + A⁺ ys with ys = y + σs z.
 *
 * As a denoiser: D = (I − A⁺A) D_dps + A⁺ y. The unobserved part is that of DPS. For the observed part let
 * A⁺A xt = A⁺(y + σt z'); a step keeps the share k of xt − D and adds noise of variance σs²τ with
 * 1 − τ = k²σt²/σs², so
 *
 *   A⁺A xs = A⁺y + k σt A⁺z' + σs√τ A⁺A z,
 *
 * whose noise is of variance k²σt² + σs²τ = σs²: the same law as that of ys, at every level. y is taken as
 * noiseless; for denoising (A = I) nothing is left to the prior. Cost: one network evaluation and one
 * vector–Jacobian product.
 */
import { projected } from './ddnm.ts'
import { type DpsOptions, dps, dpsSettings } from './dps.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'

/**
 * MCG; linear operators with a pseudo-inverse.
 *
 * @param options - those of {@link dps}
 * @throws TweedieError `input` for a step that is not positive; the method `input` for other operators
 *
 * @example
 * ```ts
 * const posterior = mcg({ zeta: 0.6 })(prior, observation)
 * ```
 */
export const mcg = (options: DpsOptions = {}): GuidanceMethod => {
  const guide = dps(withDefaults('mcg', dpsSettings, { ...options }))
  return (prior, observation) => {
    const project = projected(observation, 'mcg')
    const descend = guide(prior, observation)
    return (xt, sigma, move) => project(descend(xt, sigma, move))
  }
}

/** MCG in the list of methods. */
export const mcgEntry = guidanceEntry({
  name: 'mcg',
  title: 'MCG',
  reference: 'Chung et al. 2022',
  needs: 'pinv',
  usesNoise: false,
  settings: dpsSettings,
  make: mcg,
  vjps: () => 1,
  shifts: () => true,
})
