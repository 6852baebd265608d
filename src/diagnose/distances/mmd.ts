import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { eachDistanceRow, type Points, pairOf } from './cloud.ts'
import { kernelTest, type PermutationOptions, pooled, type TwoSampleTest } from './two-sample.ts'

/** Options of {@link mmd}. */
export interface MmdOptions extends PermutationOptions {
  /** Length of the Gaussian kernel, default the median distance of the pooled points. */
  readonly bandwidth?: number
}

/** Most points that the median distance is taken over. */
const MOST = 500

/** Evenly spaced points of a cloud, at most `MOST`. */
const thinnedPoints = ({ n, d, values }: Points): Points => {
  const step = Math.ceil(n / MOST)
  const count = Math.ceil(n / step)
  const kept = Float64Array.from(
    { length: count * d },
    (_, i) => values[Math.floor(i / d) * step * d + (i % d)],
  )
  return { n: count, d, values: kept }
}

/** Median distance between points (of at most 500 of them): the usual length for a kernel. */
export const medianDistance = (points: Points): number => {
  const some = thinnedPoints(points)
  const squares = new Float64Array((some.n * (some.n - 1)) / 2)
  let count = 0
  eachDistanceRow(some, some, (i, row) => {
    for (let j = 0; j < i; j++) squares[count++] = row[j]
  })
  return Math.sqrt(squares.sort()[Math.floor(count / 2)])
}

/**
 * Maximum mean discrepancy with a Gaussian kernel, squared and unbiased, with a permutation test (Gretton et
 * al., "A kernel two-sample test", JMLR 2012):
 *
 *     MMD² = E k(x, x') + E k(y, y') − 2 E k(x, y),   k(x, y) = exp(−|x − y|²/(2 h²))
 *
 * with h the median distance.
 *
 * Blind spots: structure much finer or coarser than h (a mode that is split in two narrow ones, a few
 * far outliers); in high dimension all distances are alike and its power fades.
 *
 * @param x - `[n, d]`, n ≥ 2
 * @param y - `[m, d]`, m ≥ 2
 * @throws TweedieError `shape` when the clouds do not fit, `input` on a bad option, `numeric` on NaN or
 *   infinity, or when half of the points coincide and no bandwidth is given
 *
 * @example
 * ```ts
 * const { statistic, pValue } = mmd(samples, truth)
 * ```
 */
export const mmd = (x: NdArray, y: NdArray, options: MmdOptions = {}): TwoSampleTest => {
  const [a, b] = pairOf(x, y, 'mmd')
  const h = options.bandwidth ?? medianDistance(pooled(a, b))
  if (!(h > 0)) throw new TweedieError('numeric', `mmd: bandwidth must be > 0, got ${h}`)
  return kernelTest(a, b, (d2) => Math.exp(-d2 / (2 * h * h)), options)
}
