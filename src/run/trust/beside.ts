/** MMPS by a sampler's own prior on some of the observations by which the sampler is judged. */
import type { Prior } from '../../diffusion/index.ts'
import { type ObservationSet, readRows } from '../../observations/index.ts'
import { type LostDraw, posteriorDraws } from '../../posterior/index.ts'
import type { LongCall } from '../../progress.ts'
import { type ExecuteOptions, itemAt, NdArray, rows, sizeOf } from '../../tensor/index.ts'
import type { Beside, Which } from './trust-schema.ts'
import { worthAt } from './worth.ts'

/** Draws of each observation: the fewest by which intervals of 90 % are resolved. */
const BESIDE_DRAWS = 19

/** What is compared. */
export interface BesideRequest extends LongCall {
  readonly prior: Prior
  /** The first so many. */
  readonly observations: number
  readonly seed: number
  readonly execute?: ExecuteOptions
}

/** The first K draws of the first n observations. */
const firstOf = (draws: NdArray<'float32'>, K: number, n: number): NdArray<'float32'> => {
  const [, , ...event] = draws.shape
  const size = n * sizeOf(event)
  const data = new Float32Array(K * size)
  for (let k = 0; k < K; k++) data.set(rows(itemAt(draws, k), 0, n).data, k * size)
  return new NdArray('float32', [K, n, ...event], data)
}

/**
 * MMPS with the default sampler, beside the sampler on the same observations with as many draws.
 *
 * @param everything - draws of the sampler [K, N, ...], K ≥ 19, and the truth [N, ...]
 * @param cells - of the whole set
 */
export const besideOf = async (
  set: ObservationSet,
  everything: { readonly draws: NdArray<'float32'>; readonly truth: NdArray<'float32'> },
  cells: readonly Which[],
  { prior, observations, seed, execute, onProgress, signal }: BesideRequest,
): Promise<Beside> => {
  const n = Math.min(observations, set.y.shape[0])
  const own = readRows(set, 0, n)
  const lost: LostDraw[] = []
  const draws = await posteriorDraws(prior, own, {
    ...execute,
    draws: BESIDE_DRAWS,
    seed,
    signal,
    onLost: (found) => lost.push(...found),
    onProgress: (done, total) => onProgress?.({ phase: 'judging MMPS', done, total }),
  })
  const gone = new Set(lost.map(({ observation }) => observation))
  const truth = rows(everything.truth, 0, n)
  const sampler = { draws: firstOf(everything.draws, BESIDE_DRAWS, n), truth }
  return {
    method: 'mmps',
    draws: BESIDE_DRAWS,
    lost: gone.size,
    cells: cells
      .map(({ at, ...of }) => ({ of, at: at.filter((i) => i < n && !gone.has(i)) }))
      .filter(({ at }) => at.length > 0)
      .map(({ of, at }) => ({
        ...of,
        observations: at.length,
        ...worthAt(own, { draws, truth }, at),
        sampler: worthAt(own, sampler, at),
      })),
  }
}
