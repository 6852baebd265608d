/**
 * Coverage of central intervals, corrected for the finite number of draws.
 *
 * If the truth x and K draws are exchangeable and continuous, the number of draws below
 * x is uniform on {0 … K}. So
 *
 *     U = (below + V) / (K + 1),   V uniform on [0, 1],   is uniform on [0, 1],
 *
 * and x counts as inside the central interval of level L when (1 - L)/2 ≤ U ≤ (1 + L)/2: a calibrated sampler
 * reads exactly L in expectation, for every K and L. We average over V instead of drawing it. That is the
 * same as interpolating linearly between the closed intervals [x_(i), x_(K+1-i)] of the order statistics,
 * whose coverage is exactly (K + 1 - 2i)/(K + 1); the naive interval between two sample quantiles of the
 * draws reads less than L (0.88 instead of 0.90 at K = 100, 0.82 at K = 20, 0.62 at K = 5, for a Gaussian).
 *
 * Ties. When `equal` draws coincide with x (pixels that are exactly 0), its rank is any of below … below +
 * equal, each as likely as the other: U is uniform on [below, below + equal + 1]/(K + 1). This is the
 * randomised probability integral transform, which keeps U uniform for laws with atoms. An entry that
 * truth and draws all hold at 0 then contributes L: it neither proves nor disproves calibration. Closed
 * intervals would call it covered with certainty, and a mostly black image would hide an overconfident
 * sampler behind its background.
 *
 * Almost ties. A sampler that returns 0.001 ± 0.0005 for a pixel that is 0 is wrong in the strict sense and
 * right for every purpose; if thousands of background pixels are so, they drown the informative ones.
 * `range` clips truth and draws to the legal values and `resolution` rounds them to its multiples before
 * ranks are taken. What treats the truth and the draws alike keeps them exchangeable, so a calibrated
 * sampler still reads L exactly.
 *
 * Flat entries. Entries where truth and draws all have the same value after that pull the reading towards L;
 * `flat` says how many there are. `flatEntries: 'skip'` leaves them out (again a rule that is symmetric in
 * truth and draws, so L remains the calibrated reading): the harder figure, and for mostly black images the
 * more informative one. Show both.
 */
import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { column, columns, type InParts } from './in-parts.ts'
import { overlap, rankAmong, ratioOverProblems, sampleQuantile } from './quantiles.ts'

/** Options of {@link coverage}. */
export interface CoverageOptions {
  /** Nominal levels in (0, 1); default 0.5 and 0.9. */
  levels?: readonly number[]
  /** `[N, ...event]`: only entries that are not 0 count, such as unobserved pixels (default: all). */
  mask?: NdArray
  /** Legal values: truth and draws are clipped to them first (default: no clipping). */
  range?: readonly [low: number, high: number]
  /**
   * Values are rounded to multiples of this, in units of the data, before they are compared
   * (default 0: they are not).
   */
  resolution?: number
  /** Entries where truth and all draws are equal: `count` them (default) or `skip` them. */
  flatEntries?: 'count' | 'skip'
  /**
   * `ranks` (default) is exact for any number of draws. `none` takes the closed interval between
   * the linearly interpolated sample quantiles of the draws, as is commonly done; it reads too low
   * and is here for comparison.
   */
  correction?: 'ranks' | 'none'
}

/** One nominal level and what was observed. */
export interface Coverage {
  /** Nominal level. */
  level: number
  /** Fraction of the entries inside. */
  observed: number
  /** Standard error of `observed`, treating the N problems as independent and the entries of one as not. */
  standardError: number
  /** Entries counted. */
  count: number
  /** Fraction of the entries of the mask where truth and all draws are equal (see the top of this file). */
  flat: number
  /**
   * Whether K draws can resolve the level: L ≤ (K - 1)/(K + 1). Otherwise even a truth outside
   * all draws counts partly as inside, so an overconfident sampler looks better than it is (50 %
   * needs 3 draws, 90 % needs 19).
   */
  resolved: boolean
}

/** The share of an entry that counts as inside the central interval of a level; `draws` may be reordered. */
type Inside = (truth: number, draws: Float64Array, level: number) => number

const insideByRank: Inside = (truth, draws, level) => {
  const { below, equal } = rankAmong(truth, draws, draws.length)
  const ranks = draws.length + 1
  return overlap(below / ranks, (below + equal + 1) / ranks, (1 - level) / 2, (1 + level) / 2)
}

const insideByQuantiles: Inside = (truth, draws, level) => {
  draws.sort()
  const low = sampleQuantile(draws, (1 - level) / 2)
  const high = sampleQuantile(draws, (1 + level) / 2)
  return truth >= low && truth <= high ? 1 : 0
}

