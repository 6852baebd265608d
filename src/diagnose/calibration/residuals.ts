import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { chiSquareCdf, normalCdf } from '../distributions.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import { type Column, column, columns, type InParts } from './in-parts.ts'
import { ratioOverProblems } from './quantiles.ts'
import { rankUniformity } from './rank-uniformity.ts'

/** Options of {@link residualWhiteness}. */
export interface ResidualOptions {
  /** `[N, ...event]`: 1 where y was observed, 0 elsewhere (default: everywhere). */
  readonly observed?: NdArray
  /** Longest lag of the autocorrelation, default 3. */
  readonly lags?: number
  /** Residuals of a calibrated sampler pass with at least this probability, default 0.99. */
  readonly level?: number
}

/** Correlation of residuals that are `lag` entries apart along an axis of the event. */
export interface Autocorrelation {
  /** Axis, counted from the last: 1 is along rows of an image, 2 along columns. */
  readonly axis: 1 | 2
  /** Distance in entries, at least 1. */
  readonly lag: number
  /** 0 for white residuals, in [−1, 1]. */
  readonly value: number
  /** Problems independent; NaN for one problem. */
  readonly standardError: number
}

/** Result of {@link residualWhiteness}. */
export interface ResidualWhiteness {
  /**
   * Mean of ‖r‖²/m over problems and draws: 1 when calibrated, less when draws fit the
   * noise, more when they miss y.
   */
  readonly ratio: number
  /** From the scatter between problems; NaN for one. */
  readonly standardError: number
  /** Probability of a sample of ‖r‖² (first draw of each problem) as far from the χ² law or farther. */
  readonly chiSquare: number
  /** Of every axis and lag that has pairs of observed entries. */
  readonly autocorrelation: readonly Autocorrelation[]
  /** Bonferroni over the χ² law and all autocorrelations. */
  readonly pValue: number
  /** pValue ≥ 1 − level. */
  readonly white: boolean
}

/** Bins of the χ² probabilities: the test of uniform ranks does the rest. */
const BINS = 100

/** The residuals of all draws, and which entries were observed. */
interface Fields {
  readonly k: number
  readonly n: number
  readonly size: number
  readonly r: ArrayLike<number>
  readonly isObserved: (problem: number, i: number) => boolean
}

/** Σ r_i r_{i + lag} and ½ Σ (r_i² + r_{i+lag}²) over observed pairs along one axis, by problem. */
const lagged = ({ k, n, size, r, isObserved }: Fields, length: number, stride: number, lag: number) => {
  const product = new Float64Array(n)
  const power = new Float64Array(n)
  for (let image = 0; image < k * n; image++) {
    const problem = image % n
    for (let i = 0; i < size; i++) {
      const j = i + lag * stride
      if (
        (Math.floor(i / stride) % length) + lag >= length ||
        !isObserved(problem, i) ||
        !isObserved(problem, j)
      )
        continue
      const [a, b] = [r[image * size + i], r[image * size + j]]
      product[problem] += a * b
      power[problem] += (a * a + b * b) / 2
    }
  }
  return { product, power }
}

/** Pairs of entries that are looked at together. */
interface Lag extends Pick<Autocorrelation, 'axis' | 'lag'> {
  readonly length: number
  readonly stride: number
}

const lagsOf = (event: readonly number[], lags: number): Lag[] => {
  const [height = 1, width] = event.length > 1 ? event.slice(-2) : [1, event[0]]
  const axes = [
    { axis: 1, length: width, stride: 1 },
    { axis: 2, length: height, stride: width },
  ] as const
  return axes.flatMap((axis) =>
    Array.from({ length: Math.max(0, Math.min(lags, axis.length - 1)) }, (_, i) => ({ ...axis, lag: i + 1 })),
  )
}

/** Entries of y that were observed of each problem; `from` is the number of the first one. */
const freedomOf = ({ n, size, isObserved }: Fields, from: number): Float64Array => {
  const freedom = new Float64Array(n)
  for (let i = 0; i < n * size; i++)
    if (isObserved(Math.floor(i / size), i % size)) freedom[Math.floor(i / size)]++
  const none = freedom.indexOf(0)
  if (none >= 0)
    throw new TweedieError('shape', `residualWhiteness: nothing was observed of problem ${from + none}`)
  return freedom
}

/** ‖r‖² of each image, [K N]. */
const squaresOf = ({ k, n, size, r, isObserved }: Fields): Float64Array => {
  const squares = new Float64Array(k * n)
  for (let i = 0; i < k * n * size; i++) {
    const image = Math.floor(i / size)
    if (isObserved(image % n, i % size)) squares[image] += r[i] ** 2
  }
  return squares
}

