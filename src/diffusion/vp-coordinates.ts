/**
 * The coordinates of networks that are variance-preserving, u = α (x + σ z) with α = 1/√(1 + σ²): by named
 * settings, with the levels at which such networks are sampled, and the law by which they are trained.
 */
import { TweedieError } from '../error.ts'
import { type SettingSpecs, type SettingsOf, settingsOf } from '../settings.ts'
import {
  add,
  cast,
  constant,
  expm1,
  floor,
  minimum,
  mul,
  ndarray,
  rsqrt,
  sqrt,
  square,
  type Tensor,
  take,
} from '../tensor/index.ts'
import { continuousVp, type DiscreteBeta, discreteVp, discreteVpLevels, type LinearBeta } from './vp.ts'
import { vpSde } from './vp-sde.ts'

/** What there is to say of a variance-preserving diffusion. */
export const vpSettings = {
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
} as const satisfies SettingSpecs

/** Values of {@link vpSettings}. */
export type VpSettings = SettingsOf<typeof vpSettings>

/** How a variance-preserving network is shown a noisy x, for noise levels σ [B] in its own units. */
export interface VpCoordinates {
  /** α of u = α (x + σ z). */
  alpha(sigma: Tensor): Tensor
  labelOf(sigma: Tensor): Tensor
  /** The levels of sampling as it is published, 1,000 of them from low to high. */
  readonly grid: readonly number[]
  /** Lowest and highest of these. */
  readonly levels: readonly [number, number]
  /** The level of a uniform time in (0, 1), as networks are trained. */
  levelOf(time: Tensor): Tensor
}

/** α of x in u = α x + √(1 − α²) z for the level σ of u/α. */
export const vpAlpha = (sigma: Tensor): Tensor => rsqrt(add(square(sigma), 1))

/** Settings of the βs as its functions take them: 0 stands for what is usual of a law. */
const usual = (betas: VpSettings['betas'], { betaMin, betaMax }: Required<LinearBeta>) => {
  const [low, high] =
    betas === 'continuous' ? [0.1, 20] : betas === 'scaled' ? [0.00085, 0.012] : [1e-4, 0.02]
  return { betaMin: betaMin || low, betaMax: betaMax || high }
}

/** Smallest times of Song et al. 2021, in training and in sampling; samplers take 1,000 steps. */
const [TRAINED, SAMPLED, STEPS] = [1e-5, 1e-3, 1000]

const continuous = (betas: Required<LinearBeta>, scale: number): Omit<VpCoordinates, 'alpha'> => {
  const { betaMin, betaMax } = betas
  const { level } = vpSde(betas)
  const grid = Array.from({ length: STEPS }, (_, i) => level(SAMPLED + (i / (STEPS - 1)) * (1 - SAMPLED)))
  return {
    labelOf: continuousVp({ ...betas, scale }).labelOf,
    grid,
    levels: [grid[0], grid[STEPS - 1]],
    levelOf: (time) => {
      const t = add(mul(time, 1 - TRAINED), TRAINED)
      return sqrt(expm1(mul(t, add(mul(t, (betaMax - betaMin) / 2), betaMin)))) // √(exp(B) − 1)
    },
  }
}

const discrete = (law: DiscreteBeta): Omit<VpCoordinates, 'alpha'> => {
  const all = discreteVpLevels(law)
  if (!all.every((level, i) => level > (all[i - 1] ?? 0)))
    throw new TweedieError('input', `vp: β must lie in (0, 1), got ${law.betaMin} to ${law.betaMax}`)
  // The last β of the cosine is cut at 0.999: the level there is of no use, the one before it is high enough.
  const grid = law.law === 'cosine' ? all.slice(0, -1) : all
  return {
    labelOf: discreteVp(law).labelOf,
    grid,
    levels: [grid[0], grid[grid.length - 1]],
    levelOf: (time) => {
      const index = minimum(floor(mul(time, grid.length)), grid.length - 1)
      return take(constant(ndarray(grid, [grid.length], time.dtype)), cast(index, 'int64'))
    },
  }
}

/**
 * The coordinates of settings: of a continuous diffusion on times in [0, 1] (Song et al. 2021), or of
 * discrete steps (Ho et al. 2020). Training takes times uniform in (1e-5, 1], or each label alike; sampling,
 * as published, 1,000 times uniform in [1e-3, 1], or all labels.
 *
 * @throws TweedieError `input` for values out of bounds, continuous rates that fall, and discrete ones that
 *   leave (0, 1)
 *
 * @example
 * ```ts
 * vpCoordinates({ betas: 'continuous' }).levels // [0.010485992, 152.16730]
 * ```
 */
export const vpCoordinates = (given: Partial<VpSettings> = {}): VpCoordinates => {
  const { betas, steps, scale, ...bounds } = settingsOf('vp', vpSettings, given)
  const limits = usual(betas, bounds)
  const of = betas === 'continuous' ? continuous(limits, scale) : discrete({ steps, law: betas, ...limits })
  return { alpha: vpAlpha, ...of }
}
