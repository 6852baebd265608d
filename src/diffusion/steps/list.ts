/** Every kind of step by name: a new one is a file, and an entry here. */
import { entryOf, type SettingSpecs, type Settings } from '../../settings.ts'
import { entryIn, namedWithSettings } from '../../settings-text.ts'
import type { Step } from '../step.ts'
import { adams } from './adams.ts'
import { ddim, ddpm } from './ancestral.ts'
import { dpmSolver } from './dpm-solver.ts'
import { heun } from './heun.ts'
import { predictorCorrector } from './predictor-corrector.ts'

/** A kind of step, as lists and command lines know it. */
export interface StepEntry {
  /** As it is written: `--step adams`. */
  readonly name: string
  /** One line, with the reference. */
  readonly description: string
  readonly settings: SettingSpecs
  /** @throws TweedieError `input` for settings that it does not have or that are out of bounds */
  make(settings?: Settings): Step
}

const stochasticity = <const D extends number>(value: D) =>
  ({
    kind: 'number',
    default: value,
    min: 0,
    max: 1,
    description: '0: the probability flow, 1: the reverse SDE',
  }) as const

/** All kinds of steps, in the order of help. */
export const stepKinds: readonly StepEntry[] = [
  entryOf({
    name: 'adams',
    description: 'second-order multistep with corrector (SA-Solver, Xue et al. 2023)',
    settings: { stochasticity: stochasticity(0.9) },
    make: adams,
  }),
  entryOf({
    name: 'dpm',
    description: 'DPM-Solver++(2M), second-order multistep (Lu et al. 2022)',
    settings: { stochasticity: stochasticity(0) },
    make: dpmSolver,
  }),
  entryOf({ name: 'ddpm', description: 'ancestral (Ho et al. 2020)', settings: {}, make: ddpm }),
  entryOf({
    name: 'ddim',
    description: 'first order, deterministic for η = 0 (Song et al. 2021)',
    settings: { eta: { kind: 'number', default: 0, min: 0, max: 1, description: 'share of the noise' } },
    make: ddim,
  }),
  entryOf({
    name: 'pc',
    description: 'DDIM with Langevin corrections (Rozet et al. 2024)',
    settings: {
      corrections: { kind: 'integer', default: 1, min: 1, description: 'Langevin steps after each step' },
      tau: { kind: 'number', default: 0.1, above: 0, description: 'their size' },
    },
    make: predictorCorrector,
  }),
  entryOf({
    name: 'heun',
    description: 'Heun, two evaluations (Karras et al. 2022)',
    settings: {
      churn: {
        kind: 'number',
        default: 0,
        min: 0,
        max: 1,
        description: 'γ: rise of the level before a step',
      },
    },
    make: heun,
  }),
]

/** The names of the kinds of steps. */
export const stepNames: readonly string[] = stepKinds.map(({ name }) => name)

const stepNamed = entryIn('step', stepKinds)

/**
 * Reads `adams`, `adams:stochasticity=1`, `pc:corrections=2:tau=0.2`: a step as a command line has it.
 *
 * @throws TweedieError `input` for unknown steps and settings (with the nearest name), and values that do not
 *   fit
 *
 * @example
 * ```ts
 * const step = stepFrom('adams:stochasticity=1')
 * ```
 */
export const stepFrom = (text: string): Step => {
  const { entry, settings } = namedWithSettings(text, stepNamed)
  return entry.make(settings)
}
