/** Every grid of noise levels by name: a new one is a file, and an entry here. */
import { entryOf, type SettingSpecs, type Settings } from '../../settings.ts'
import { entryIn, namedWithSettings } from '../../settings-text.ts'
import type { Grid } from './grid.ts'
import { karrasGrid } from './karras.ts'
import { respacedGrid } from './respaced.ts'
import { taperedGrid } from './tapered.ts'
import { sigmaGrid } from './uniform.ts'

/** A grid, as lists and command lines know it. */
export interface GridEntry {
  /** As it is written: `--grid karras`. */
  readonly name: string
  /** One line, with the reference. */
  readonly description: string
  readonly settings: SettingSpecs
  /** @throws TweedieError `input` for settings that it does not have or that are out of bounds */
  make(settings?: Settings): Grid
}

/** All grids, in the order of help. */
export const grids: readonly GridEntry[] = [
  entryOf({
    name: 'tapered',
    description: 'geometric, coarse where data do not decide; that of multistep steps',
    settings: {},
    make: () => taperedGrid,
  }),
  entryOf({
    name: 'uniform',
    description: 'uniform in the time of the schedule: geometric; that of other steps (Rozet et al. 2024)',
    settings: {},
    make: () => sigmaGrid,
  }),
  entryOf({
    name: 'karras',
    description: 'uniform in σ^(1/ρ) (Karras et al. 2022)',
    settings: { rho: { kind: 'number', default: 7, above: 0, description: 'ρ' } },
    make:
      ({ rho }) =>
      (schedule, steps) =>
        karrasGrid(schedule, steps, rho),
  }),
  entryOf({
    name: 'respaced',
    description: 'some of the 1,000 levels of a VP prior, evenly by index (Nichol & Dhariwal 2021)',
    settings: {
      of: {
        kind: 'choice',
        choices: ['own', 'linear', 'cosine'],
        default: 'own',
        description: 'the levels: those of the prior, or of a law of DDPM for images in [-1, 1]',
      },
    },
    make:
      ({ of }) =>
      (schedule, steps) =>
        respacedGrid(schedule, steps, of),
  }),
]

/** The names of the grids. */
export const gridNames: readonly string[] = grids.map(({ name }) => name)

const gridNamed = entryIn('grid', grids)

/**
 * Reads `tapered`, `karras:rho=5`, `respaced`: a grid as a command line has it.
 *
 * @throws TweedieError `input` for unknown grids and settings (with the nearest name), and values that do not
 *   fit
 *
 * @example
 * ```ts
 * const draw = sampler(() => prior, { grid: gridFrom('karras'), step: heun(), steps: 18 })
 * ```
 */
export const gridFrom = (text: string): Grid => {
  const { entry, settings } = namedWithSettings(text, gridNamed)
  return entry.make(settings)
}
