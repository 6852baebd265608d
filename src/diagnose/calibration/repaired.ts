import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, requireSameShape } from '../values.ts'
import type { Coverage } from './coverage.ts'
import { columns, type InParts } from './in-parts.ts'
import { ratioOverProblems } from './quantiles.ts'

/** Intervals of single entries that were repaired. */
export interface RepairedIntervals {
  /** Nominal level. */
  readonly level: number
  /** By what the intervals of the draws were stretched; absent where regions have factors of their own. */
  readonly factor?: number
  /** `[N, ...event]`; −∞ where nothing is guaranteed. */
  readonly low: NdArray
  /** `[N, ...event]`; ∞ where nothing is guaranteed. */
  readonly high: NdArray
}

/** What repaired intervals of one level hold. */
export interface RepairedCoverage extends Coverage, Pick<RepairedIntervals, 'factor'> {}

/** {@link repairedCoverage} of the intervals of a level, which come part by part with their problems. */
export const repairedCoverageInParts = ({
  level,
  factor,
}: Pick<RepairedIntervals, 'level' | 'factor'>): InParts<
  [ends: Pick<RepairedIntervals, 'low' | 'high'>, truth: NdArray, entries?: NdArray],
  RepairedCoverage
> => {
  const [insideOfAll, countOfAll] = columns(2)
  const add = (
    { low, high }: Pick<RepairedIntervals, 'low' | 'high'>,
    truth: NdArray,
    entries?: NdArray,
  ): void => {
    for (const end of [low, high, ...(entries ? [entries] : [])])
      requireSameShape(end.shape, truth.shape, 'repaired coverage: ends and entries')
    const x = finiteValues(truth, 'repaired coverage: truth')
    const [n] = truth.shape
    const [inside, counted] = [new Float64Array(n), new Float64Array(n)]
    for (let i = 0; i < x.length; i++) {
      if (entries && Number(entries.data[i]) === 0) continue
      const [from, to] = [Number(low.data[i]), Number(high.data[i])]
      if (!(from <= to))
        throw new TweedieError('numeric', `repaired coverage: no interval, [${from}, ${to}] at element ${i}`)
      const problem = Math.floor((i * n) / x.length)
      counted[problem]++
      if (x[i] >= from && x[i] <= to) inside[problem]++
    }
    insideOfAll.add(inside)
    countOfAll.add(counted)
  }
  const result = (): RepairedCoverage => {
    const counted = countOfAll.all()
    const count = counted.reduce((a, b) => a + b, 0)
    if (count === 0) throw new TweedieError('shape', 'repaired coverage: no entry counts')
    const { value: observed, standardError } = ratioOverProblems(insideOfAll.all(), counted)
    return {
      level,
      ...(factor === undefined ? {} : { factor }),
      observed,
      standardError,
      count,
      flat: 0,
      resolved: true,
    }
  }
  return { add, result }
}

/**
 * How often repaired intervals hold the truth.
 *
 * @param truth - `[N, ...event]`
 * @param entries - `[N, ...event]`: only entries that are not 0 count (default: all)
 * @throws TweedieError `shape` when shapes do not fit or no entry counts, `numeric` for NaN
 *
 * @example
 * ```ts
 * const { lower90: low, upper90: high } = readArrays('restored.npz')
 * const { observed } = repairedCoverage({ level: 0.9, factor: 1.2, low, high }, truth)
 * ```
 */
export const repairedCoverage = (
  { low, high, ...level }: RepairedIntervals,
  truth: NdArray,
  entries?: NdArray,
): RepairedCoverage => {
  const { add, result } = repairedCoverageInParts(level)
  add({ low, high }, truth, entries)
  return result()
}
