/**
 * Observations to learn from, and some that learning never sees: how well a part of what these saw is
 * predicted from the rest says how good a prior is, without any truth.
 */
import { integers, stream } from '../random/index.ts'
import { toNumbers } from '../tensor/index.ts'
import { type HoldOut, holdOut, holdOutGaps } from './hold-out.ts'
import { chosenObservations, countOf, type Observations, observationsAt } from './observation-source.ts'

/** How much is set aside. */
export interface SetAsideOptions {
  /** Observations that are set aside, at most an eighth of them. */
  readonly observations: number
  /** Share of what each of them saw that is to be predicted, in (0, 1), where masks do not say it. */
  readonly share: number
  readonly seed: number
}

/** The split. `given` and `held` are two parts of what the observations that judge saw. */
export interface SetAside extends HoldOut {
  /** The observations that were not set aside, to learn from; read by rows where the others are. */
  readonly rest: Observations
}

/**
 * Neighbours go together, in so many runs: windows of a series overlap and slices of a volume are alike, so
 * an observation whose neighbours are learned from is no test. Of windows that overlap by five sixths, runs
 * of eleven let what was learned by heart look like what was understood.
 */
const RUNS = 2

/**
 * Part of a run at each of its ends that is neither learned from nor judged: it shares data with what is
 * learned from where windows overlap. With it, laps that know windows by heart look better than they are.
 */
const MARGIN = 1 / 4

/** Observations of a set that are set aside, at most one in so many. */
const ONE_IN = 8

/** How many of `count` observations are set aside where so many are wanted. */
export const setAsideOf = (count: number, wanted: number): number =>
  Math.min(wanted, Math.floor(count / ONE_IN))

/** Rows of `n` of `count` observations in runs spread over the set. */
const runsOf = (count: number, n: number): number[][] => {
  const runs = Math.min(RUNS, n)
  return Array.from({ length: runs }, (_, r) => {
    const [from, to] = [Math.floor((r * n) / runs), Math.floor(((r + 1) * n) / runs)]
    const start = Math.floor(((r + 0.5) * count) / runs - (to - from) / 2)
    return Array.from({ length: to - from }, (_, k) => start + k)
  })
}

/** A run without its margins; runs of less than four have none. */
const inner = (run: readonly number[]): number[] => {
  const margin = Math.floor(MARGIN * run.length)
  return run.slice(margin, run.length - margin)
}

/** What is in no run. */
const othersOf = (count: number, runs: readonly (readonly number[])[]): number[] => {
  const aside = new Set(runs.flat())
  return Array.from({ length: count }, (_, i) => i).filter((i) => !aside.has(i))
}

/** What {@link setAside} leaves to learn from, without the split of what it sets aside. */
export const notSetAside = (set: Observations, { observations }: SetAsideOptions): Observations => {
  const count = countOf(set)
  const n = setAsideOf(count, observations)
  return n === 0 ? set : chosenObservations(set, othersOf(count, runsOf(count, n)))
}

/** How many of `n` observations that are set aside judge; the others are margins of their runs. */
export const judgedOf = (n: number): number => runsOf(n, n).flatMap(inner).length

/**
 * Sets observations aside, in two runs of neighbours. The outer quarter of each run, ⌊length/4⌋ observations
 * at both ends, is in neither part: it is not learned from and not judged. Of the others is held out what
 * they saw in the gaps of observations that are learned from (`holdOutGaps`): single entries between seen
 * ones are easier than the gaps that are to be filled. Where all masks are one, or there is none, `holdOut`
 * splits.
 *
 * @returns nothing where there are too few observations to spare some
 * @throws TweedieError `input` for a share outside (0, 1), and for blind sets, whose operator is not known
 *
 * @example
 * ```ts
 * const aside = await setAside(set, { observations: 48, share: 0.2, seed: 0 })
 * ```
 */
export const setAside = async (
  set: Observations,
  { observations, share, seed }: SetAsideOptions,
): Promise<SetAside | undefined> => {
  const count = countOf(set)
  const n = setAsideOf(count, observations)
  if (n === 0) return undefined
  const runs = runsOf(count, n)
  const others = othersOf(count, runs)
  const judges = runs.flatMap(inner)
  const [judged, rest] = [observationsAt(set, judges), chosenObservations(set, others)]
  const which = toNumbers(integers(stream(seed, 'gaps'), 0, others.length, [judges.length]))
  return { ...(holdOutGaps(judged, rest, which) ?? (await holdOut(judged, { share, seed }))), rest }
}
