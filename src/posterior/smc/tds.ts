/**
 * Twisted diffusion sampler (Wu et al. 2023): sequential Monte Carlo (smc.ts) with the twist l = N(y; A x̂,
 * Σy + r I) and proposals guided by ∇ log l. Cost of a step: one network evaluation and one vector–Jacobian
 * product for each particle.
 */
import type { SettingSpecs } from '../../settings.ts'
import {
  type ConditionalCovariance,
  conditionalCovariances,
  onesCovariance,
} from '../conditional-covariance.ts'
import { methodEntry } from '../method-entry.ts'
import { type ParticleMethod, type SmcOptions, smc, smcSettings } from './smc.ts'
import { isotropicTwist } from './twist.ts'

const settings = {
  ...smcSettings,
  variance: {
    kind: 'choice',
    default: 'ones',
    choices: ['ones', 'cov_t', 'zeros'],
    description: 'r, the variance of A x given xt: σ²/(1 + σ²), σ² or 0',
  },
} as const satisfies SettingSpecs

/** Options of {@link tds}. */
export interface TdsOptions extends SmcOptions {
  /** Variance r(σ) of A x given xt, default σ²/(1 + σ²). */
  readonly variance?: ConditionalCovariance
}

/**
 * TDS; any differentiable operator.
 *
 * @throws TweedieError `input` as {@link smc}
 *
 * @example
 * ```ts
 * const draw = compileMethod(tds({ particles: 16 }), prior, observationOf, { steps: 64 })
 * ```
 */
export const tds = ({ variance = onesCovariance, ...options }: TdsOptions = {}): ParticleMethod =>
  smc(isotropicTwist(variance), options, 'tds')

/** TDS in the list of methods. */
export const tdsEntry = methodEntry({
  name: 'tds',
  title: 'TDS',
  reference: 'Wu et al. 2023',
  needs: 'any',
  usesNoise: true,
  settings,
  make: ({ variance, ...options }) => tds({ ...options, variance: conditionalCovariances[variance] }),
  cost: ({ particles }) => ({ evaluations: particles, vjps: particles }),
  last: ({ particles }) => ({ evaluations: particles, vjps: 0 }),
})
