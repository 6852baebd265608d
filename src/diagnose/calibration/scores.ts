/** Proper scores of draws: the smaller the better, and smallest for draws of the posterior (on average). */
import { type NdArray, sizeOf } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { problemsOf } from './sbc.ts'

/** Σ |a_i − a_j| over all ordered pairs, by sorting. */
const pairDistances = (sorted: ArrayLike<number>): number => {
  let sum = 0
  const k = sorted.length
  for (let i = 0; i < k; i++) sum += (2 * i - k + 1) * sorted[i]
  return 2 * sum
}

/**
 * The continuous ranked probability score of each problem, averaged over entries (Gneiting & Raftery 2007):
 *
 *   CRPS = E|X − x| − ½ E|X − X'|, X and X' independent draws,
 *
 * by its unbiased estimate from K draws. It is in the units of x; for one draw it is the absolute error.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @param options - `entries`, like truth: only those that are not 0 count (default: all)
 * @returns [N]; NaN for a problem of which no entry counts
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const score = average(crps(draws, truth, { entries: mask }))
 * ```
 */
export const crps = (
  draws: NdArray,
  truth: NdArray,
  { entries }: { readonly entries?: NdArray } = {},
): Float64Array => {
  const { k, n } = problemsOf(draws, truth, 'crps')
  if (entries) requireSameShape(entries.shape, truth.shape, 'crps: entries')
  const samples = finiteValues(draws, 'crps: draws')
  const x = finiteValues(truth, 'crps: truth')
  const size = x.length / n
  const own = new Float64Array(k)
  return Float64Array.from({ length: n }, (_, problem) => {
    let [sum, count] = [0, 0]
    for (let i = problem * size; i < (problem + 1) * size; i++) {
      if (entries && Number(entries.data[i]) === 0) continue
      for (let j = 0; j < k; j++) own[j] = samples[j * x.length + i]
      own.sort()
      const error = own.reduce((total, v) => total + Math.abs(v - x[i]), 0) / k
      sum += error - (k > 1 ? pairDistances(own) / (2 * k * (k - 1)) : 0)
      count++
    }
    return sum / count
  })
}

/**
 * The energy score of each problem, the CRPS of whole signals (Gneiting & Raftery 2007):
 *
 *   ES = E‖X − x‖ − ½ E‖X − X'‖,
 *
 * by its unbiased estimate from K draws. It sees dependence between entries, which the CRPS does not.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @returns [N]
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const score = average(energyScore(draws, truth))
 * ```
 */
export const energyScore = (draws: NdArray, truth: NdArray): Float64Array => {
  const { k, n } = problemsOf(draws, truth, 'energy score')
  const samples = finiteValues(draws, 'energy score: draws')
  const x = finiteValues(truth, 'energy score: truth')
  const size = sizeOf(truth.shape.slice(1))
  const distance = (a: ArrayLike<number>, from: number, b: ArrayLike<number>, to: number): number => {
    let square = 0
    for (let i = 0; i < size; i++) square += (a[from + i] - b[to + i]) ** 2
    return Math.sqrt(square)
  }
  return Float64Array.from({ length: n }, (_, problem) => {
    const at = (draw: number) => draw * x.length + problem * size
    let [error, spread] = [0, 0]
    for (let j = 0; j < k; j++) {
      error += distance(samples, at(j), x, problem * size) / k
      for (let i = 0; i < j; i++) spread += distance(samples, at(i), samples, at(j))
    }
    return error - (k > 1 ? spread / (k * (k - 1)) : 0)
  })
}
