/**
 * MMPS made asymptotically exact: sequential Monte Carlo (smc.ts) whose proposal is the step guided by MMPS
 * (Rozet et al. 2024) and whose twist is MMPS's own Gaussian N(y; A x̂, Σy + A V Aᵀ). One particle is MMPS;
 * many are p(x | y) of the prior's chain, also where the posterior has several modes, whose masses MMPS does
 * not get right.
 *
 * Cost of a step, for each particle: one network evaluation, and vector–Jacobian products as `mmpsTwist`
 * says.
 */
import type { SettingSpecs } from '../../settings.ts'
import { methodEntry, withDefaults } from '../method-entry.ts'
import { type ParticleMethod, type SmcOptions, smc, smcSettings } from './smc.ts'
import { type MmpsTwistOptions, mmpsTwist } from './twist.ts'

const settings = {
  ...smcSettings,
  iterations: {
    kind: 'integer',
    default: 5,
    min: 1,
    description: 'solver iterations of the guidance, as those of mmps',
    search: { range: [1, 8], scale: 'linear' },
  },
} as const satisfies SettingSpecs

/** Options of {@link smcMmps}. */
export interface SmcMmpsOptions extends SmcOptions, MmpsTwistOptions {}

/**
 * SMC-corrected MMPS; any differentiable operator.
 *
 * @throws TweedieError `input` as {@link smc}, and for iterations that are no positive integer
 *
 * @example
 * ```ts
 * const draw = compileMethod(smcMmps({ particles: 16 }), prior, observationOf, { steps: 64 })
 * ```
 */
export const smcMmps = ({ density, solve, ...options }: SmcMmpsOptions = {}): ParticleMethod => {
  const { iterations, ...particles } = withDefaults('smc-mmps', settings, { ...options })
  return smc(mmpsTwist({ density, iterations, solve }), particles, 'smc-mmps')
}

/** SMC-MMPS in the list of methods. */
export const smcMmpsEntry = methodEntry({
  name: 'smc-mmps',
  title: 'SMC-MMPS',
  reference: 'Rozet et al. 2024; Wu et al. 2023',
  needs: 'any',
  usesNoise: true,
  settings,
  make: smcMmps,
  cost: ({ particles, iterations }) => ({ evaluations: particles, vjps: particles * (iterations + 2) }),
  last: ({ particles }) => ({ evaluations: particles, vjps: 0 }),
})
