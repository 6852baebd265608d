import { TweedieError } from '../../error.ts'
import { average, type NdArray, sizeOf } from '../../tensor/index.ts'
import type { Points } from '../distances/cloud.ts'
import {
  kernelStatistics,
  type PermutationOptions,
  permutationValue,
  pooled,
} from '../distances/two-sample.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import type { InParts } from './in-parts.ts'

/** Result of {@link againstReference}. */
export interface AgainstReference {
  /** Observations that were compared. */
  readonly problems: number
  /**
   * Energy distance between the draws and those of the reference given y, over the mean distance between
   * any two of them all, averaged over observations: 0 on average for draws of the same law, and negative
   * half of the time.
   */
  readonly statistic: number
  /** `[problems]`: the same of each observation. */
  readonly each: Float64Array
  /** Exact: at most α with probability α for draws that are independent and of the law of the reference. */
  readonly pValue: number
}

/** Draws [K, N, ...event] of problem i as points [K, d]. */
const cloudOf = (values: ArrayLike<number>, [k, n]: readonly number[], d: number, i: number): Points => {
  const own = new Float64Array(k * d)
  for (let j = 0; j < k; j++) for (let c = 0; c < d; c++) own[j * d + c] = values[(j * n + i) * d + c]
  return { n: k, d, values: own }
}

/** Mean distance between two points of a cloud. */
const spreadOf = ({ n, d, values }: Points): number => {
  let sum = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0
      for (let c = 0; c < d; c++) square += (values[i * d + c] - values[j * d + c]) ** 2
      sum += Math.sqrt(square)
    }
  }
  return (2 * sum) / (n * (n - 1))
}

/**
 * {@link againstReference} of draws that come part by part; those of further observations than the reference
 * has are passed over.
 *
 * @param reference - `[M, n, ...event]`
 */
export const referenceInParts = (
  reference: NdArray,
  { permutations = 999, seed = 0 }: PermutationOptions = {},
): InParts<[draws: NdArray], AgainstReference> => {
  const problems = reference.shape[1] ?? 0
  const r = finiteValues(reference, 'againstReference: reference')
  const total = new Float64Array(permutations + 1)
  const each: number[] = []
  let seen = 0
  const add = (draws: NdArray): void => {
    requireSameShape(
      reference.shape.slice(2),
      draws.shape.slice(2),
      'againstReference: event of the reference',
    )
    const d = sizeOf(draws.shape.slice(2))
    const x = finiteValues(draws, 'againstReference: draws')
    for (let own = 0; own < draws.shape[1] && each.length < problems; own++) {
      const i = each.length
      const [a, b] = [cloudOf(x, draws.shape, d, own), cloudOf(r, reference.shape, d, i)]
      const statistics = kernelStatistics(a, b, (square) => -Math.sqrt(square), {
        permutations,
        seed: seed * problems + i,
      })
      const scale = spreadOf(pooled(a, b)) || 1
      for (let p = 0; p < total.length; p++) total[p] += statistics[p] / scale
      each.push(statistics[0] / scale)
    }
    seen += draws.shape[1]
  }
  const result = (): AgainstReference => {
    if (!(problems >= 1 && problems <= seen))
      throw new TweedieError(
        'shape',
        `againstReference: the reference is of ${problems} observations, the draws of ${seen}`,
      )
    return {
      problems,
      statistic: average(each),
      each: Float64Array.from(each),
      pValue: permutationValue(total),
    }
  }
  return { add, result }
}

/**
 * Draws against those of a reference sampler given the same observations: the energy distance (Székely &
 * Rizzo 2013) of each observation, over the mean distance between all its draws, averaged. Under the null
 * the draws of one observation may be relabelled in any way, each observation by itself, which gives an exact
 * p-value for all of them together. Needs no truth, and looks at each posterior by itself.
 *
 * Blind spots: what the reference shares, which is as good as its sampler and its prior; with few draws
 * of each observation, differences that are small beside the posterior's spread.
 *
 * @param draws - `[K, N, ...event]`, K ≥ 2
 * @param reference - `[M, n, ...event]`, M ≥ 2, of the first n ≤ N observations
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity, `input` for options out
 *   of bounds
 *
 * @example
 * ```ts
 * const [prior, method] = [loadPrior('runs/demo'), tds({ particles: 32 })]
 * const reference = await posteriorDraws(prior, set, { method, draws: 16, seed: 0 })
 * const { statistic, pValue } = againstReference(draws, reference)
 * ```
 */
export const againstReference = (
  draws: NdArray,
  reference: NdArray,
  options: PermutationOptions = {},
): AgainstReference => {
  const { add, result } = referenceInParts(reference, options)
  add(draws)
  return result()
}
