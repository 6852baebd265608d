/**
 * The learners of masked observations beside DiEM, AmbientDiffusion and GSURE-Diffusion, in a run folder.
 * GSURE knows masks in another basis too, such as the Fourier plane.
 */
import { exponentialSchedule, standardGaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type NetworkConfig, network } from '../nn/index.ts'
import type { MaskedRows, SpectralRows, SpectralSurvey } from '../observations/index.ts'
import { type DataRange, domainOf, toPrior } from '../operators/index.ts'
import { stream } from '../random/index.ts'
import { type NdArray, type Shape, sizeOf } from '../tensor/index.ts'
import {
  AMBIENT_DELTA,
  ambientObjective,
  gsureObjective,
  initTrainState,
  type Trainer,
  type TrainOptions,
  trainer,
} from '../training/index.ts'
import type { Run } from './folder.ts'
import { type LearnedPrior, learnedPrior, savePrior } from './prior.ts'
import type { RunCall } from './run-call.ts'
import { trainFormat, trainInRun } from './training-run.ts'

/** Which learner, with what is its own. */
export type MaskedLearner =
  /** δ: the share of the observed entries that is deleted further, in (0, 1); default 0.1. */
  { readonly kind: 'ambient'; readonly delta?: number } | { readonly kind: 'gsure' }

/** The request of a learner without laps: network, masked rows (read when a step needs them), options. */
export interface MaskedLearnRequest extends RunCall {
  readonly learner: MaskedLearner
  /** Over x; for `ambient` over twice as many channels, see {@link maskedNetworkEvent}. */
  readonly net: NetworkConfig
  /** Of masks; for `gsure` of masks in a basis too. */
  readonly rows: MaskedRows | SpectralRows
  /** Units of the data. */
  readonly range: DataRange
  /** Which entries of x are there, of its last axes; default all. */
  readonly valid?: NdArray<'float32'>
  readonly options: TrainOptions
  readonly steps: number
  /** Least noise level; that of the observations for `gsure` where it is larger. */
  readonly sigmaMin: number
  readonly sigmaMax: number
  readonly seed: number
}

/** Shape of the input of a learner's network, for x of a shape: AmbientDiffusion puts a mask beside it. */
export const maskedNetworkEvent = (kind: MaskedLearner['kind'], [channels, ...space]: Shape): Shape =>
  kind === 'ambient' ? [2 * channels, ...space] : [channels, ...space]

/** What GSURE has to know of all rows before it starts; of masks there is nothing. */
const surveyOf = async ({ rows }: MaskedLearnRequest): Promise<SpectralSurvey | undefined> =>
  'survey' in rows ? rows.survey() : undefined

/** Noise levels: GSURE can make none below that of the observations. */
const levelsOf = (
  { learner, rows, sigmaMin, sigmaMax }: MaskedLearnRequest,
  survey: SpectralSurvey | undefined,
) => ({
  sigmaMin: learner.kind === 'gsure' ? Math.max(sigmaMin, survey?.level ?? rows.noise) : sigmaMin,
  sigmaMax,
})

/** @throws TweedieError `input` for masks in another basis than that of x */
const ownMasks = (rows: MaskedRows | SpectralRows): MaskedRows => {
  if ('maskShape' in rows) return rows
  throw new TweedieError('input', "learner 'ambient' deletes entries of x: it takes masks of x alone")
}

const trainerOf = (request: MaskedLearnRequest, survey: SpectralSurvey | undefined): Trainer => {
  const { learner, net, rows, options, seed } = request
  const { sigma } = exponentialSchedule(levelsOf(request, survey))
  const streamOf = (purpose: string) => stream(seed, `${learner.kind} ${purpose}`)
  const order = stream(seed, 'rows')
  if (learner.kind === 'ambient') {
    const { delta } = learner
    return trainer(ambientObjective(network(net), ownMasks(rows), { delta, sigma }, streamOf), options, order)
  }
  const { noise } = rows
  const inBasis =
    'basis' in rows && survey
      ? { items: { ...rows, event: rows.basis.shape }, basis: { ...rows.basis, ...survey } }
      : { items: rows }
  const { items, ...basis } = inBasis
  return trainer(gsureObjective(network(net), items, { noise, sigma, ...basis }, streamOf), options, order)
}

/** The one mask of an AmbientDiffusion prior: as dense as those that its network was trained on. */
const ambientOf = async ({
  learner,
  rows,
  seed,
}: MaskedLearnRequest): Promise<Pick<LearnedPrior, 'ambient'>> => {
  if (learner.kind !== 'ambient') return {}
  const { delta = AMBIENT_DELTA } = learner
  const { observedShare, maskShape } = ownMasks(rows)
  return { ambient: { delta, keep: (1 - delta) * (await observedShare()), seed, shape: maskShape } }
}

/**
 * Learns a prior from masked observations in a run folder, from where the folder stands: by AmbientDiffusion
 * (Daras et al. 2023) or GSURE-Diffusion (Kawar et al. 2024), without laps. Samplers of the prior start from
 * zero: no Gaussian is fitted.
 *
 * @returns the prior, kept as `checkpoints/prior.safetensors`
 * @throws TweedieError `input` for observations that the learner cannot use, such as masks in a basis that
 * never show some coefficient; `interrupted` after saving a resume point; `numeric` after saving the state
 * before; `io`: as `trainInRun`
 *
 * @example
 * ```ts
 * const net: NetworkConfig = { kind: 'unet', io: 2, channels: [32, 64], blocks: [1, 1] } // grey images
 * await learnMasked(openRun('runs/ambient', { config: {} }), {
 *   learner: { kind: 'ambient' }, net, rows: maskedRows(set), range: set.range,
 *   options: { batch: 64, rate: constantRate(1e-3), ema: 0.99 },
 *   steps: 2000, sigmaMin: 0.02, sigmaMax: 20, seed: 0,
 * })
 * ```
 */
export const learnMasked = async (run: Run, request: MaskedLearnRequest): Promise<LearnedPrior> => {
  const { learner, net, rows, range, valid, seed } = request
  const survey = await surveyOf(request)
  const {
    state: { average },
  } = await trainInRun(run, {
    ...request,
    fresh: () => initTrainState(network(net).init(seed)),
    format: trainFormat(learner.kind),
    phase: 'training',
    trainer: () => trainerOf(request, survey),
  })
  const { event } = rows
  const prior = learnedPrior({
    net,
    params: average,
    gaussian: standardGaussian(sizeOf(event)),
    ...levelsOf(request, survey),
    event,
    range,
    ...(valid ? { domain: domainOf(valid, range, toPrior(range)) } : {}),
    laps: 0,
    ...(await ambientOf(request)),
  })
  await savePrior(run, 'prior', prior)
  return prior
}
