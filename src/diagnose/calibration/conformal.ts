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
import { type LeastFactor, leastFactor } from './least-factor.ts'
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

/** Repairs of problems that come part by part, several times: of all entries, and of each region. */
export interface RepairsInParts {
  /** Takes in the next problems. */
  readonly add: (draws: NdArray, truth: NdArray, entries?: NdArray) => void
  /** Ends a pass. Whether all problems have to come again, in the same parts. */
  readonly again: () => boolean
  /** @throws TweedieError `input` when no entry counts */
  readonly whole: () => ConformalRepair
  /** Of each label that has an entry that counts, ascending. */
  readonly regions: () => RegionRepair[]
}

/** The repair of one region. */
export interface RegionRepair extends ConformalRepair {
  /** Its label in the map. */
  readonly label: number
}

const checkOptions = (levels: readonly number[], noise: number): void => {
  const wrong = levels.find((level) => !(level > 0 && level < 1))
  if (wrong !== undefined)
    throw new TweedieError('input', `conformal repair: levels lie in (0, 1), got ${wrong}`)
  if (!(noise >= 0 && noise < Infinity))
    throw new TweedieError('input', `conformal repair: noise must be at least 0, got ${noise}`)
}

/**
 * {@link conformalRepair} and `regionRepairs` of problems that come part by part.
 *
 * @param labels - of the entries of one signal: whole numbers
 */
export const repairsInParts = (
  { levels = [0.5, 0.8, 0.9], noise = 0 }: Omit<ConformalOptions, 'entries'> = {},
  labels: readonly number[] = [],
): RepairsInParts => {
  checkOptions(levels, noise)
  const reach = levels.map((level) => (noise > 0 ? noise * normalQuantile((1 + level) / 2) : 0))
  const group = () => levels.map(leastFactor)
  const ofAll = group()
  const ofLabels = new Map([...new Set(labels)].sort((a, b) => a - b).map((label) => [label, group()]))
  const groups = [ofAll, ...ofLabels.values()]
  let [draws, problems, isFirst] = [0, 0, true]

  /** Tells each group what the entries of one problem need. */
  const addProblem = (stretches: (i: number) => readonly number[] | undefined, size: number): void => {
    const needs = new Map(groups.map((own) => [own, levels.map(() => [] as number[])]))
    for (let i = 0; i < size; i++) {
      const own = stretches(i)
      if (!own) continue
      const label = labels.length > 0 ? ofLabels.get(labels[i]) : undefined
      for (const [l, need] of own.entries()) {
        needs.get(ofAll)?.[l].push(need)
        if (label) needs.get(label)?.[l].push(need)
      }
    }
    for (const [own, lists] of needs)
      for (const [l, list] of lists.entries()) if (list.length > 0) own[l].add(list)
  }
  const add = (drawn: NdArray, truth: NdArray, entries?: NdArray): void => {
    const { k, n } = problemsOf(drawn, truth, 'conformal repair')
    if (entries) requireSameShape(entries.shape, truth.shape, 'conformal repair: entries')
    if (k < 2) throw new TweedieError('input', 'conformal repair: needs several draws of each problem, got 1')
    const samples = finiteValues(drawn, 'conformal repair: draws')
    const x = finiteValues(truth, 'conformal repair: truth')
    const size = x.length / n
    const own = new Float64Array(k)
    draws = k
    if (isFirst) problems += n
    const stretches = (i: number): number[] | undefined => {
      if (entries && Number(entries.data[i]) === 0) return undefined
      for (let j = 0; j < k; j++) own[j] = samples[j * x.length + i]
      own.sort()
      return levels.map((level, l) => stretchFor(x[i], centralInterval(own, level), reach[l]))
    }
    for (let problem = 0; problem < n; problem++) addProblem((i) => stretches(problem * size + i), size)
  }
  const again = (): boolean => {
    isFirst = false
    return groups.flatMap((own) => own.map((level) => level.again())).includes(true)
  }
  const repairOf = (own: readonly LeastFactor[]): ConformalRepair => ({
    problems,
    draws,
    levels: own.map((found, l) => ({ level: levels[l], factor: found.factor(), before: found.before() })),
  })
  const counts = (own: readonly LeastFactor[]): boolean => own.some((level) => level.count() > 0)
  return {
    add,
    again,
    whole: () => {
      if (!counts(ofAll) && levels.length > 0)
        throw new TweedieError('input', 'conformal repair: no entry counts')
      return repairOf(ofAll)
    },
    regions: () =>
      [...ofLabels].flatMap(([label, own]) => (counts(own) ? [{ label, ...repairOf(own) }] : [])),
  }
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
  { entries, ...options }: ConformalOptions = {},
): ConformalRepair => {
  const { add, again, whole } = repairsInParts(options)
  do add(draws, truth, entries)
  while (again())
  return whole()
}
