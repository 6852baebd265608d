/** The second half of the demo: 500 test digits restored under a prior, and judged. */

import { loadMnist } from '../../datasets/index.ts'
import { type RestorationFigures, restorationFigures } from '../../diagnose/index.ts'
import type { Gaussian, Prior, SamplerOptions } from '../../diffusion/index.ts'
import { gaussianDraw } from '../../em/index.ts'
import { batchedObservations, keptEntries, type ObservationSet, observe } from '../../observations/index.ts'
import { applyAffine, fromPrior } from '../../operators/index.ts'
import { drawSeveral, type PosteriorMethod, posteriorDraws } from '../../posterior/index.ts'
import { full, type NdArray } from '../../tensor/index.ts'
import type { Io } from '../io.ts'

/** How much the demo tests. */
export interface TestPlan extends SamplerOptions {
  /** Of the learned prior. */
  readonly method: PosteriorMethod
  /** Test digits, none of them among those learned from. */
  readonly count: number
  /** Posterior draws of each: 20 resolve 90 % intervals. */
  readonly draws: number
  readonly batch: number
  readonly seed: number
}

/**
 * Test digits and their observations, made like those learned from but with other digits, masks and noise.
 */
export interface TestSet {
  readonly truth: NdArray<'float32'>
  readonly set: ObservationSet
  readonly observed: NdArray<'float32'>
}

/** Draws in [0, 1] units and their figures. */
export interface Restored {
  readonly draws: NdArray<'float32'>
  readonly figures: RestorationFigures
}

/** Seed of the test observations. */
const TEST_SEED = 1000

export const testSet = async (count: number, keep: number, noise: number): Promise<TestSet> => {
  const truth = loadMnist({ split: 'test', count }).images
  const set = await observe(truth, {
    operator: { name: 'mask', settings: { keep } },
    noise,
    seed: TEST_SEED,
  })
  return { truth, set, observed: keptEntries(set) ?? full(truth.shape, 1) }
}

const judged = (draws: NdArray<'float32'>, { truth, observed }: TestSet): Restored => ({
  draws,
  figures: restorationFigures(draws, truth, { observed, levels: LEVELS }),
})

/** Nominal levels of the calibration chart. */
const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

const callbacks = (phase: string, io: Io) => ({
  onProgress: (done: number, total: number) => io.progress({ phase, done, total }),
  signal: io.signal,
})

/** Under the Gaussian prior, by exact draws. */
export const restoreWithGaussian = async (
  gaussian: Gaussian,
  test: TestSet,
  plan: TestPlan,
  io: Io,
): Promise<Restored> => {
  const batched = batchedObservations(test.set)
  const draw = gaussianDraw(gaussian, batched, { kind: 'exact', iterations: 48, tolerance: 1e-4 })
  const draws = await drawSeveral(draw, batched, { ...plan, ...callbacks('restoring (Gaussian)', io) })
  await draw.release()
  return judged(applyAffine(fromPrior(test.set.range), draws), test)
}

/** Under a learned prior, by MMPS. */
export const restoreWithPrior = async (
  prior: Prior,
  test: TestSet,
  plan: TestPlan,
  io: Io,
  name = 'restoring',
): Promise<Restored> =>
  judged(await posteriorDraws(prior, test.set, { ...plan, ...callbacks(name, io) }), test)