/** Residuals of the next problems, and where these were observed. */
type NextResiduals = [residuals: NdArray, observed?: NdArray]

const fieldsOf = (...[residuals, observed]: NextResiduals): Fields => {
  const [k, n, ...event] = residuals.shape
  if (event.length < 1 || residuals.size === 0) {
    throw new TweedieError('shape', `residualWhiteness: expected [K, N, ...event], got [${residuals.shape}]`)
  }
  if (observed) requireSameShape(observed.shape, residuals.shape.slice(1), 'residualWhiteness: observed')
  const size = residuals.size / (k * n)
  const mask = observed && finiteValues(observed, 'residualWhiteness: observed')
  const isObserved = (problem: number, i: number) => mask === undefined || mask[problem * size + i] !== 0
  return { k, n, size, r: finiteValues(residuals, 'residualWhiteness: residuals'), isObserved }
}

/** {@link residualWhiteness} of problems that come part by part. */
export const residualsInParts = ({
  lags = 3,
  level = 0.99,
}: Omit<ResidualOptions, 'observed'> = {}): InParts<NextResiduals, ResidualWhiteness> => {
  const [meanSquare, firstSquare, freedomOfAll] = columns(3)
  let pairs: (Lag & { readonly product: Column; readonly power: Column })[] | undefined
  const add = (...[residuals, observed]: NextResiduals): void => {
    const fields = fieldsOf(residuals, observed)
    const { k, n } = fields
    const freedom = freedomOf(fields, freedomOfAll.all().length)
    const squares = squaresOf(fields)
    freedomOfAll.add(freedom)
    firstSquare.add(squares.subarray(0, n))
    meanSquare.add(
      Float64Array.from({ length: n }, (_, problem) => {
        let sum = 0
        for (let d = 0; d < k; d++) sum += squares[d * n + problem]
        return sum / k
      }),
    )
    pairs ??= lagsOf(residuals.shape.slice(2), lags).map((lag) => ({
      ...lag,
      product: column(),
      power: column(),
    }))
    for (const { length, stride, lag, ...all } of pairs) {
      const { product, power } = lagged(fields, length, stride, lag)
      all.product.add(product)
      all.power.add(power)
    }
  }
  const result = (): ResidualWhiteness => {
    const freedom = freedomOfAll.all()
    const { value: ratio, standardError } = ratioOverProblems(meanSquare.all(), freedom)
    // Draws of one problem share its noise: only one of them is an independent sample of the law.
    const first = firstSquare.all()
    const bins = Int32Array.from(freedom, (m, problem) =>
      Math.min(BINS - 1, Math.floor(BINS * chiSquareCdf(first[problem], m))),
    )
    const chiSquare = rankUniformity(bins, BINS - 1).pValue
    const autocorrelation = (pairs ?? [])
      .map(({ axis, lag, product, power }) => ({
        axis,
        lag,
        ...ratioOverProblems(product.all(), power.all()),
      }))
      .filter(({ value }) => Number.isFinite(value))
    const tails = autocorrelation
      .filter((a) => a.standardError > 0)
      .map((a) => 2 * (1 - normalCdf(Math.abs(a.value / a.standardError))))
    const pValue = Math.min(1, (1 + tails.length) * Math.min(chiSquare, ...tails))
    return { ratio, standardError, chiSquare, autocorrelation, pValue, white: pValue >= 1 - level }
  }
  return { add, result }
}

/**
 * Do draws explain the observation as well as the truth would? With r = (y − A x)/σ for a draw x,
 *
 *     ‖r‖² ~ χ² with m degrees of freedom,   r white
 *
 * over problems: a truth and a posterior draw are exchangeable given y, and for the truth r is the noise
 * itself. Needs no truth. Below 1 the draws fit the noise (guidance too strong, σ taken too small);
 * above 1 they miss the observation (too few steps, guidance too weak); autocorrelation shows structure
 * that the draws leave in y.
 *
 * Blind spots: everything that A does not see, such as invented detail in unobserved pixels; a wrong
 * prior, as long as it can explain y. The posterior *mean* has residuals below χ²: give draws.
 *
 * @param residuals - `[K, N, ...event]`, (y − A x)/σ of K draws for each of N problems, in units of the noise
 * @throws TweedieError `shape` when shapes do not fit or nothing was observed, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { ratio, white } = residualWhiteness(residuals, { observed: mask })
 * ```
 */
export const residualWhiteness = (
  residuals: NdArray,
  { observed, ...options }: ResidualOptions = {},
): ResidualWhiteness => {
  const { add, result } = residualsInParts(options)
  add(residuals, observed)
  return result()
}
