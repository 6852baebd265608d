/**
 * How a foreign network is shown a noisy x. Whatever its diffusion, it sees u = α(σ) (x + σ z) and a label of
 * the noise level, so all of them are VE in other coordinates:
 *
 *   VE    α = 1              label σ, log σ or log(σ)/4
 *   VP    α = 1/√(1 + σ²)    label the time of a continuous schedule, or the index of a discrete one
 *   flow  α = 1/(1 + σ)      u = (1 − t) x + t z with t = σ/(1 + σ), the label
 *   EDM   α = 1/√(σ² + σd²)  label log(σ)/4 (Karras et al. 2022, table 1)
 */
import { TweedieError } from '../../error.ts'
import { nearestName } from '../../nearest.ts'
import { type SettingSpecs, type Settings, type SettingsOf, settingsOf } from '../../settings.ts'
import { namedWithSettings } from '../../settings-text.ts'
import { add, div, log, mul, reciprocal, rsqrt, square, type Tensor } from '../../tensor/index.ts'
import { continuousVp, type DiscreteBeta, discreteVp, discreteVpLevels, vpMarginal } from '../vp.ts'

/** The coordinates of a network, for noise levels σ [B] in its own units of the data. */
export interface Coordinates {
  readonly kind: 've' | 'vp' | 'flow' | 'edm'
  /** What u = α (x + σ z) is scaled by. */
  alpha(sigma: Tensor): Tensor
  labelOf(sigma: Tensor): Tensor
  /** Lowest and highest noise level that such networks are usually trained on. */
  readonly levels: readonly [number, number]
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

/** Settings of a VP schedule as its functions take them: 0 stands for what is usual of a law. */
const usual = (
  betas: string,
  { betaMin, betaMax }: { readonly betaMin: number; readonly betaMax: number },
) => {
  const [low, high] =
    betas === 'continuous' ? [0.1, 20] : betas === 'scaled' ? [0.00085, 0.012] : [1e-4, 0.02]
  return { betaMin: betaMin || low, betaMax: betaMax || high }
}

/** α of x in u = α x + √(1 − α²) z for the level σ of u/α. */
export const vpAlpha = (sigma: Tensor): Tensor => rsqrt(add(square(sigma), 1))

const vp = entry({
  name: 'vp',
  description: 'u = α x + √(1 − α²) z (Ho et al. 2020, Song et al. 2021)',
  settings: {
    betas: {
      kind: 'choice',
      choices: ['linear', 'scaled', 'cosine', 'continuous'],
      default: 'linear',
      description:
        'of discrete steps, whose label is the index: linear (DDPM), linear in √β (latent diffusion), ' +
        'cosine; or continuous, whose label is the time',
    },
    steps: { kind: 'integer', min: 2, default: 1000, description: 'discrete steps' },
    betaMin: {
      kind: 'number',
      min: 0,
      default: 0,
      description: 'the first β; 0 for the usual 0.0001, scaled 0.00085, continuous 0.1',
    },
    betaMax: {
      kind: 'number',
      min: 0,
      default: 0,
      description: 'the last β; 0 for the usual 0.02, scaled 0.012, continuous 20',
    },
    scale: { kind: 'number', above: 0, default: 999, description: 'continuous: the label of time 1' },
  },
  make: ({ betas, steps, scale, ...bounds }) => {
    const limits = usual(betas, bounds)
    const alpha = vpAlpha
    if (betas === 'continuous') {
      const level = (t: number) => {
        const { alpha, sigma } = vpMarginal(t, limits)
        return sigma / alpha
      }
      const { labelOf } = continuousVp({ ...limits, scale })
      return { alpha, labelOf, levels: [level(1e-3), level(1)] }
    }
    const law: DiscreteBeta = { steps, law: betas, ...limits }
    const levels = discreteVpLevels(law)
    // The last β of the cosine is cut at 0.999: the level there is of no use, the one before it is high
    // enough.
    const last = levels[levels.length - (betas === 'cosine' ? 2 : 1)]
    return { alpha, labelOf: discreteVp(law).labelOf, levels: [levels[0], last] }
  },
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
export const importedSchedule = (name: string): ScheduleEntry => {
  const found = importedSchedules.find((candidate) => candidate.name === name)
  if (found) return found
  const known = importedSchedules.map((candidate) => candidate.name)
  throw new TweedieError(
    'input',
    `unknown schedule '${name}', did you mean '${nearestName(name, known)}'? (known: ${known.join(', ')})`,
  )
}

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
