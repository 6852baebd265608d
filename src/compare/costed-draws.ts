/** Draws with what they cost. */
import type { NdArray } from '../tensor/index.ts'
import type { Figures } from './figures.ts'

/** The cost of draws, as figures have it. */
type Cost = Pick<
  Figures,
  'evaluations' | 'vjps' | 'seconds' | 'perStep' | 'perMeasurement' | 'peakMemory' | 'growth'
>

/** Draws of a sampler and their cost. */
export interface CostedDraws {
  /** [K, N, ...event] in the units of the data. */
  readonly draws: NdArray<'float32'>
  /** [N, ...event], where it is known exactly; else it is the mean over the draws. */
  readonly mean?: NdArray<'float32'>
  readonly cost: Cost
}

/** Callbacks while draws are made. */
export interface Watch {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

const MIB = 2 ** 20

/**
 * Resident memory while a sampler runs: its peak, and how much it grew between a tenth of the steps and the
 * last. The denoise after that is a program of its own, which takes its memory then, once: it counts for the
 * peak.
 */
export const memoryWatch = () => {
  let [peak, early, late] = [0, 0, 0]
  return {
    at: (done: number, total: number) => {
      const { rss } = process.memoryUsage()
      peak = Math.max(peak, rss)
      if (early === 0 && done >= total / 10) early = rss
      late = rss
    },
    figures: () => ({
      peakMemory: Math.max(peak, process.memoryUsage().rss) / MIB,
      growth: (late - early) / MIB,
    }),
  }
}
