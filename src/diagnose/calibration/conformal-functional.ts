/**
 * Intervals for what a user computes of a signal: a volume, a flux, the brightness of a lesion. Split
 * conformal prediction (Papadopoulos et al. 2002; Vovk et al. 2005) with the central interval of the draws'
 * own values, stretched about its median, as the nested sets.
 */
import { TweedieError } from '../../error.ts'
import { type NdArray, ndarray, sizeOf } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'
import {
  type ConformalOptions,
  type ConformalRepair,
  conformalRepair,
  stretchedInterval,
} from './conformal.ts'
import { problemsOf } from './sbc.ts'

/** What is wanted of a signal: a number, or always as many; entries come in the order of the event. */
export type Functional = (signal: Float64Array) => number | readonly number[]

/** The values of M signals `[..., ...event]`, [M][q]. */
const valuesOf = (x: NdArray, size: number, functional: Functional, what: string): number[][] => {
  const all = Float64Array.from(finiteValues(x, what))
  const values = Array.from({ length: all.length / size }, (_, i) =>
    [functional(all.slice(i * size, (i + 1) * size))].flat(),
  )
  const [{ length: wanted }] = values
  if (wanted > 0 && values.every((own) => own.length === wanted)) return values
  throw new TweedieError(
    'input',
    'functional repair: the functional must give as many numbers of every signal',
  )
}

/**
 * How intervals of functionals of the signal must be stretched to hold what they say, each number by itself.
 * Of a further problem that is exchangeable with these, the repaired interval of a level holds the true value
 * with at least that probability, for any sampler and any functional; 90 % takes nine problems.
 *
 * @param draws - `[K, N, ...event]` of problems whose truth is known and was not learned from
 * @param truth - `[N, ...event]`
 * @param functional - the number, or numbers, that are wanted of a signal
 * @returns a repair for each number
 * @throws TweedieError as `conformalRepair`, and `input` for a functional that gives now more, now fewer
 *
 * @example
 * ```ts
 * const brightness = (signal: Float64Array) => signal.reduce((sum, v) => sum + v, 0)
 * const [repair] = functionalRepairs(draws, truth, brightness)
 * ```
 */
export const functionalRepairs = (
  draws: NdArray,
  truth: NdArray,
  functional: Functional,
  options: Pick<ConformalOptions, 'levels'> = {},
): ConformalRepair[] => {
  const { k, n } = problemsOf(draws, truth, 'functional repair')
  const size = sizeOf(truth.shape.slice(1))
  const ofDraws = valuesOf(draws, size, functional, 'functional repair: draws')
  const ofTruth = valuesOf(truth, size, functional, 'functional repair: truth')
  return ofTruth[0].map((_, q) =>
    conformalRepair(
      ndarray(
        ofDraws.map((own) => own[q]),
        [k, n, 1],
        'float64',
      ),
      ndarray(
        ofTruth.map((own) => own[q]),
        [n, 1],
        'float64',
      ),
      options,
    ),
  )
}

/** An interval of a level. */
export interface RepairedInterval {
  readonly level: number
  /** Infinite where too few problems were seen for the level. */
  readonly low: number
  readonly high: number
}

/**
 * The repaired intervals of functionals of one signal.
 *
 * @param repairs - of {@link functionalRepairs}, by the same functional from as many draws
 * @param draws - `[K, ...event]`, the draws of the one signal
 * @returns for each number its intervals, in the order of the levels
 * @throws TweedieError `input` for another number of draws, or of numbers
 *
 * @example
 * ```ts
 * const brightness = (signal: Float64Array) => signal.reduce((sum, v) => sum + v, 0)
 * const repairs = functionalRepairs(draws, truth, brightness, { levels: [0.9] })
 * const [[{ low, high }]] = functionalIntervals(repairs, samples, brightness)
 * ```
 */
export const functionalIntervals = (
  repairs: readonly ConformalRepair[],
  draws: NdArray,
  functional: Functional,
): RepairedInterval[][] => {
  const [k, ...event] = draws.shape
  const values = valuesOf(draws, sizeOf(event), functional, 'functional intervals: draws')
  if (repairs.length !== values[0].length || repairs.some((repair) => repair.draws !== k))
    throw new TweedieError(
      'input',
      `functional intervals: ${values[0].length} numbers of ${k} draws, the repair is of ` +
        `${repairs.length} of ${repairs[0]?.draws}`,
    )
  return repairs.map(({ levels }, q) => {
    const sorted = Float64Array.from(values, (own) => own[q]).sort()
    return levels.map(({ level, factor }) => {
      const [low, high] = stretchedInterval(sorted, level, factor)
      return { level, low, high }
    })
  })
}
