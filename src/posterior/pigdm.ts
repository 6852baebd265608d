/**
 * Pseudo-inverse guidance, ΠGDM (Song et al. 2023): x | xt taken as N(x̂, r I) with r = σ²/(1 + σ²),
 *
 *   us ← us + √(ᾱs ᾱt) r gᵀ Aᵀ (Σy + r A Aᵀ)⁻¹ (y − A x̂),   g = ∂x̂/∂ut,
 *
 * the weight √(ᾱs ᾱt) being that of RED-diff's code (Mardani et al. 2024). With ᾱ = 1/(1 + σ²), us = √ᾱs xs
 * and gᵀ = Jᵀ/√ᾱt both weights cancel: xs ← xs + r Jᵀ u. For noiseless observations r Aᵀ (r A Aᵀ)⁻¹ = A⁺, the
 * shift is Jᵀ (A⁺ y − A⁺ A x̂), the other published form.
 *
 * The shift does not shrink with the step: with many steps it adds up to far more than the posterior asks
 * for. The third form does: x̂ + σ² Jᵀ u, as MMPS has it. Cost: one network evaluation and one
 * vector–Jacobian product.
 */
import { gmres, type Solver } from '../linalg/index.ts'
import { requirePinv } from '../operators/index.ts'
import { add, alignTo, mul, square, type Tensor, vjp } from '../tensor/index.ts'
import { onesCovariance } from './conditional-covariance.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { byShifts, shifted } from './shift.ts'
import { residual, update } from './update.ts'

const settings = {
  weight: {
    kind: 'number',
    default: 1,
    above: 0,
    description: 'factor on the guidance',
    search: { range: [0.01, 1], scale: 'log' },
  },
  form: {
    kind: 'choice',
    default: 'covariance',
    choices: ['covariance', 'pinv', 'ones'],
    description: 'as published with noise, or without (pinv); ones: its V in the denoiser, as in MMPS',
  },
} as const

/** Options of {@link pigdm}. */
export interface PigdmOptions {
  /**
   * `covariance` (default) shifts the next state by r Jᵀ Aᵀ (Σy + r A Aᵀ)⁻¹ e; `pinv` by Jᵀ A⁺ e, with y
   * taken as noiseless, for linear operators that have A⁺; `ones` adds σ² Jᵀ Aᵀ (Σy + r A Aᵀ)⁻¹ e to the
   * denoiser's answer.
   */
  readonly form?: 'covariance' | 'pinv' | 'ones'
  /** For the forms with a system; default five iterations of GMRES. */
  readonly solve?: Solver
  /** Factor on the guidance, > 0, default 1. */
  readonly weight?: number
}

/**
 * ΠGDM; any differentiable operator, by pseudo-inverse those that have one.
 *
 * @throws TweedieError `input` for options out of bounds; the method `input` for the pseudo-inverse form of
 *   an operator without one
 *
 * @example
 * ```ts
 * const posterior = pigdm({ form: 'pinv' })(prior, observation)
 * ```
 */
export const pigdm = ({
  solve = gmres({ iterations: 5 }),
  ...options
}: PigdmOptions = {}): GuidanceMethod => {
  const { form, weight } = withDefaults('pigdm', settings, { ...options })
  const method: GuidanceMethod = (prior, observation) => {
    const pinv = form === 'pinv' ? requirePinv(observation.A, 'pigdm by pseudo-inverse') : undefined
    return (xt, sigma, move) => {
      const xhat = prior(xt, sigma)
      const guided = (v: Tensor) => mul(vjp(xhat, xt, v), weight)
      const V = onesCovariance(sigma, guided)
      const u = () => update(observation, xhat, V, solve)
      if (form === 'ones') return add(xhat, mul(square(alignTo(sigma, xt)), guided(u())))
      if (!move) return xhat
      return shifted(xhat, guided(pinv ? pinv(residual(observation, xhat)) : V(u())), move)
    }
  }
  return form === 'ones' ? method : byShifts(method)
}

/** ΠGDM in the list of methods. */
export const pigdmEntry = guidanceEntry({
  name: 'pigdm',
  title: 'ΠGDM',
  reference: 'Song et al. 2023',
  needs: 'any',
  usesNoise: true,
  settings,
  make: pigdm,
  vjps: () => 1,
  shifts: ({ form }) => form !== 'ones',
})
