/**
 * Repair of intervals by conformal risk control (Angelopoulos, Bates, Fisch, Lei & Schuster 2022). The loss
 * of a problem is the share of its entries outside the interval, which falls as the interval is widened about
 * its median by a factor γ. With the mean loss R(γ) over n problems, the smallest γ with
 *
 *   n/(n + 1) R(γ) + 1/(n + 1) ≤ α
 *
 * has an expected loss of at most α on a further problem that is exchangeable with these, whatever the
 * sampler.
 *
 * Where the truth is not known, held-out observations y = x + σ n of some entries may stand for it: intervals
 * are then widened by the noise, median ± √((γ h)² + (z σ)²) with h the distance to the end of the interval
 * and z the normal quantile of the level. The guarantee is for these y.
 */
import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { normalQuantile } from '../distributions.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { sampleQuantile } from './quantiles.ts'
import { problemsOf } from './sbc.ts'

/** Options of {@link conformalRepair}. */
export interface ConformalOptions {
  /** Levels of the intervals, in (0, 1); default 0.5, 0.8 and 0.9. */
  readonly levels?: readonly number[]
  /** `[N, ...event]`: only entries that are not 0 count, as hidden pixels or a region (default: all). */
  readonly entries?: NdArray
  /** Standard deviation σ of Gaussian noise on what is given as the truth, default 0: none. */
  readonly noise?: number
}

/** The repair of one level. */
export interface LevelRepair {
  /** Nominal level 1 − α. */
  readonly level: number
  /** γ: intervals are stretched about the median by it; infinite when n is too small for the level. */
  readonly factor: number
  /** Share of the entries inside before the repair, averaged over problems. */
  readonly before: number
}

/** A repair, and what it was learned from. */
export interface ConformalRepair {
  readonly problems: number
  readonly draws: number
  readonly levels: readonly LevelRepair[]
}

/**
 * The central interval of at least two ascending draws: lower end, median, upper end. Level p lies at
 * p (K + 1) of 1 … K, so that a further draw is below it with that probability.
 */
export const centralInterval = (
  sorted: ArrayLike<number>,
  level: number,
): readonly [low: number, median: number, high: number] => {
  const last = sorted.length - 1
  const at = (p: number): number =>
    sampleQuantile(sorted, Math.min(last, Math.max(0, p * (sorted.length + 1) - 1)) / last)
  return [at((1 - level) / 2), at(0.5), at((1 + level) / 2)]
}

/** The central interval of a level, stretched about its median; all of the line for an infinite factor. */
export const stretchedInterval = (
  sorted: ArrayLike<number>,
  level: number,
  factor: number,
): readonly [low: number, high: number] => {
  if (factor === Infinity) return [-Infinity, Infinity]
  const [low, median, high] = centralInterval(sorted, level)
  return [median - factor * (median - low), median + factor * (high - median)]
}

/** By how much an interval has to be stretched about its median to hold x, beside noise of this reach. */
const stretchFor = (
  x: number,
  [low, median, high]: readonly [number, number, number],
  reach: number,
): number => {
  const [distance, half] = x < median ? [median - x, median - low] : [x - median, high - median]
  if (distance <= reach) return 0
  return half > 0 ? Math.sqrt(distance ** 2 - reach ** 2) / half : Infinity
}

/** The smallest γ that keeps the risk, from the stretches that each problem's entries need. */
const factorFor = (needs: readonly Float64Array[], level: number): number => {
  const n = needs.length
  const candidates = Float64Array.from(needs.flatMap((own) => Array.from(own))).sort()
  const share = (own: Float64Array, gamma: number): number => {
    let outside = 0
    for (const need of own) if (need > gamma) outside++
    return outside / own.length
  }
  const risk = (gamma: number): number => needs.reduce((sum, own) => sum + share(own, gamma), 1) / (n + 1)
  if (risk(candidates[candidates.length - 1]) > 1 - level) return Infinity
  let [low, high] = [0, candidates.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (risk(candidates[middle]) <= 1 - level) high = middle
    else low = middle + 1
  }
  return candidates[low]
}

/**
 * How intervals of draws must be stretched to hold what they say.
 *
 * @param draws - `[K, N, ...event]` of problems whose truth is known, exchangeable with those to come
 * @param truth - `[N, ...event]`
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity, `input` for levels
 *   outside (0, 1), a single draw, and when no entry counts
 *
 * @example
 * ```ts
 * const { levels } = conformalRepair(draws, truth, { levels: [0.9] })
 * const [{ factor }] = levels // intervals of like draws, stretched by it, hold 90 % at least on average
 * ```
 */
export const conformalRepair = (
  draws: NdArray,
  truth: NdArray,
  { levels = [0.5, 0.8, 0.9], entries, noise = 0 }: ConformalOptions = {},
): ConformalRepair => {
  const { k, n } = problemsOf(draws, truth, 'conformal repair')
  if (entries) requireSameShape(entries.shape, truth.shape, 'conformal repair: entries')
  if (k < 2) throw new TweedieError('input', 'conformal repair: needs several draws of each problem, got 1')
  const wrong = levels.find((level) => !(level > 0 && level < 1))
  if (wrong !== undefined)
    throw new TweedieError('input', `conformal repair: levels lie in (0, 1), got ${wrong}`)
  if (!(noise >= 0 && noise < Infinity))
    throw new TweedieError('input', `conformal repair: noise must be at least 0, got ${noise}`)
  const reach = levels.map((level) => (noise > 0 ? noise * normalQuantile((1 + level) / 2) : 0))
  const samples = finiteValues(draws, 'conformal repair: draws')
  const x = finiteValues(truth, 'conformal repair: truth')
  const size = x.length / n
  const counted = (i: number): boolean => !entries || Number(entries.data[i]) !== 0
  const own = new Float64Array(k)
  const needs = levels.map(() => Array.from({ length: n }, () => [] as number[]))
  for (let i = 0; i < x.length; i++) {
    if (!counted(i)) continue
    for (let j = 0; j < k; j++) own[j] = samples[j * x.length + i]
    own.sort()
    for (const [l, level] of levels.entries())
      needs[l][Math.floor(i / size)].push(stretchFor(x[i], centralInterval(own, level), reach[l]))
  }
  return {
    problems: n,
    draws: k,
    levels: levels.map((level, l) => {
      const some = needs[l].filter((list) => list.length > 0).map((list) => Float64Array.from(list))
      if (some.length === 0) throw new TweedieError('input', 'conformal repair: no entry counts')
      const inside = some.map((list) => list.filter((need) => need <= 1).length / list.length)
      return {
        level,
        factor: factorFor(some, level),
        before: inside.reduce((a, b) => a + b) / inside.length,
      }
    }),
  }
}
