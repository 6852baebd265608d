/**
 * The second half of `demo-amortize`: test photographs restored by the distilled sampler and by other
 * methods, timed.
 */
import { type AmortizedSampler, restore } from '../../amortize/index.ts'
import { type Coverage, meanOverDraws, psnr, restorationFigures, ssim } from '../../diagnose/index.ts'
import { type ObservationSet, observationRows } from '../../observations/index.ts'
import { type PosteriorMethod, posteriorDraws } from '../../posterior/index.ts'
import type { LearnedPrior } from '../../run/index.ts'
import { average, type NdArray, rows, zeros } from '../../tensor/index.ts'
import type { Io } from '../io.ts'

/** A sampler's draws [K, N, C, H, W] in [0, 1] of the first N photographs, and its time for one of these. */
export interface RestoredPhotos {
  readonly name: string
  readonly draws: NdArray<'float32'>
  /** Of the mean over the draws: dB and share, averaged over photographs. */
  readonly psnr: number
  readonly ssim: number
  /** How often central intervals hold the truth; empty with few draws. */
  readonly coverage: readonly Coverage[]
  /** For all K draws of one photograph, of a batch when the method works in batches. */
  readonly seconds: number
}

/** Photographs and their observations. */
export interface TestPhotos {
  readonly truth: NdArray<'float32'>
  readonly set: ObservationSet
  readonly seed: number
}

/** Nominal levels of the calibration chart. */
const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/** Draws from which on a 90 % interval is resolved. */
const ENOUGH = 20

const judged = (
  name: string,
  draws: NdArray<'float32'>,
  { truth }: TestPhotos,
  seconds: number,
): RestoredPhotos => {
  const shown = rows(truth, 0, draws.shape[1])
  const mean = meanOverDraws(draws)
  const none = zeros(shown.shape) // noise hides every pixel
  const coverage =
    draws.shape[0] < ENOUGH
      ? []
      : restorationFigures(draws, shown, { observed: none, levels: LEVELS }).coverage
  return {
    name,
    draws,
    psnr: average(psnr(mean, shown)),
    ssim: average(ssim(mean, shown)),
    coverage,
    seconds,
  }
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]

/** K draws of every photograph by the flow; timed one photograph after the other, as a user has them. */
export const restoreWithFlow = async (
  name: string,
  sampler: AmortizedSampler,
  test: TestPhotos,
  draws: number,
  io: Io,
): Promise<RestoredPhotos> => {
  const times = [performance.now()]
  const restored = await restore(sampler, test.set, {
    draws,
    batch: draws,
    seed: test.seed,
    onProgress: (done, total) => {
      times.push(performance.now())
      io.progress({ phase: name, done, total })
    },
    signal: io.signal,
  })
  const waits = times.slice(2).map((time, i) => time - times[i + 1]) // the first one compiles
  if (!restored.draws) throw new Error('restore keeps draws by default')
  return judged(name, restored.draws, test, middle(waits) / 1000)
}

/** One draw of the first `count` photographs by a method that walks down the noise levels of the prior. */
export const restoreWithMethod = async (
  name: string,
  prior: LearnedPrior,
  test: TestPhotos,
  { method, steps, count }: { method: PosteriorMethod; steps: number; count: number },
  io: Io,
): Promise<RestoredPhotos> => {
  const set = observationRows(test.set, 0, count)
  const started = performance.now()
  const draws = await posteriorDraws(prior, set, {
    method,
    steps,
    batch: count,
    seed: test.seed,
    onProgress: (done, total) => io.progress({ phase: name, done, total }),
    signal: io.signal,
  })
  const seconds = (performance.now() - started) / 1000 / count
  return judged(name, draws, test, seconds)
}
