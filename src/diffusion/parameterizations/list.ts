/** Every parameterization by name: a new one is a file, and an entry here. */
import { type SettingSpecs, type Settings, settingsOf } from '../../settings.ts'
import { entryIn, namedWithSettings } from '../../settings-text.ts'
import { edm } from './edm.ts'
import type { Parameterization, ParameterizationSpec } from './parameterization.ts'
import { vp, vpTrainingSettings } from './vp.ts'

/** A parameterization, as lists and configurations know it. */
export interface ParameterizationEntry {
  readonly name: string
  /** One line, with the reference. */
  readonly description: string
  readonly settings: SettingSpecs
  /** @throws TweedieError `input` for settings that are out of bounds */
  make(settings: Settings): Parameterization
}

/** All parameterizations, in the order of help. */
export const parameterizations: readonly ParameterizationEntry[] = [
  {
    name: 'edm',
    description: 'a network beside a linear part (Karras et al. 2022)',
    settings: {},
    make: (settings) => {
      settingsOf('edm', {}, settings)
      return edm
    },
  },
  {
    name: 'vp',
    description: 'prediction of the noise in variance-preserving coordinates (Ho et al. 2020)',
    settings: vpTrainingSettings,
    make: vp,
  },
]

/** The names of the parameterizations. */
export const parameterizationNames: readonly string[] = parameterizations.map(({ name }) => name)

const parameterizationNamed = entryIn('parameterization', parameterizations)

/**
 * The parameterization of data such as a prior's file has; where nothing is said, {@link edm}.
 *
 * @throws TweedieError `input` for unknown names and settings, and values that do not fit
 */
export const parameterizationOf = (spec?: ParameterizationSpec): Parameterization =>
  spec === undefined ? edm : parameterizationNamed(spec.name).make(spec.settings)

/**
 * Reads `vp`, `vp:betas=linear:clip=2`: a parameterization as configurations have it.
 *
 * @throws TweedieError `input` for unknown ones and settings (with the nearest name), and values that do not
 *   fit
 *
 * @example
 * ```ts
 * const { denoiser } = parameterizationFrom('vp:betas=linear')
 * ```
 */
export const parameterizationFrom = (text: string): Parameterization => {
  const { entry, settings } = namedWithSettings(text, parameterizationNamed)
  return entry.make(settings)
}
