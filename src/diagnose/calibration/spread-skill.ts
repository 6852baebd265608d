import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { meanOverDraws, stdOverDraws } from '../moments.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { column, type InParts } from './in-parts.ts'
import { ratioOverProblems } from './quantiles.ts'

/** The spread of draws beside the error of their mean; `spread` and `error` in the units of the data. */
export interface SpreadSkill {
  /** 1 when calibrated, below 1 when overconfident, above 1 when too cautious. */
  ratio: number
  /** Standard error of the ratio, from the scatter between problems; NaN for one. */
  standardError: number
  /** Root mean square of the (unbiased) standard deviation over the draws. */
  spread: number
  /** Root mean square error of the mean of the draws. */
  error: number
}

/** {@link spreadSkill} of problems that come part by part. */
export const spreadSkillInParts = (): InParts<
  [draws: NdArray, truth: NdArray, mask?: NdArray],
  SpreadSkill
> => {
  const [varianceOfAll, errorOfAll] = [column(), column()]
  let [k, count] = [0, 0]
  const add = (draws: NdArray, truth: NdArray, mask?: NdArray): void => {
    requireSameShape(draws.shape.slice(1), truth.shape, 'spreadSkill: draws after its draws axis')
    if (mask) requireSameShape(mask.shape, truth.shape, 'spreadSkill: mask')
    k = draws.shape[0]
    const mean = meanOverDraws(draws).data
    const std = stdOverDraws(draws).data
    const x = finiteValues(truth, 'spreadSkill: truth')
    const counted = mask && finiteValues(mask, 'spreadSkill: mask')
    const problems = truth.shape[0] ?? 1
    const perProblem = x.length / problems
    const variance = new Float64Array(problems)
    const squaredError = new Float64Array(problems)
    for (let i = 0; i < x.length; i++) {
      if (counted && counted[i] === 0) continue
      const problem = Math.floor(i / perProblem)
      variance[problem] += std[i] ** 2
      squaredError[problem] += (mean[i] - x[i]) ** 2
      count++
    }
    varianceOfAll.add(variance)
    errorOfAll.add(squaredError)
  }
  const result = (): SpreadSkill => {
    if (count === 0) throw new TweedieError('shape', 'spreadSkill: the mask leaves no entry to count')
    const [variance, squaredError] = [varianceOfAll.all(), errorOfAll.all()]
    const total = (values: Float64Array) => values.reduce((a, b) => a + b, 0)
    const { value, standardError } = ratioOverProblems(variance, squaredError)
    const ratio = Math.sqrt(((k + 1) / k) * value)
    return {
      ratio,
      // Of the root: d√v = dv / (2 √v).
      standardError: (ratio * standardError) / (2 * value),
      spread: Math.sqrt(total(variance) / count),
      error: Math.sqrt(total(squaredError) / count),
    }
  }
  return { add, result }
}

/**
 * Spread–skill ratio, corrected for the finite number K of draws.
 *
 * If the truth and the K draws are exchangeable with variance s², the mean of the draws misses the truth by
 * s² (1 + 1/K) on average, so
 *
 *     ratio = sqrt((K + 1) / K) · RMS spread / RMS error
 *
 * is 1 for a calibrated sampler at every K (Fortin et al., "Why should ensemble spread match the RMSE of the
 * ensemble mean?", J. Hydrometeorology 2014). It sees the second moment only: coverage sees the rest.
 *
 * @param draws `[K, N, ...event]`, K ≥ 2
 * @param truth `[N, ...event]`
 * @param options.mask `[N, ...event]`: only entries that are not 0 count (default: all)
 * @throws TweedieError `shape` on mismatched shapes or an empty mask, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { ratio } = spreadSkill(draws, truth) // 1 ± its Monte-Carlo error
 * ```
 */
export const spreadSkill = (
  draws: NdArray,
  truth: NdArray,
  { mask }: { mask?: NdArray } = {},
): SpreadSkill => {
  const { add, result } = spreadSkillInParts()
  add(draws, truth, mask)
  return result()
}
