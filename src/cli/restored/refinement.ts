/** `tweedie restore --refine`: a sampler's draws refined, and the gain. */
import {
  drawingOf,
  paretoThreshold,
  type Restored,
  refine,
  type WeightedDraws,
  weigh,
} from '../../amortize/index.ts'
import { meanOverDraws, stdOverDraws } from '../../diagnose/index.ts'
import { adams, predictorCorrector } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import type { Json } from '../../json.ts'
import type { ObservationSet, Observations } from '../../observations/index.ts'
import type { SavedSampler } from '../../run/index.ts'
import { median, type NdArray } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { priorFor } from './sampler-prior.ts'

type Options = OptionsOf<'restore'>

/** Draws that a tail of five ratios takes. */
const LEAST_DRAWS = 25

/** Refined draws. */
export interface Refined {
  /** To be written. */
  readonly arrays: Readonly<Record<string, NdArray<'float32'>>>
  /** The best estimate now, and single draws where they changed. */
  readonly mean: NdArray<'float32'>
  readonly draws?: NdArray<'float32'>
  /** For people: what was done and whether it can be trusted. */
  readonly lines: readonly (readonly [string, string])[]
  readonly facts: Readonly<Record<string, Json>>
}

/** Draws in, better ones out. */
export type Refinement = (
  set: ObservationSet,
  restored: Restored & { readonly draws: NdArray<'float32'> },
) => Promise<Refined>

/** The verdict on Pareto k, in words: Vehtari et al. 2024, and their threshold for so few draws. */
const verdictOf = (k: ArrayLike<number>, draws: number): string => {
  const share = (most: number): number => Array.from(k).filter((v) => v < most).length / k.length
  const [usable, firm] = [share(0.7), share(paretoThreshold(draws))]
  const percent = `${(100 * usable).toFixed(0)} % of the observations below 0.7`
  if (firm >= 0.9) return `${percent}: weights can be trusted`
  if (usable >= 0.9) return `${percent}: usable; more draws make it firm`
  return `${percent}: not to be trusted, the draws leave out too much; refine by mmps`
}

const weighed = (
  { weights, paretoK, effective, weightedMean, weightedSpread }: WeightedDraws,
  restored: Restored & { readonly draws: NdArray<'float32'> },
): Refined => {
  const [K] = restored.draws.shape
  const [k, size] = [median(paretoK.data), median(effective.data)]
  return {
    arrays: { ...restored, weights, paretoK, effective, weightedMean, weightedSpread },
    mean: weightedMean,
    lines: [
      ['Pareto k', `${k.toFixed(2)} (median); ${verdictOf(paretoK.data, K)}`],
      ['effective draws', `${size.toFixed(1)} of ${K} (median)`],
    ],
    facts: {
      paretoK: k,
      usable: Array.from(paretoK.data).filter((v) => v < 0.7).length / paretoK.size,
      effective: size,
    },
  }
}

const stepped = (draws: NdArray<'float32'>, words: string): Refined => {
  const mean = meanOverDraws(draws)
  const arrays: Refined['arrays'] =
    draws.shape[0] > 1 ? { mean, spread: stdOverDraws(draws), draws } : { mean, draws }
  return { arrays, mean, draws, lines: [['refined', words]], facts: {} }
}

/**
 * The refinement that the options ask for; undefined without `--refine`.
 *
 * @throws TweedieError `input` when the prior is missing or another, when the observations hide their
 * operator, and for too few draws
 */
export const refinementOf = (
  sampler: SavedSampler,
  { operator }: Observations,
  options: Options,
  io: Io,
): Refinement | undefined => {
  const { refine: kind, refineSteps, refineFrom: from, draws: K, device, seed = 0 } = options
  if (kind === undefined) return undefined
  if (operator.truth)
    throw new TweedieError('input', '--refine: needs the parameters of the operator, which blind sets hide')
  const prior = priorFor(sampler, options, '--refine', io)
  const common = {
    seed,
    execute: { device },
    onProgress: (done: number, total: number) => io.progress({ phase: 'refining', done, total }),
    signal: io.signal,
  }
  if (kind === 'weights') {
    if (!drawingOf(sampler.flow).density)
      throw new TweedieError(
        'input',
        '--refine weights: needs the density of draws, which a denoiser does not have; refine by mmps',
      )
    if (K < LEAST_DRAWS)
      throw new TweedieError('input', `--refine weights: needs at least ${LEAST_DRAWS} draws (-n), got ${K}`)
    return async (set, restored) => {
      const { draws, logq } = restored
      if (!logq) throw new Error('a sampler with a density gives that of its draws')
      const weights = await weigh(prior, set, { draws, logq }, { ...common, evaluations: refineSteps ?? 64 })
      return weighed(weights, restored)
    }
  }
  const step = kind === 'langevin' ? predictorCorrector() : adams()
  const steps = refineSteps ?? 16
  return async (set, { draws }) =>
    stepped(
      await refine(prior, set, draws, { ...common, step, steps, from }),
      `by ${steps} steps of ${kind} from noise level ${from}; their density is not known`,
    )
}
