/**
 * Manifold constrained gradients (Chung et al. 2022): the step of DPS, then the state is moved towards the
 * observation at the level of the next state,
 *
 *   xs ← xs' + P (ys − A xs'),   ys = y + σs z.
 *
 * P is what the authors take for each operator:
 *
 *   noise alone          none: MCG is DPS
 *   A Aᵀ ∝ I on y        A⁺, so that I − P A projects (masks, Fourier masks)
 *   any other linear A   Aᵀ/‖A‖²: nothing that A hardly sees is divided by what it is seen with
 *
 * For means of blocks the last is A⁺ again (the copies of their super-resolution), for blur Aᵀ, for
 * tomography a step of Landweber, where theirs divides by AᵀA 1 instead.
 *
 * As a denoiser: D = D_dps + P (y − A D_dps). The unobserved part is that of DPS. Where P A projects, let
 * P A xt = P(y + σt z'); a step keeps the share k of xt − D and adds noise of variance σs²τ with
 * 1 − τ = k²σt²/σs², so
 *
 *   P A xs = P y + k σt P z' + σs√τ P A z,
 *
 * whose noise is of variance k²σt² + σs²τ = σs²: the same law as that of ys, at every level. y is taken as
 * noiseless. Cost: one network evaluation and one vector–Jacobian product.
 */
import { largestEigenvalue } from '../linalg/index.ts'
import { type LinearOperator, type Observation, requireLinear } from '../operators/index.ts'
import { add, div, greater, type Tensor, where } from '../tensor/index.ts'
import { type DpsOptions, dps, dpsSettings } from './dps.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { byShifts } from './shift.ts'
import { residual } from './update.ts'

/** Aᵀ/‖A‖², for x like this. */
const backProjection = (A: LinearOperator, x: Tensor): ((y: Tensor) => Tensor) => {
  const squared = largestEigenvalue((v) => A.adjoint(A.apply(v)), x)
  const seen = greater(squared, 0)
  return (y) => where(seen, div(A.adjoint(y), where(seen, squared, 1)), 0)
}

/** x ↦ x + P (y − A x). */
const constrained = (observation: Observation): ((x: Tensor) => Tensor) => {
  const A = requireLinear(observation.A, 'mcg')
  if (A.name === 'identity') return (x) => x
  // Operators have a resolvent unless A Aᵀ is a multiple of the identity on what is observed.
  const exact = A.resolvent ? undefined : A.pinv
  return (x) => add(x, (exact ?? backProjection(A, x))(residual(observation, x)))
}

/**
 * MCG; linear operators.
 *
 * @param options - those of {@link dps}
 * @throws TweedieError `input` for a step that is not positive; the method `input` for non-linear operators
 *
 * @example
 * ```ts
 * const posterior = mcg({ zeta: 0.6 })(prior, observation)
 * ```
 */
export const mcg = (options: DpsOptions = {}): GuidanceMethod => {
  const guide = dps(withDefaults('mcg', dpsSettings, { ...options }))
  return byShifts((prior, observation) => {
    const constrain = constrained(observation)
    const descend = guide(prior, observation)
    return (xt, sigma, move) => constrain(descend(xt, sigma, move))
  })
}

/** MCG in the list of methods. */
export const mcgEntry = guidanceEntry({
  name: 'mcg',
  title: 'MCG',
  reference: 'Chung et al. 2022',
  needs: 'linear',
  usesNoise: false,
  settings: dpsSettings,
  make: mcg,
  vjps: () => 1,
  shifts: () => true,
})
