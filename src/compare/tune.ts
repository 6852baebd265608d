/**
 * Tuning of one number: golden-section search (Kiefer 1953) or a grid, on the scale that the setting asks
 * for.
 */
import { TweedieError } from '../error.ts'
import { goldenMaximum } from '../golden.ts'
import type { SettingSpec } from '../settings.ts'

type NumberSetting = Extract<SettingSpec, { kind: 'number' | 'integer' }>

/** A setting that can be tuned: a number, and where to look for it. */
export type Tunable = Required<Pick<NumberSetting, 'kind' | 'search'>>

/**
 * The setting as one that can be tuned; undefined for choices, flags, and numbers without a range to look in.
 */
export const tunable = (spec: SettingSpec): Tunable | undefined =>
  (spec.kind === 'number' || spec.kind === 'integer') && spec.search
    ? { kind: spec.kind, search: spec.search }
    : undefined

/** One value tried, and its score: higher is better. */
export interface Trial {
  readonly value: number
  readonly score: number
}

/** How to search. */
export interface TuneOptions {
  /** Values to try at most, ≥ 2. */
  readonly budget: number
  /**
   * `golden` (default) spends half of the budget, if that is three values or more, on a coarse grid, since
   * scores may be flat or have several hills, and narrows in around its best; `grid` tries evenly spaced
   * values.
   */
  readonly search?: 'golden' | 'grid'
}

/** The range on which a search is uniform: log values for scales of magnitude. */
const axisOf = ({ kind, search: { range, scale } }: Tunable) => {
  const [to, back] = scale === 'log' ? [Math.log, Math.exp] : [(v: number) => v, (v: number) => v]
  const rounded = kind === 'integer' ? Math.round : (v: number) => v
  const [from, end] = range.map(to)
  return { from, to: end, value: (u: number) => Number(rounded(back(u)).toPrecision(6)) }
}

/**
 * Looks for the value of a setting with the highest score. A score of NaN counts as the worst.
 *
 * @param score - of a value; expensive. No value is tried twice.
 * @returns all trials in the order in which they were made; `best` is one of them
 * @throws TweedieError `input` for a budget below 2; whatever `score` throws
 *
 * @example
 * ```ts
 * const zeta = { kind: 'number', search: { range: [0.1, 10], scale: 'log' } } as const
 * const { best } = await tune(zeta, psnrAt, { budget: 8 })
 * ```
 */
export const tune = async (
  setting: Tunable,
  score: (value: number) => Promise<number>,
  { budget, search = 'golden' }: TuneOptions,
): Promise<{ best: Trial; trials: readonly Trial[] }> => {
  if (!(Number.isInteger(budget) && budget >= 2))
    throw new TweedieError('input', `tune: the budget must be an integer of at least 2, got ${budget}`)
  const axis = axisOf(setting)
  const trials: Trial[] = []
  const at = async (u: number): Promise<number> => {
    const value = axis.value(u)
    const known = trials.find((trial) => trial.value === value)
    if (known) return known.score
    const found = await score(value)
    trials.push({ value, score: Number.isNaN(found) ? Number.NEGATIVE_INFINITY : found })
    return trials[trials.length - 1].score
  }
  await (search === 'grid' ? alongGrid : aroundBest)(axis.from, axis.to, budget, at)
  return { best: trials.reduce((a, b) => (b.score > a.score ? b : a)), trials }
}

type Search = (from: number, to: number, budget: number, at: (u: number) => Promise<number>) => Promise<void>

/** Evenly spaced values, both ends among them. */
const evenly = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))

const alongGrid: Search = async (from, to, budget, at) => {
  for (const u of evenly(from, to, budget)) await at(u)
}

const aroundBest: Search = async (from, to, budget, at) => {
  const coarse = Math.floor(budget / 2)
  if (coarse < 3) {
    await goldenMaximum(at, from, to, budget)
    return
  }
  const points = evenly(from, to, coarse)
  const scores: number[] = []
  for (const u of points) scores.push(await at(u))
  const best = scores.indexOf(Math.max(...scores))
  const [below, above] = [Math.max(0, best - 1), Math.min(coarse - 1, best + 1)]
  await goldenMaximum(at, points[below], points[above], budget - coarse)
}
