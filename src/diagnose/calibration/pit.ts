import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { column, columns, type InParts } from './in-parts.ts'
import { overlap, rankAmong, ratioOverProblems } from './quantiles.ts'
import { problemsOf } from './sbc.ts'

/** Options of {@link pit}. */
export interface PitOptions {
  /** Number of bins of [0, 1], default 10; more than the number of draws + 1 resolve nothing. */
  readonly bins?: number
  /** `[N, ...event]`: only entries that are not 0 count (default: all). */
  readonly mask?: NdArray
}

/** A histogram of the probability integral transform. */
export interface Pit {
  /** Share of the entries in each bin: 1/bins everywhere when calibrated. */
  readonly shares: Float64Array
  /**
   * Standard error of each share, treating problems as independent and the entries of one
   * as not; NaN for one problem.
   */
  readonly standardErrors: Float64Array
  /** Entries counted. */
  readonly count: number
}

/** {@link pit} of problems that come part by part. */
export const pitInParts = ({
  bins = 10,
}: Omit<PitOptions, 'mask'> = {}): InParts<[draws: NdArray, truth: NdArray, mask?: NdArray], Pit> => {
  requireInteger(bins, 1, 'pit: bins')
  const inBinOfAll = columns(bins)
  const countOfAll = column()
  const add = (draws: NdArray, truth: NdArray, mask?: NdArray): void => {
    const { k, n } = problemsOf(draws, truth, 'pit')
    if (mask) requireSameShape(mask.shape, truth.shape, 'pit: mask')
    const samples = finiteValues(draws, 'pit: draws')
    const x = finiteValues(truth, 'pit: truth')
    const counted = mask && finiteValues(mask, 'pit: mask')
    const size = x.length / n
    const inBin = Array.from({ length: bins }, () => new Float64Array(n))
    const countOf = new Float64Array(n)
    for (let i = 0; i < x.length; i++) {
      if (counted && counted[i] === 0) continue
      const { below, equal } = rankAmong(x[i], samples, k, i, x.length)
      const problem = Math.floor(i / size)
      countOf[problem]++
      // u is uniform on [from, to]; each bin gets its part of that.
      const [from, to] = [below / (k + 1), (below + equal + 1) / (k + 1)]
      for (let b = Math.floor(from * bins); b < bins && b / bins < to; b++) {
        inBin[b][problem] += overlap(from, to, b / bins, (b + 1) / bins)
      }
    }
    for (const [b, own] of inBin.entries()) inBinOfAll[b].add(own)
    countOfAll.add(countOf)
  }
  const result = (): Pit => {
    const countOf = countOfAll.all()
    const count = countOf.reduce((a, b) => a + b, 0)
    if (count === 0) throw new TweedieError('shape', 'pit: the mask leaves no entry to count')
    const readings = inBinOfAll.map((own) => ratioOverProblems(own.all(), countOf))
    return {
      shares: Float64Array.from(readings, (r) => r.value),
      standardErrors: Float64Array.from(readings, (r) => r.standardError),
      count,
    }
  }
  return { add, result }
}

/**
 * Histogram of the probability integral transform of all entries together (Dawid 1984; Gneiting, Balabdaoui &
 * Raftery, "Probabilistic forecasts, calibration and sharpness", 2007):
 *
 *     u = (below + V)/(K + 1),   below of K draws below the truth, V uniform, averaged over V
 *
 * which is uniform for every K when truth and draws are exchangeable; ties are spread evenly, as in
 * `coverage`. Flat: calibrated. ∪: draws too narrow; ∩: too wide; a slope: shifted.
 *
 * Blind spots: dependence between entries; errors that cancel between entries or problems (one
 * pixel too wide, another too narrow); draws from the prior. Its errors are not for a test of all
 * bins at once: that is `sbc`.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @throws TweedieError `shape` when shapes do not fit or no entry counts, `input` on a bad
 *   option, `numeric` on NaN
 *
 * @example
 * ```ts
 * const { shares, standardErrors } = pit(draws, truth, { mask }) // mask: 1 where a pixel was not observed
 * ```
 */
export const pit = (draws: NdArray, truth: NdArray, { mask, ...options }: PitOptions = {}): Pit => {
  const { add, result } = pitInParts(options)
  add(draws, truth, mask)
  return result()
}
