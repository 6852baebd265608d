/** Figures with their uncertainty, and what they come to. */
import { integers, stream } from '../../src/random/index.ts'
import type { Tally } from './judge.ts'

/** Resamples, and the level of the intervals. */
const [RESAMPLES, LEVEL] = [2000, 0.95]

/** Shares within which 90 % intervals should be. */
const HONEST = [0.86, 0.94] as const

type Measure = 'rmse' | 'crps'

/** Pooled over observations, each as often as `weights` says. */
const pooled = (tally: Tally, measure: Measure, weights?: ArrayLike<number>): number => {
  const sums = measure === 'rmse' ? tally.squares : tally.crps
  let [sum, count] = [0, 0]
  for (let i = 0; i < sums.length; i++) {
    const weight = weights ? weights[i] : 1
    sum += weight * sums[i]
    count += weight * tally.counts[i]
  }
  return measure === 'rmse' ? Math.sqrt(sum / count) : sum / count
}

/** Figures of a tally, in the units of the data. */
export const figuresOf = (tally: Tally) => ({
  rmse: pooled(tally, 'rmse'),
  crps: pooled(tally, 'crps'),
  ...(tally.coverage === undefined ? {} : { coverage: tally.coverage }),
})

/** A difference with its interval. */
export interface Difference {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** How often each observation is in a resample of the parts. */
const weightsOf = (parts: readonly string[], draw: number): Float64Array => {
  const names = [...new Set(parts)]
  const chosen = integers(stream(0, 'own data bootstrap'), 0, names.length, [names.length], { draw }).data
  const often = new Map<string, number>()
  for (const i of chosen) often.set(names[i], (often.get(names[i]) ?? 0) + 1)
  return Float64Array.from(parts, (name) => often.get(name) ?? 0)
}

/**
 * Ours less theirs of the same observations, with a 95 % interval by the paired bootstrap over parts (Efron &
 * Tibshirani 1993, percentiles); negative where ours is better.
 */
export const difference = (
  ours: Tally,
  theirs: Tally,
  measure: Measure,
  parts: readonly string[],
): Difference => {
  const of = (weights?: Float64Array) => pooled(ours, measure, weights) - pooled(theirs, measure, weights)
  const resampled = Float64Array.from({ length: RESAMPLES }, (_, b) => of(weightsOf(parts, b))).sort()
  const at = (p: number) => resampled[Math.round(p * (RESAMPLES - 1))]
  return { value: of(), low: at((1 - LEVEL) / 2), high: at((1 + LEVEL) / 2) }
}

/** The name whose figure is least. */
const leastOf = (tallies: ReadonlyMap<string, Tally>, measure: Measure): string | undefined =>
  [...tallies].sort(([, a], [, b]) => pooled(a, measure) - pooled(b, measure))[0]?.[0]

/** Ours against the best baseline of a measure. */
export interface Against extends Difference {
  readonly baseline: string
  readonly outcome: 'better' | 'worse' | 'undecided'
}

export const against = (
  ours: Tally,
  baselines: ReadonlyMap<string, Tally>,
  measure: Measure,
  parts: readonly string[],
): Against | undefined => {
  const baseline = leastOf(baselines, measure)
  const theirs = baseline === undefined ? undefined : baselines.get(baseline)
  if (baseline === undefined || !theirs) return undefined
  const found = difference(ours, theirs, measure, parts)
  const outcome = found.high < 0 ? 'better' : found.low > 0 ? 'worse' : 'undecided'
  return { baseline, ...found, outcome }
}

/** What one set says of ours. */
export interface SetVerdict {
  readonly error: Against
  readonly crps: Against
  readonly coverage: number
}

/** The targets, with what was reached on how many sets. */
export const targets = (verdicts: readonly SetVerdict[]) => {
  const count = (is: (v: SetVerdict) => boolean) => verdicts.filter(is).length
  const all = verdicts.length
  const better = count(({ error }) => error.outcome === 'better')
  const worse = count(({ error }) => error.outcome === 'worse')
  const crps = count(({ crps }) => crps.value < 0)
  const honest = count(({ coverage }) => coverage >= HONEST[0] && coverage <= HONEST[1])
  const ofAll = (n: number) => `${n} of ${all}`
  return [
    {
      target: 'error below that of the best baseline, interval without 0, on at least two thirds of the sets',
      reached: ofAll(better),
      met: 3 * better >= 2 * all,
    },
    { target: 'error significantly worse on none', reached: ofAll(worse), met: worse === 0 },
    { target: 'CRPS below that of the best baseline on all', reached: ofAll(crps), met: crps === all },
    { target: '90 % intervals hold 86 to 94 % on all', reached: ofAll(honest), met: honest === all },
  ] as const
}
