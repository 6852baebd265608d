/**
 * Tests whether two clouds are of one distribution, by relabelling: if they are, every split of the pooled
 * points into n and m is as likely as the one observed, so the rank of the observed statistic among those of
 * random splits is an exact p-value, whatever the dimension and the kernel.
 *
 * The statistic is that of a kernel k, with unbiased averages:
 *
 *     mean k(x, x') + mean k(y, y') − 2 mean k(x, y)
 *
 * Kernel values are made a row at a time and spent on all relabellings at once: time (n + m)² · permutations,
 * memory (n + m) · permutations bits of labels, never all pairs.
 */
import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { permutation, stream } from '../../random/index.ts'
import { eachDistanceRow, type Points } from './cloud.ts'

/** Result of a two-sample test. */
export interface TwoSampleTest {
  /** The unbiased estimate: 0 on average for equal distributions, and negative half of the time. */
  readonly statistic: number
  /** Exact: at most α with probability α if the distributions are equal; at least 1/(permutations + 1). */
  readonly pValue: number
}

/** Options of a permutation test. */
export interface PermutationOptions {
  /** Random relabellings, default 199 (the smallest p-value is then 0.005); 0 for the statistic alone. */
  readonly permutations?: number
  /** Seed of the relabellings, default 0. */
  readonly seed?: number
}

/** x over y. */
export const pooled = (x: Points, y: Points): Points => {
  const values = new Float64Array((x.n + y.n) * x.d)
  values.set(x.values as ArrayLike<number>)
  values.set(y.values as ArrayLike<number>, x.n * x.d)
  return { n: x.n + y.n, d: x.d, values }
}

/** The pooled points that are taken for x in each relabelling: the true ones first, then random ones. */
const labellings = (
  n: number,
  total: number,
  { permutations, seed }: Required<PermutationOptions>,
): Int32Array[] =>
  Array.from({ length: permutations + 1 }, (_, p) =>
    p === 0
      ? Int32Array.from({ length: n }, (_, i) => i)
      : permutation(stream(seed, 'relabelling'), total, { step: p }).data.slice(0, n).sort(),
  )

/**
 * The statistic of a kernel that is a function of the squared distance: of the clouds as they are, then of
 * each random relabelling.
 */
export const kernelStatistics = (
  x: Points,
  y: Points,
  kernel: (squaredDistance: number) => number,
  { permutations = 199, seed = 0 }: PermutationOptions,
): Float64Array => {
  if (x.n < 2 || y.n < 2) {
    throw new TweedieError(
      'shape',
      `two-sample test: needs at least 2 points in each cloud, got ${x.n} and ${y.n}`,
    )
  }
  requireInteger(permutations, 0, 'two-sample test: permutations')
  const all = pooled(x, y)
  const labels = labellings(x.n, all.n, { permutations, seed })
  const isX = labels.map((chosen) => {
    const flags = new Uint8Array(all.n)
    for (const i of chosen) flags[i] = 1
    return flags
  })
  const within = new Float64Array(labels.length)
  const across = new Float64Array(labels.length)
  let total = 0
  eachDistanceRow(all, all, (i, row) => {
    for (let j = 0; j < all.n; j++) row[j] = i === j ? 0 : kernel(row[j])
    for (let j = 0; j < all.n; j++) total += row[j]
    for (let p = 0; p < labels.length; p++) {
      const chosen = labels[p]
      let sum = 0
      for (let j = 0; j < chosen.length; j++) sum += row[chosen[j]]
      if (isX[p][i]) within[p] += sum
      else across[p] += sum
    }
  })
  const [n, m] = [x.n, y.n]
  return Float64Array.from(within, (xx, p) => {
    const xy = across[p]
    const yy = total - xx - 2 * xy
    return xx / (n * (n - 1)) + yy / (m * (m - 1)) - (2 * xy) / (n * m)
  })
}

/** The test for a kernel that is a function of the squared distance. */
export const kernelTest = (
  x: Points,
  y: Points,
  kernel: (squaredDistance: number) => number,
  options: PermutationOptions,
): TwoSampleTest => {
  const statistics = kernelStatistics(x, y, kernel, options)
  return { statistic: statistics[0], pValue: permutationValue(statistics) }
}

/** (1 + number of others at least as large as the first)/(1 + number of others). */
export const permutationValue = (statistics: Float64Array): number => {
  const [observed, ...others] = statistics
  return (1 + others.filter((s) => s >= observed).length) / (1 + others.length)
}
