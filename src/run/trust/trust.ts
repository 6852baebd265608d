/**
 * How far a sampler can be trusted, from observations that it did not learn from and whose truth is known: by
 * which a page says of its draws what they are worth, or refuses.
 *
 * The residual of a draw is ‖y − A x‖²/(M s²) over the M entries of y that were observed with noise s; that
 * of the truth is 1 on average. Of an observation unlike those here, residual or log q lie outside the
 * ranges, or its mask is like those of no cell.
 */
import { type AmortizedSampler, restore } from '../../amortize/index.ts'
import { sampleQuantile } from '../../diagnose/index.ts'
import type { Prior } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { filledOutsideOf, type ObservationSet } from '../../observations/index.ts'
import type { LongCall } from '../../progress.ts'
import type { ExecuteOptions, NdArray } from '../../tensor/index.ts'
import { besideOf } from './beside.ts'
import { evidenceOf, rangesAt, residualsOf } from './evidence.ts'
import type { Trust } from './trust-schema.ts'
import { whichOf } from './which.ts'
import { itemsAt, worthAt } from './worth.ts'

/** How trust is measured. */
export interface TrustOptions extends LongCall {
  /** Draws of each observation, at least 19, by which intervals of 90 % are resolved; default 39. */
  readonly draws?: number
  readonly seed?: number
  readonly execute?: ExecuteOptions
  /**
   * Also restores the first so many observations by MMPS with a prior, 19 draws of each in the default
   * sampler; default: none.
   */
  readonly beside?: { readonly prior: Prior; readonly observations: number }
}

/** Fewest draws that resolve the highest level. */
const FEWEST = 19

const ends = (values: Float64Array): { readonly from: number; readonly to: number } => {
  const sorted = values.toSorted()
  return { from: sampleQuantile(sorted, 0.01), to: sampleQuantile(sorted, 0.99) }
}

/**
 * What drawn restorations say of trust: all of {@link trustOf} but another method beside.
 *
 * @param drawn - draws [K, N, ...event] and, where it is known, their log q [K, N]
 * @param truth - [N, ...event]
 */
const trustIn = async (
  set: ObservationSet,
  { draws, logq }: { readonly draws: NdArray<'float32'>; readonly logq?: NdArray<'float32'> },
  truth: NdArray<'float32'>,
  cells: ReturnType<typeof whichOf>,
): Promise<Trust> => {
  const residuals = await residualsOf(set, draws)
  const { evidence, expectedLogq } = evidenceOf(set, { residuals, ...(logq ? { logq } : {}) })
  return {
    draws: draws.shape[0],
    residual: ends(residuals),
    ...(logq ? { logq: ends(Float64Array.from(logq.data)) } : {}),
    ...(expectedLogq ? { expectedLogq: [...expectedLogq] } : {}),
    cells: cells.map(({ at, ...of }) => ({
      ...of,
      observations: at.length,
      items: itemsAt(truth, at),
      ...worthAt(set, { draws, truth }, at),
      evidence: rangesAt(evidence, at),
    })),
  }
}

/**
 * Measures how far a sampler can be trusted.
 *
 * @param set - observations that it did not learn from, in the units of its data
 * @param truth - what they are of, [N, ...event]
 * @throws TweedieError `input` for fewer than 19 draws, and as `restore` and `posteriorDraws`
 *
 * @example
 * ```ts
 * const sampler = loadSampler('runs/fast')
 * const beside = { prior: loadPrior('runs/demo'), observations: 64 }
 * const { cells, residual } = await trustOf(sampler, set, truth, { beside })
 * ```
 */
export const trustOf = async (
  sampler: AmortizedSampler,
  set: ObservationSet,
  truth: NdArray<'float32'>,
  { draws: K = 39, seed = 0, execute, beside, onProgress, signal }: TrustOptions = {},
): Promise<Trust> => {
  if (!(K >= FEWEST))
    throw new TweedieError('input', `trust: intervals of 90 % need at least ${FEWEST} draws, got ${K}`)
  const { draws, logq } = await restore(sampler, set, {
    draws: K,
    seed,
    execute,
    signal,
    onProgress: (done, total) => onProgress?.({ phase: 'judging', done, total }),
  })
  if (!draws) throw new Error('draws are kept')
  const known = filledOutsideOf(set, truth)
  const cells = whichOf(set, sampler.condition.noise)
  const trust = await trustIn(set, { draws, ...(logq ? { logq } : {}) }, known, cells)
  if (!beside) return trust
  const request = { ...beside, seed, execute, onProgress, signal }
  return { ...trust, beside: await besideOf(set, { draws, truth: known }, cells, request) }
}
