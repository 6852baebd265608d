import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, leadingDraws } from '../values.ts'

/**
 * Normalised mean squared error, one number per problem: ‖x − truth‖² / ‖truth‖², 0 for a perfect
 * restoration and 1 for the answer 0 (Zbontar et al., "fastMRI: an open dataset and benchmarks
 * for accelerated MRI", 2018).
 *
 * Blind spots: where an error is and what it does to structures; and it depends on the zero of the
 * scale, so it means something for magnitudes, not for prior units.
 *
 * @param x - `[N, ...event]`, or `[K, N, ...event]` with K draws per problem
 * @param truth - `[N, ...event]`
 * @returns `N` or `K·N` values in the order of `x`
 * @throws TweedieError `shape` on mismatched shapes, `numeric` on NaN, infinity or a
 *   truth that is 0 throughout
 *
 * @example
 * ```ts
 * nmse(ndarray([3, 3], [1, 2]), ndarray([3, 4], [1, 2]))[0] // 1/25
 * ```
 */
export const nmse = (x: NdArray, truth: NdArray): Float64Array => {
  const problems = leadingDraws(x.shape, truth.shape, 'nmse: x') * (truth.shape[0] ?? 1)
  const a = finiteValues(x, 'nmse: x')
  const b = finiteValues(truth, 'nmse: truth')
  const size = x.size / problems
  return Float64Array.from({ length: problems }, (_, problem) => {
    let [error, power] = [0, 0]
    for (let i = problem * size; i < (problem + 1) * size; i++) {
      const t = b[i % truth.size]
      error += (a[i] - t) ** 2
      power += t * t
    }
    if (power > 0) return error / power
    throw new TweedieError(
      'numeric',
      `nmse: the truth of problem ${problem % truth.shape[0]} is 0 throughout`,
    )
  })
}
