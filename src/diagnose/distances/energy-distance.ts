import type { NdArray } from '../../tensor/index.ts'
import { pairOf } from './cloud.ts'
import { kernelTest, type PermutationOptions, type TwoSampleTest } from './two-sample.ts'

/**
 * Energy distance with a permutation test (Székely & Rizzo, "Energy statistics", 2013), in the
 * units of the data, unbiased:
 *
 *     2 E|x − y| − E|x − x'| − E|y − y'|
 *
 * It has no length to choose: 0 only for equal distributions. On a line it is twice the integral of (F − G)².
 *
 * Blind spots: differences of dependence between coordinates and of fine structure, beside which
 * it weighs a shift of the mean most.
 *
 * @param x - `[n, d]`, n ≥ 2
 * @param y - `[m, d]`, m ≥ 2
 * @throws TweedieError `shape` when the clouds do not fit, `input` on a bad option,
 *   `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { statistic, pValue } = energyDistance(samples, truth)
 * ```
 */
export const energyDistance = (x: NdArray, y: NdArray, options: PermutationOptions = {}): TwoSampleTest => {
  const [a, b] = pairOf(x, y, 'energyDistance')
  return kernelTest(a, b, (d2) => -Math.sqrt(d2), options)
}
