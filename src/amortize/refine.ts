/**
 * A few steps of a slow sampler from the draws of a fast one: the prior's diffusion takes a draw back to
 * noise level σ, from where an MMPS sampler (Rozet et al. 2024) leads to the posterior again, as SDEdit (Meng
 * et al. 2022) does for images. What the flow has wrong below σ is made anew; of an error e along a direction
 * in which the posterior has variance s², e s²/(s² + σ²) is left.
 */

import { adams, addressedNoise, type Step, sampler } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { batchedObservations, type ObservationBatch, type ObservationSet } from '../observations/index.ts'
import { applyAffine, fromPrior, toPrior } from '../operators/index.ts'
import { mmps } from '../posterior/index.ts'
import { stream } from '../random/index.ts'
import {
  type ExecuteOptions,
  eachBatch,
  firstNotFinite,
  float32,
  type NdArray,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { addressOf, drawRows, observedOf } from './draw-rows.ts'
import type { RefiningPrior } from './weigh.ts'

/** How to refine. */
export interface RefineOptions {
  /** Step of the sampler, default `adams()`; `predictorCorrector()` takes twice the evaluations. */
  readonly step?: Step
  /** Default 16. */
  readonly steps?: number
  /**
   * Level σ to go back to, in the units of the prior, where data have a standard deviation of about 1;
   * default 1.
   */
  readonly from?: number
  /** Iterations of GMRES in MMPS, default 3. */
  readonly iterations?: number
  /** Draws in flight at once (memory and speed, not the result), default 64. */
  readonly batch?: number
  readonly seed: number
  readonly execute?: ExecuteOptions
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** The last level over the first: what is left below it, the final denoise takes away. */
const DEPTH = 1 / 200

/**
 * Levels from σ down, evenly in their logarithm; steps are too few to waste them on the lowest levels of the
 * prior.
 */
const levelsFrom = (from: number, lowest: number, steps: number): number[] => {
  const to = Math.max(lowest, from * DEPTH)
  return Array.from({ length: steps + 1 }, (_, i) => from * (to / from) ** (i / steps))
}

/**
 * Refines draws of a sampler.
 *
 * @param set - their observations, in the units of the data; its `range` is the prior's
 * @param draws - [K, N, ...event], in the units of the data
 * @returns as many, in the same units; draw k of observation i depends on the seed, k, i and that draw only
 * @throws TweedieError `input` for a level outside the prior's, `numeric` when draws are not finite,
 * `interrupted`
 *
 * @example
 * ```ts
 * const better = await refine(learned, set, draws, { step: adams(), steps: 16, from: 1, seed: 0 })
 * ```
 */
export const refine = async (
  { denoiser, sigmaMin, sigmaMax, range }: RefiningPrior,
  set: ObservationSet,
  draws: NdArray<'float32'>,
  options: RefineOptions,
): Promise<NdArray<'float32'>> => {
  const { step = adams(), steps = 16, from: level = 1, iterations = 3, batch = 64 } = options
  const { seed, execute, onProgress, signal } = options
  if (!(level > sigmaMin && level <= sigmaMax))
    throw new TweedieError(
      'input',
      `refine: noise level must lie above ${sigmaMin} and up to ${sigmaMax}, got ${level}`,
    )
  const [K, N, ...event] = draws.shape
  const scaled = applyAffine(toPrior(range), draws)
  const batched = batchedObservations(set, range)
  const draw = sampler(
    (batch: ObservationBatch<Tensor>) => mmps({ iterations })(denoiser, batched.observation(batch)),
    { ...execute, grid: levelsFrom(level, sigmaMin, steps), step, start: 'plain' },
  )
  const out = zeros([K, N, ...event])
  const observed = observedOf(batched)
  try {
    await eachBatch(K * N, batch, async (from, to) => {
      const at = addressOf(N, from, to)
      const refined = await draw(observed(from, to), {
        shape: [to - from, ...event],
        mean: drawRows(scaled, from, to),
        noise: addressedNoise((purpose) => stream(seed, `refine ${purpose}`), at, event),
        signal,
      })
      out.data.set(
        finite(refined, (r) => at.observation[r]),
        from * sizeOf(event),
      )
      onProgress?.(to, K * N)
    })
  } finally {
    await draw.release()
  }
  return applyAffine(fromPrior(range), out)
}

const finite = (refined: NdArray, observationOf: (row: number) => number): Float32Array => {
  const { data, shape } = float32(refined)
  const bad = firstNotFinite({ data })
  if (bad < 0) return data
  const row = observationOf(Math.floor(bad / sizeOf(shape.slice(1))))
  throw new TweedieError('numeric', `refine: observation ${row} gives draws that are no numbers`)
}
