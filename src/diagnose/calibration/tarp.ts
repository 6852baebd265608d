import { stream, uniform } from '../../random/index.ts'
import { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { type Calibration, problemsOf, sbc } from './sbc.ts'

/** Options of {@link tarp}. */
export interface TarpOptions {
  /**
   * `[N, ...event]`, one reference point per problem. It must not depend on the truth other than through the
   * observation. Default: uniform in the box that all truths span.
   */
  readonly references?: NdArray
  /** A calibrated sampler passes with at least this probability, default 0.99. */
  readonly level?: number
  /** Seed of the default references, default 0. */
  readonly seed?: number
}

/** Uniform points in the bounding box of the truths. */
const boxPoints = (x: ArrayLike<number>, n: number, seed: number): Float64Array => {
  const size = x.length / n
  const low = new Float64Array(size).fill(Infinity)
  const high = new Float64Array(size).fill(-Infinity)
  for (let i = 0; i < x.length; i++) {
    low[i % size] = Math.min(low[i % size], x[i])
    high[i % size] = Math.max(high[i % size], x[i])
  }
  const u = uniform(stream(seed, 'references'), [x.length]).data
  return Float64Array.from(u, (v, i) => low[i % size] + v * (high[i % size] - low[i % size]))
}

/**
 * Tests of accuracy with random points (Lemos et al., "Sampling-based accuracy testing of posterior
 * estimators for general inference", ICML 2023): in each problem, how many draws are closer to a random
 * reference point than the truth is? For a calibrated sampler that rank is uniform on 0 … K. The share of
 * problems whose rank is below α K is the expected coverage of credible regions of mass α: the diagonal when
 * calibrated. One number per problem, whatever the dimension: it is SBC of the distance to the reference.
 *
 * Limits: with references that do not depend on the observation it is nearly blind to a shift of
 * the draws, which brings them closer to the reference as often as farther from it; SBC and coverage see
 * shifts. Draws from the prior pass as well, and in high dimension it sees little but the overall spread.
 *
 * @param draws - `[K, N, ...event]`
 * @param truth - `[N, ...event]`
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { quantities: [{ expected, observed }], calibrated } = tarp(draws, truth)
 * ```
 */
export const tarp = (
  draws: NdArray,
  truth: NdArray,
  { references, level = 0.99, seed = 0 }: TarpOptions = {},
): Calibration => {
  const { k, n } = problemsOf(draws, truth, 'tarp')
  if (references) requireSameShape(references.shape, truth.shape, 'tarp: references')
  const samples = finiteValues(draws, 'tarp: draws')
  const x = finiteValues(truth, 'tarp: truth')
  const reference = references ? finiteValues(references, 'tarp: references') : boxPoints(x, n, seed)
  const size = x.length / n
  const distances = (points: ArrayLike<number>): Float64Array => {
    const squares = new Float64Array(points.length / size)
    for (let i = 0; i < points.length; i++) {
      squares[Math.floor(i / size)] += (points[i] - reference[i % x.length]) ** 2
    }
    return squares
  }
  return sbc(new NdArray('float64', [k, n], distances(samples)), new NdArray('float64', [n], distances(x)), {
    level,
    seed,
  })
}
