import { TweedieError } from '../../error.ts'
import { stream, uniform } from '../../random/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { column, type InParts } from './in-parts.ts'
import { rankAmong } from './quantiles.ts'
import { type RankUniformity, rankTest } from './rank-uniformity.ts'

/** One quantity whose ranks were looked at. */
export interface RankTest extends RankUniformity {
  /** Rank of the truth among the draws, 0 … K, one per problem. */
  readonly ranks: Int32Array
}

/** Result of {@link sbc} and {@link tarp}. */
export interface Calibration {
  /** The test of each quantity, in the order of the entries of the event. */
  readonly quantities: readonly RankTest[]
  /** Number of draws per problem. */
  readonly draws: number
  /**
   * Probability that a calibrated sampler looks at least as odd in any quantity
   * (Bonferroni over the quantities).
   */
  readonly pValue: number
  /** pValue ≥ 1 − level. */
  readonly calibrated: boolean
}

/** Options of {@link sbc}. */
export interface SbcOptions {
  /** A calibrated sampler passes with at least this probability, default 0.99. */
  readonly level?: number
  /** Seed that breaks ties, default 0. */
  readonly seed?: number
}

/** @throws TweedieError `shape` unless draws are [K, N, ...event] for truth [N, ...event], N, K ≥ 1 */
export const problemsOf = (draws: NdArray, truth: NdArray, what: string): { k: number; n: number } => {
  requireSameShape(draws.shape.slice(1), truth.shape, `${what}: draws after its draws axis`)
  const [k = 0, n = 0] = draws.shape
  if (k >= 1 && n >= 1 && truth.size > 0) return { k, n }
  throw new TweedieError('shape', `${what}: expected draws [K, N, ...event], got [${draws.shape}]`)
}

/** The verdict on ranks of several quantities. */
const calibrationOf = (ranks: readonly Int32Array[], draws: number, level: number): Calibration => {
  const test = rankTest(ranks[0].length, draws)
  const quantities = ranks.map((r) => ({ ranks: r, ...test(r) }))
  const pValue = Math.min(1, quantities.length * Math.min(...quantities.map((q) => q.pValue)))
  return { quantities, draws, pValue, calibrated: pValue >= 1 - level }
}

/** {@link sbc} of problems that come part by part. */
export const sbcInParts = ({
  level = 0.99,
  seed = 0,
}: SbcOptions = {}): InParts<[draws: NdArray, truth: NdArray], Calibration> => {
  const ties = stream(seed, 'ties')
  const [belowOfAll, equalOfAll] = [column(), column()]
  let [draws, size] = [0, 0]
  const add = (drawn: NdArray, truth: NdArray): void => {
    const { k, n } = problemsOf(drawn, truth, 'sbc')
    const samples = finiteValues(drawn, 'sbc: draws')
    const x = finiteValues(truth, 'sbc: truth')
    draws = k
    size = x.length / n
    const ranks = Array.from(x, (v, i) => rankAmong(v, samples, k, i, x.length))
    belowOfAll.add(Float64Array.from(ranks, ({ below }) => below))
    equalOfAll.add(Float64Array.from(ranks, ({ equal }) => equal))
  }
  const result = (): Calibration => {
    const [below, equal] = [belowOfAll.all(), equalOfAll.all()]
    const tie = uniform(ties, [below.length]).data
    const ranks = Array.from({ length: size }, () => new Int32Array(below.length / size))
    for (let i = 0; i < below.length; i++)
      ranks[i % size][Math.floor(i / size)] = below[i] + Math.floor(tie[i] * (equal[i] + 1))
    return calibrationOf(ranks, draws, level)
  }
  return { add, result }
}

/**
 * Simulation-based calibration (Talts et al., "Validating Bayesian inference algorithms with simulation-based
 * calibration", 2018), with the simultaneous test of Säilynoja et al. 2022 (see `rankUniformity`).
 *
 * Over many problems (x from the prior, y from x, K draws from the sampler), the rank of x among its draws is
 * uniform on 0 … K for a calibrated sampler, in every coordinate and every function of them: each entry of
 * the event is tested. Too narrow draws give a ∪ of ranks, too wide ones a ∩, a shift a slope. Ties are
 * broken at random, which keeps ranks uniform.
 *
 * Blind spots: dependence between coordinates, and any sampler that ignores y and draws from the prior
 * (it is calibrated!). Functions that depend on the observation see both, such as the log-likelihood ‖y − A
 * x‖² (Modrák et al., "Simulation-based calibration checking for Bayesian computation: the choice of test
 * quantities shapes sensitivity", 2023): add them as entries. For images, give a few functions (means of
 * regions, projections) and not all pixels: the test is corrected for the number of entries, and a thousand
 * of them leave it little power.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`, N independent problems
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { calibrated, pValue, quantities } = sbc(draws, truth)
 * ```
 */
export const sbc = (draws: NdArray, truth: NdArray, options: SbcOptions = {}): Calibration => {
  const { add, result } = sbcInParts(options)
  add(draws, truth)
  return result()
}
