import { stream, uniform } from '../../random/index.ts'
import { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import type { InParts } from './in-parts.ts'
import { type Calibration, problemsOf, sbc, sbcInParts } from './sbc.ts'

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

/** The box that truths span, entry by entry. */
interface Box {
  readonly low: Float64Array
  readonly high: Float64Array
}

const widen = ({ low, high }: Box, truth: NdArray): void => {
  const x = finiteValues(truth, 'tarp: truth')
  const size = low.length
  for (let i = 0; i < x.length; i++) {
    low[i % size] = Math.min(low[i % size], x[i])
    high[i % size] = Math.max(high[i % size], x[i])
  }
}

/** Uniform points in a box for problems from … from + n − 1. */
const boxPoints = ({ low, high }: Box, n: number, from: number, seed: number): Float64Array => {
  const size = low.length
  const u = uniform(stream(seed, 'references'), [n * size], { element: from * size }).data
  return Float64Array.from(u, (v, i) => low[i % size] + v * (high[i % size] - low[i % size]))
}

/** TARP that takes all problems in twice: first their truths, for the box, then them with their draws. */
export interface TarpInParts extends InParts<[draws: NdArray, truth: NdArray], Calibration> {
  readonly addTruth: (truth: NdArray) => void
}

/**
 * {@link tarp} of problems that come part by part.
 *
 * @param size - entries of one signal
 */
export const tarpInParts = (
  size: number,
  { level, seed = 0 }: Omit<TarpOptions, 'references'> = {},
): TarpInParts => {
  const box = { low: new Float64Array(size).fill(Infinity), high: new Float64Array(size).fill(-Infinity) }
  const { add, result } = sbcInParts({ level, seed })
  let from = 0
  return {
    addTruth: (truth) => widen(box, truth),
    add: (draws, truth) => {
      const { n } = problemsOf(draws, truth, 'tarp')
      add(...distancesTo(boxPoints(box, n, from, seed), draws, truth))
      from += n
    },
    result,
  }
}

/** Squared distances of draws and of truths from the reference point of each problem, [K, N] and [N]. */
const distancesTo = (
  reference: ArrayLike<number>,
  draws: NdArray,
  truth: NdArray,
): [draws: NdArray, truth: NdArray] => {
  const { k, n } = problemsOf(draws, truth, 'tarp')
  const size = truth.size / n
  const distances = (points: ArrayLike<number>): Float64Array => {
    const squares = new Float64Array(points.length / size)
    for (let i = 0; i < points.length; i++)
      squares[Math.floor(i / size)] += (points[i] - reference[i % truth.size]) ** 2
    return squares
  }
  return [
    new NdArray('float64', [k, n], distances(finiteValues(draws, 'tarp: draws'))),
    new NdArray('float64', [n], distances(finiteValues(truth, 'tarp: truth'))),
  ]
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
  { references, ...options }: TarpOptions = {},
): Calibration => {
  const { n } = problemsOf(draws, truth, 'tarp')
  if (references) {
    requireSameShape(references.shape, truth.shape, 'tarp: references')
    return sbc(...distancesTo(finiteValues(references, 'tarp: references'), draws, truth), options)
  }
  const { addTruth, add, result } = tarpInParts(truth.size / n, options)
  addTruth(truth)
  add(draws, truth)
  return result()
}
