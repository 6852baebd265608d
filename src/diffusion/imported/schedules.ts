/**
 * How a foreign network is shown a noisy x. Whatever its diffusion, it sees u = α(σ) (x + σ z) and a label of
 * the noise level, so all of them are VE in other coordinates:
 *
 *   VE    α = 1              label σ, log σ or log(σ)/4
 *   VP    α = 1/√(1 + σ²)    label the time of a continuous schedule, or the index of a discrete one
 *   flow  α = 1/(1 + σ)      u = (1 − t) x + t z with t = σ/(1 + σ), the label
 *   EDM   α = 1/√(σ² + σd²)  label log(σ)/4 (Karras et al. 2022, table 1)
 */
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../../settings.ts'
import { entryIn, namedWithSettings } from '../../settings-text.ts'
import { add, div, log, mul, reciprocal, rsqrt, square, type Tensor } from '../../tensor/index.ts'
import { vpCoordinates, vpSettings } from '../vp-coordinates.ts'

/** The coordinates of a network, for noise levels σ [B] in its own units of the data. */
export interface Coordinates {
  readonly kind: 've' | 'vp' | 'flow' | 'edm'
  /** What u = α (x + σ z) is scaled by. */
  alpha(sigma: Tensor): Tensor
  labelOf(sigma: Tensor): Tensor
  /** Lowest and highest noise level that such networks are usually trained on. */
  readonly levels: readonly [number, number]
  /** All levels of sampling as it is published, from low to high, where it has a grid of its own. */
  readonly grid?: readonly number[]
  /** Standard deviation of the data, which EDM's preconditioning knows. */
  readonly sigmaData?: number
  /** Whether time runs from noise to data, so that velocities have the other sign. */
  readonly reversed?: boolean
}

/** A schedule by name, as lists and command lines know it. */
export interface ScheduleEntry {
  readonly name: Coordinates['kind']
  readonly description: string
  readonly settings: SettingSpecs
  /** @throws TweedieError `input` for settings that it does not have or that are out of bounds */
  make(settings?: Settings): Coordinates
}

const entry = <const S extends SettingSpecs>(
  described: Pick<ScheduleEntry, 'name' | 'description'> & {
    settings: S
    make(settings: SettingsOf<S>): Omit<Coordinates, 'kind'>
  },
): ScheduleEntry => ({
  ...described,
  make: (given = {}) => ({
    kind: described.name,
    ...described.make(settingsOf(described.name, described.settings, given)),
  }),
})

const quarterLog = (sigma: Tensor): Tensor => mul(log(sigma), 0.25)

const labels = { sigma: (sigma: Tensor) => sigma, log, 'c-noise': quarterLog } as const

const ve = entry({
  name: 've',
  description: 'u = x + σ z (Song et al. 2021)',
  settings: {
    label: {
      kind: 'choice',
      choices: ['sigma', 'log', 'c-noise'],
      default: 'sigma',
      description: 'what stands for σ; c-noise is log(σ)/4',
    },
  },
  make: ({ label }) => ({
    alpha: (sigma) => add(mul(sigma, 0), 1),
    labelOf: labels[label],
    levels: [0.002, 80],
  }),
})

const vp = entry({
  name: 'vp',
  description: 'u = α x + √(1 − α²) z (Ho et al. 2020, Song et al. 2021)',
  settings: vpSettings,
  make: vpCoordinates,
})

const flow = entry({
  name: 'flow',
  description: 'u = (1 − t) x + t z (rectified flow, Liu et al. 2022)',
  settings: {
    scale: { kind: 'number', above: 0, default: 1, description: 'the label of t = 1, such as 1000' },
    data: {
      kind: 'choice',
      choices: ['0', '1'],
      default: '0',
      description: 'the time of the data; 1 for u = (1 − t) z + t x and its velocity (Lipman et al. 2022)',
    },
  },
  make: ({ scale, data }) => {
    const t = (sigma: Tensor) => div(sigma, add(sigma, 1))
    return {
      alpha: (sigma) => reciprocal(add(sigma, 1)),
      labelOf: (sigma) => mul(data === '0' ? t(sigma) : reciprocal(add(sigma, 1)), scale),
      levels: [0.002, 100],
      ...(data === '1' ? { reversed: true } : {}),
    }
  },
})

const edm = entry({
  name: 'edm',
  description: 'the raw network F inside the preconditioning of EDM (Karras et al. 2022)',
  settings: {
    sigmaData: { kind: 'number', above: 0, default: 0.5, description: 'σ_data of its training' },
    label: {
      kind: 'choice',
      choices: ['c-noise', 'log', 'sigma'],
      default: 'c-noise',
      description: 'what stands for σ; c-noise is log(σ)/4',
    },
  },
  make: ({ sigmaData, label }) => ({
    alpha: (sigma) => rsqrt(add(square(sigma), sigmaData ** 2)),
    labelOf: labels[label],
    levels: [0.002, 80],
    sigmaData,
  }),
})

/** The schedules of foreign networks, in the order of help. */
export const importedSchedules: readonly ScheduleEntry[] = [ve, vp, edm, flow]

/** The schedule of a name. @throws TweedieError `input` for an unknown one, with the nearest */
export const importedSchedule: (name: string) => ScheduleEntry = entryIn('schedule', importedSchedules)

/** A schedule as data. */
export interface ScheduleSpec {
  readonly name: string
  readonly settings: Settings
}

/**
 * A schedule as it is written: `vp:betas=cosine`.
 *
 * @throws TweedieError `input` for unknown names and settings, and values that do not fit
 */
export const scheduleSpec = (text: string): ScheduleSpec => {
  const { entry, settings } = namedWithSettings(text, importedSchedule)
  entry.make(settings)
  return { name: entry.name, settings }
}
