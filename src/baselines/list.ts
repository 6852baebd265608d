/**
 * Every baseline. Command lines and comparisons know them from this list alone: a new one is a file with its
 * entry, and a line here.
 */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import type { BaselineEntry } from './baseline.ts'
import { gaussianEntry } from './gaussian.ts'
import { krigingEntry } from './kriging.ts'
import { linearEntry } from './linear.ts'
import { nearestEntry } from './nearest.ts'
import { tikhonovEntry } from './tikhonov.ts'
import { tvEntry } from './tv.ts'

/** All baselines, in the order of help and tables. */
export const baselines: readonly BaselineEntry[] = [
  nearestEntry,
  linearEntry,
  krigingEntry,
  gaussianEntry,
  tvEntry,
  tikhonovEntry,
]

/**
 * The baseline of a name.
 *
 * @throws TweedieError `input` for unknown names, with the nearest known one
 *
 * @example
 * ```ts
 * const { mean, draws } = await baselineNamed('kriging').make()(set, { draws: 16, seed: 0 })
 * ```
 */
export const baselineNamed = (name: string): BaselineEntry => {
  const known = baselines.find((baseline) => baseline.name === name)
  if (known) return known
  const names = baselines.map((baseline) => baseline.name)
  const hint = `did you mean '${nearestName(name, names)}'? (known: ${names.join(', ')})`
  throw new TweedieError('input', `unknown baseline '${name}', ${hint}`)
}
