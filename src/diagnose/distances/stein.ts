import { requireInteger } from '../../checks.ts'
import { TweedieError } from '../../error.ts'
import { bernoulli, stream } from '../../random/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { requireSameShape } from '../values.ts'
import { eachDistanceRow, pointsOf } from './cloud.ts'
import { medianDistance } from './mmd.ts'
import { permutationValue, type TwoSampleTest } from './two-sample.ts'

/** Options of {@link steinDiscrepancy}. */
export interface SteinOptions {
  /** Length c of the kernel, default the median distance of the points. */
  readonly length?: number
  /** Exponent β of the kernel in (−1, 0), default −1/2. */
  readonly beta?: number
  /** Random signs for the test, default 199; 0 for the statistic alone. */
  readonly signs?: number
  /** Seed of the signs, default 0. */
  readonly seed?: number
}

/** ±1 of every point, all + first. */
const signsOf = (n: number, count: number, seed: number): Float64Array[] =>
  Array.from({ length: count + 1 }, (_, p) =>
    p === 0
      ? new Float64Array(n).fill(1)
      : Float64Array.from(bernoulli(stream(seed, 'signs'), 0.5, [n], { step: p }).data, (b) => 2 * b - 1),
  )

/**
 * Kernel Stein discrepancy with the inverse multiquadric kernel: do points follow a density p of which only
 * the score s = ∇ log p is known? No truth, no normalisation, no draws from p (Liu, Lee & Jordan 2016;
 * Chwialkowski, Strathmann & Gretton 2016; kernel of Gorham & Mackey, "Measuring sample quality with
 * kernels", 2017, which also sees points that escape to infinity):
 *
 *     KSD² = E u(x, x'),   k = (c² + |x − x'|²)^β
 *     u = k s(x)·s(x') + s(x)·∇'k + s(x')·∇k + ∇·∇'k
 *
 * unbiased, over pairs of different points; it is 0 on average when the points follow p. The test multiplies
 * rows and columns of u by random signs (wild bootstrap), so draws must be independent.
 *
 * For a diffusion prior the score of the prior smoothed by σ is (D(x, σ) − x)/σ² (Tweedie): add σ z to the
 * draws first. Of a posterior, with the posterior denoiser for D.
 *
 * Blind spots: the weight of modes that are far apart (between them there is no score to
 * disagree with: a dropped mode passes); its power fades with the dimension; and a wrong score judges
 * right draws wrong. Time: n² d.
 *
 * @param points - `[n, d]`, n ≥ 2
 * @param scores - `[n, d]`, ∇ log p at the points
 * @throws TweedieError `shape` when shapes do not fit, `input` on a bad option, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const scores = ndarray(toNumbers(points).map((v) => -v), points.shape) // those of N(0, I)
 * const { pValue } = steinDiscrepancy(points, scores)
 * ```
 */
export const steinDiscrepancy = (
  points: NdArray,
  scores: NdArray,
  { length, beta = -0.5, signs = 199, seed = 0 }: SteinOptions = {},
): TwoSampleTest => {
  requireSameShape(scores.shape, points.shape, 'steinDiscrepancy: scores')
  const x = pointsOf(points, 'steinDiscrepancy: points')
  const s = pointsOf(scores, 'steinDiscrepancy: scores').values
  const { n, d } = x
  if (n < 2) throw new TweedieError('shape', `steinDiscrepancy: needs at least 2 points, got ${n}`)
  requireInteger(signs, 0, 'steinDiscrepancy: signs')
  if (!(beta > -1 && beta < 0))
    throw new TweedieError('input', `steinDiscrepancy: beta must be in (−1, 0), got ${beta}`)
  const c = length ?? medianDistance(x)
  if (!(c > 0)) throw new TweedieError('numeric', `steinDiscrepancy: length must be > 0, got ${c}`)
  const weights = signsOf(n, signs, seed)
  const totals = new Float64Array(weights.length)
  eachDistanceRow(x, x, (i, row) => {
    for (let j = 0; j < n; j++) {
      if (i === j) row[j] = 0
      else {
        let [ss, sd] = [0, 0]
        for (let a = 0; a < d; a++) {
          const [si, sj] = [s[i * d + a], s[j * d + a]]
          ss += si * sj
          sd += (si - sj) * (x.values[i * d + a] - x.values[j * d + a])
        }
        row[j] = steinKernel(row[j], c * c, beta, d, ss, sd)
      }
    }
    for (let p = 0; p < weights.length; p++) {
      const w = weights[p]
      let sum = 0
      for (let j = 0; j < n; j++) sum += w[j] * row[j]
      totals[p] += w[i] * sum
    }
  })
  const statistics = totals.map((t) => t / (n * (n - 1)))
  return { statistic: statistics[0], pValue: permutationValue(statistics) }
}

/**
 * u for k = q^β, q = c² + r², r² = |x − x'|²: ∇k = 2β q^{β−1} (x − x') = −∇'k, and
 * ∇·∇'k = −2β d q^{β−1} − 4β(β − 1) r² q^{β−2}.
 *
 * @param ss - s(x)·s(x')
 * @param sd - (s(x) − s(x'))·(x − x')
 */
const steinKernel = (r2: number, c2: number, beta: number, d: number, ss: number, sd: number): number => {
  const q = c2 + r2
  const k = q ** beta
  const slope = (2 * beta * k) / q
  return k * ss - slope * sd - slope * d - (2 * (beta - 1) * slope * r2) / q
}
