/**
 * Noise prediction in variance-preserving coordinates, as score networks are trained (Ho et al. 2020, Song et
 * al. 2021): the network sees u = α (x + σ z) and the label of the time, and the loss
 *
 *   E ‖ε(u, t) − z‖²/N,   t uniform in (1e-5, 1], or one of the steps 0 … 999,
 *
 * is the denoising loss with weight 1/σ² at the levels σ(t), since z − ε = (D − x)/σ.
 */
import { TweedieError } from '../../error.ts'
import { uniformBatch } from '../../random/index.ts'
import { type SettingSpecs, type Settings, settingsOf } from '../../settings.ts'
import { mul } from '../../tensor/index.ts'
import { noiseWeight } from '../loss.ts'
import { exponentialSchedule } from '../schedule.ts'
import { vpCoordinates, vpSettings } from '../vp-coordinates.ts'
import { vpDenoiser } from '../vp-denoiser.ts'
import type { LevelRange, Parameterization } from './parameterization.ts'

/** Settings of {@link vp}: those of the diffusion, and what is beside it. */
export const vpTrainingSettings = {
  ...vpSettings,
  betas: { ...vpSettings.betas, default: 'continuous' },
  data: {
    kind: 'choice',
    choices: ['prior', 'signed', 'unit'],
    default: 'prior',
    description: 'range of the data as the network sees them: [-2, 2], [-1, 1] as in DDPM, or [0, 1]',
  },
  clip: {
    kind: 'number',
    min: 0,
    default: 0,
    description:
      'x̂ stays in [−clip, clip] (2 is the range of the data) inside the graph: entries beyond have no ' +
      'gradient; not in training; 0 for none',
  },
} as const satisfies SettingSpecs

/** Data of a network are scale · x + shift. */
const units = {
  prior: { scale: 1, shift: 0 },
  signed: { scale: 0.5, shift: 0 },
  unit: { scale: 0.25, shift: 0.5 },
} as const

/** What levels that are asked for and those that were learned have in common. */
const inCommon = ({ sigmaMin, sigmaMax }: LevelRange, [low, high]: readonly [number, number]): LevelRange => {
  const both = { sigmaMin: Math.max(sigmaMin, low), sigmaMax: Math.min(sigmaMax, high) }
  if (both.sigmaMin < both.sigmaMax) return both
  throw new TweedieError(
    'input',
    `vp: networks learn noise levels from ${low.toPrecision(3)} to ${high.toPrecision(3)}, ` +
      `got sigmaMin ${sigmaMin} and sigmaMax ${sigmaMax}`,
  )
}

/**
 * Noise prediction with these settings.
 *
 * @throws TweedieError `input` for settings that it does not have or that are out of bounds
 *
 * @example
 * ```ts
 * const ddpm = vp({ betas: 'linear', data: 'signed', clip: 2 })
 * const prior = ddpm.denoiser(net, frozen(params))
 * ```
 */
export const vp = (given: Settings = {}): Parameterization => {
  const settings = settingsOf('vp', vpTrainingSettings, given)
  const { data, clip, ...diffusion } = settings
  const { scale, shift } = units[data]
  const schedule = vpCoordinates(diffusion)
  const grid = schedule.grid.map((level) => level / scale)
  const range = [grid[0], grid[grid.length - 1]] as const
  return {
    name: 'vp',
    settings,
    corrects: false,
    denoiser: (net, params, { skip, training } = {}) => {
      if (skip) throw new TweedieError('input', 'vp: predicts noise, and corrects no denoiser of a Gaussian')
      const bounds = clip > 0 && !training ? { clip: [-clip, clip] as const } : {}
      return vpDenoiser((u, label) => net.apply(params, u, label, training), {
        schedule,
        scale,
        shift,
        ...bounds,
      })
    },
    times: (stream, at) => uniformBatch(stream, at, []),
    levelOf: (time) => mul(schedule.levelOf(time), 1 / scale),
    weight: noiseWeight,
    schedule: ({ sigmaMin = range[0], sigmaMax = range[1] } = {}) => ({
      ...exponentialSchedule(inCommon({ sigmaMin, sigmaMax }, range)),
      levels: grid,
    }),
  }
}
