/** What a baseline makes of the observations of a task, and its cost. */
import { baselineNamed } from '../baselines/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { reshaped } from '../tensor/index.ts'
import type { BaselineCell } from './cell.ts'
import { type CostedDraws, memoryWatch, type Watch } from './costed-draws.ts'

/**
 * Runs a baseline on a set in the units of the data. A point estimate counts as its only draw.
 *
 * @throws TweedieError `input` when the baseline does not take the operator; `interrupted`
 */
export const baselineDraws = async (
  { baseline, settings, draws: K, images, seed }: BaselineCell,
  set: ObservationSet,
  { onProgress, signal }: Watch,
): Promise<CostedDraws> => {
  const memory = memoryWatch()
  const started = performance.now()
  const { mean, draws } = await baselineNamed(baseline).make(settings)(set, {
    draws: K,
    seed,
    onProgress: (done, total) => {
      memory.at(done, total)
      onProgress?.(done, total)
    },
    signal,
  })
  const seconds = (performance.now() - started) / 1000
  return {
    draws: draws ?? reshaped(mean, [1, ...mean.shape]),
    mean,
    cost: {
      evaluations: 0,
      vjps: 0,
      seconds,
      perStep: seconds / images,
      perMeasurement: seconds / images,
      ...memory.figures(),
    },
  }
}