const requireShapes = (draws: NdArray, truth: NdArray, mask: NdArray | undefined): void => {
  requireSameShape(draws.shape.slice(1), truth.shape, 'coverage: draws after its draws axis')
  if (mask) requireSameShape(mask.shape, truth.shape, 'coverage: mask')
  if (!(draws.shape[0] >= 1)) throw new TweedieError('shape', `coverage: no draws in shape [${draws.shape}]`)
}

/** Options that hold for all problems. */
type CommonOptions = Omit<CoverageOptions, 'mask'>

const validated = (options: CommonOptions) => {
  const { levels = [0.5, 0.9], range = [-Infinity, Infinity], resolution = 0 } = options
  for (const level of levels) {
    if (!(level > 0 && level < 1))
      throw new TweedieError('input', `coverage: level must be in (0, 1), got ${level}`)
  }
  if (!(resolution >= 0))
    throw new TweedieError('input', `coverage: resolution must be ≥ 0, got ${resolution}`)
  if (!(range[0] < range[1])) throw new TweedieError('input', `coverage: range must ascend, got [${range}]`)
  return { levels, range, resolution }
}

/** {@link coverage} of problems that come part by part. */
export const coverageInParts = (
  options: CommonOptions = {},
): InParts<[draws: NdArray, truth: NdArray, mask?: NdArray], Coverage[]> => {
  const { levels, range, resolution } = validated(options)
  const inside = options.correction === 'none' ? insideByQuantiles : insideByRank
  const comparable = (value: number) => {
    const clipped = Math.min(range[1], Math.max(range[0], value))
    return resolution > 0 ? Math.round(clipped / resolution) : clipped
  }
  const insideOfAll = columns(levels.length)
  const countOfAll = column()
  let [k, entries, flat] = [0, 0, 0]
  const add = (draws: NdArray, truth: NdArray, mask?: NdArray): void => {
    requireShapes(draws, truth, mask)
    const samples = finiteValues(draws, 'coverage: draws')
    const x = finiteValues(truth, 'coverage: truth')
    const counted = mask && finiteValues(mask, 'coverage: mask')
    const n = draws.shape[1] ?? 1
    k = draws.shape[0]
    const perProblem = x.length / n
    const entry = new Float64Array(k)
    const insideOf = levels.map(() => new Float64Array(n))
    const countOf = new Float64Array(n)
    for (let i = 0; i < x.length; i++) {
      if (counted && counted[i] === 0) continue
      const value = comparable(x[i])
      for (let d = 0; d < k; d++) entry[d] = comparable(samples[d * x.length + i])
      const isFlat = entry.every((v) => v === value)
      entries++
      if (isFlat) flat++
      if (isFlat && options.flatEntries === 'skip') continue
      const problem = Math.floor(i / perProblem)
      countOf[problem]++
      for (let l = 0; l < levels.length; l++) insideOf[l][problem] += inside(value, entry, levels[l])
    }
    for (const [l, own] of insideOf.entries()) insideOfAll[l].add(own)
    countOfAll.add(countOf)
  }
  const result = (): Coverage[] => {
    const countOf = countOfAll.all()
    const count = countOf.reduce((a, b) => a + b, 0)
    if (count === 0) {
      const reason = entries === 0 ? 'the mask leaves no entry to count' : 'every entry is flat and skipped'
      throw new TweedieError('shape', `coverage: ${reason}`)
    }
    return levels.map((level, l) => {
      const { value: observed, standardError } = ratioOverProblems(insideOfAll[l].all(), countOf)
      return {
        level,
        observed,
        standardError,
        count,
        flat: flat / entries,
        resolved: level * (k + 1) <= k - 1 + 1e-9,
      }
    })
  }
  return { add, result }
}

/**
 * Observed coverage of central intervals at each nominal level, corrected for the number of draws
 * (see the top of this file).
 *
 * @param draws `[K, N, ...event]`, exchangeable draws for each of N problems
 * @param truth `[N, ...event]`
 * @returns one reading per level, in the order of `levels`
 * @throws TweedieError `shape` on mismatched shapes or when no entry counts, `input` on bad
 *   levels, `numeric` on NaN
 *
 * @example
 * ```ts
 * const [half, most] = coverage(draws, truth, { levels: [0.5, 0.9], mask, range: [0, 1] })
 * most.observed // 0.9 for a calibrated sampler, within a few most.standardError
 * ```
 */
export const coverage = (
  draws: NdArray,
  truth: NdArray,
  { mask, ...options }: CoverageOptions = {},
): Coverage[] => {
  const { add, result } = coverageInParts(options)
  add(draws, truth, mask)
  return result()
}
