/**
 * Diffusion posterior sampling (Chung et al. 2023): p(y | xt) ≈ N(y; A x̂, ·), one gradient step of length ζ
 * on the norm of the residual, not squared and over the whole of one observation:
 *
 *   us ← us − ζ ∇_ut ‖y − A x̂‖,   ut = xt/√(1 + σt²) the variance-preserving state.
 *
 * In the coordinates of this library xs = us √(1 + σs²) and ∇_ut = √(1 + σt²) ∇_xt, so with e = y − A x̂
 *
 *   xs ← xs + ζ √((1 + σs²)(1 + σt²)) Jᵀ Aᵀ e/‖e‖.
 *
 * The noise of the observation does not enter. Cost: one network evaluation and one vector–Jacobian product.
 */
import { norm } from '../linalg/index.ts'
import { linearAt } from '../operators/index.ts'
import { add, alignTo, div, greater, mul, sqrt, square, vjp, where } from '../tensor/index.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { byShifts, shifted } from './shift.ts'
import { residual } from './update.ts'

/** The step ζ moves M entries by ζ/√M each: many steps, small images and little noise ask for a small one. */
export const dpsSettings = {
  zeta: {
    kind: 'number',
    default: 1,
    above: 0,
    description: 'length of the gradient step',
    search: { range: [0.01, 10], scale: 'log' },
  },
} as const

/** Options of {@link dps}. */
export interface DpsOptions {
  /**
   * Step ζ > 0 in the units of the prior, default 1. A published ζ' is for data in [-1, 1], half of ours: the
   * gradient of a norm has no units and the state doubles, so ζ = 2ζ' (0.5 in the benchmark of Rozet et al.
   * 2024).
   */
  readonly zeta?: number
}

/**
 * DPS; any differentiable operator.
 *
 * @throws TweedieError `input` for a step that is not positive
 *
 * @example
 * ```ts
 * const observationOf = (o: { y: Tensor; mask: Tensor }) => ({ y: o.y, A: mask(o.mask), noise })
 * const draw = compileMethod(dps({ zeta: 0.6 }), prior, observationOf, { steps: 1000 })
 * ```
 */
export const dps = (options: DpsOptions = {}): GuidanceMethod => {
  const { zeta } = withDefaults('dps', dpsSettings, { ...options })
  return byShifts((prior, observation) => (xt, sigma, move) => {
    const xhat = prior(xt, sigma)
    if (!move) return xhat
    const e = residual(observation, xhat)
    const length = norm(e)
    const direction = where(greater(length, 0), div(e, length), 0)
    const ascent = vjp(xhat, xt, linearAt(observation.A, xhat).adjoint(direction))
    const scale = sqrt(mul(add(square(move.sigma), 1), add(square(alignTo(sigma, xt)), 1)))
    return shifted(xhat, mul(ascent, mul(scale, zeta)), move)
  })
}

/** DPS in the list of methods. */
export const dpsEntry = guidanceEntry({
  name: 'dps',
  title: 'DPS',
  reference: 'Chung et al. 2023',
  needs: 'any',
  usesNoise: false,
  settings: dpsSettings,
  make: dps,
  vjps: () => 1,
  shifts: () => true,
})
