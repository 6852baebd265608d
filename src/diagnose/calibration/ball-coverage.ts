import type { NdArray } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'
import { columns, type InParts } from './in-parts.ts'
import { overlap, rankAmong, ratioOverProblems, sampleQuantile } from './quantiles.ts'
import { problemsOf } from './sbc.ts'

/** Options of {@link ballCoverage}. */
export interface BallCoverageOptions {
  /** Nominal levels in (0, 1); default 0.5 and 0.9. */
  readonly levels?: readonly number[]
  /**
   * `ranks` (default) is exact for any number of draws. `none` takes the sample quantile of the distances of
   * the draws from their mean, as is commonly done; it reads too low and is here for comparison.
   */
  readonly correction?: 'ranks' | 'none'
}

/** One nominal level and what was observed. */
export interface BallCoverage {
  /** Nominal level. */
  readonly level: number
  /** Share of the problems whose truth lies in the ball. */
  readonly observed: number
  /** Standard error of `observed`, problems independent; NaN for one problem. */
  readonly standardError: number
}

/**
 * Squared distances of K draws and, last, of the truth from a centre: the mean of all, or of the draws alone.
 */
const distances = (
  samples: ArrayLike<number>,
  x: ArrayLike<number>,
  problem: number,
  { k, size, total }: { k: number; size: number; total: number },
  withTruth: boolean,
): Float64Array => {
  const out = new Float64Array(k + 1)
  for (let c = 0; c < size; c++) {
    const i = problem * size + c
    let sum = withTruth ? x[i] : 0
    for (let d = 0; d < k; d++) sum += samples[d * total + i]
    const centre = sum / (withTruth ? k + 1 : k)
    for (let d = 0; d < k; d++) out[d] += (samples[d * total + i] - centre) ** 2
    out[k] += (x[i] - centre) ** 2
  }
  return out
}

const insideByRank = (d2: Float64Array, level: number): number => {
  const k = d2.length - 1
  const { below, equal } = rankAmong(d2[k], d2, k)
  return overlap(below / (k + 1), (below + equal + 1) / (k + 1), 0, level)
}

const insideByQuantile = (d2: Float64Array, level: number): number => {
  const k = d2.length - 1
  const radius = sampleQuantile(d2.slice(0, k).map(Math.sqrt).sort(), level)
  return Math.sqrt(d2[k]) <= radius ? 1 : 0
}

/** {@link ballCoverage} of problems that come part by part. */
export const ballCoverageInParts = ({
  levels = [0.5, 0.9],
  correction = 'ranks',
}: BallCoverageOptions = {}): InParts<[draws: NdArray, truth: NdArray], BallCoverage[]> => {
  const ranked = correction === 'ranks'
  const insideOfAll = columns(levels.length)
  const add = (draws: NdArray, truth: NdArray): void => {
    const { k, n } = problemsOf(draws, truth, 'ballCoverage')
    const samples = finiteValues(draws, 'ballCoverage: draws')
    const x = finiteValues(truth, 'ballCoverage: truth')
    const sizes = { k, size: x.length / n, total: x.length }
    const inside = levels.map(() => new Float64Array(n))
    for (let problem = 0; problem < n; problem++) {
      const d2 = distances(samples, x, problem, sizes, ranked)
      for (const [l, level] of levels.entries())
        inside[l][problem] = ranked ? insideByRank(d2, level) : insideByQuantile(d2, level)
    }
    for (const [l, own] of inside.entries()) insideOfAll[l].add(own)
  }
  const result = (): BallCoverage[] =>
    levels.map((level, l) => {
      const inside = insideOfAll[l].all()
      const { value, standardError } = ratioOverProblems(inside, new Float64Array(inside.length).fill(1))
      return { level, observed: value, standardError }
    })
  return { add, result }
}

/**
 * The share of problems in which the truth lies in the ball about the centre of the draws that holds a given
 * share of them: one reading per problem, for all its entries together.
 *
 * Corrected for the number of draws as `coverage` is: the centre is the mean of truth *and* draws, so all K +
 * 1 distances from it are exchangeable for a calibrated sampler and the rank of the truth's is uniform: a 90
 * % ball reads 0.9 for every K. Without the correction it reads 0.887 for 100 draws in five dimensions.
 *
 * Blind spots: the shape of the posterior and shifts that are small beside its radius, the more
 * so the higher the dimension.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const [{ observed }] = ballCoverage(draws, truth, { levels: [0.9] })
 * ```
 */
export const ballCoverage = (
  draws: NdArray,
  truth: NdArray,
  options: BallCoverageOptions = {},
): BallCoverage[] => {
  const { add, result } = ballCoverageInParts(options)
  add(draws, truth)
  return result()
}
