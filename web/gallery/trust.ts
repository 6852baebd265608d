/** How far to trust the draws on the screen: what was measured on inputs like this one, or a refusal. */
import type { Cell, Range, Validation } from '../engine/manifest.ts'
import type { Evidence } from './evidence.ts'

/** A level that is met within these is called calibrated. */
const MET: Range = [0.86, 0.94]

/** The sentence under the draws. */
export type Trust =
  | {
      readonly kind: 'measured'
      readonly verdict: 'calibrated' | 'overconfident' | 'cautious'
      readonly sentence: string
    }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'unknown'; readonly sentence: string }

/** σ by the slider and σ by the file differ in the last digits. */
const within = (value: number, [low, high]: Range): boolean =>
  value >= low - 1e-6 * Math.abs(low) && value <= high + 1e-6 * Math.abs(high)

const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`

const level = (value: number): string => value.toFixed(2)

const figures = ['kept', 'noise', 'hole', 'edges'] as const

const describes = (cell: Cell, evidence: Evidence): boolean =>
  figures.every((name) => within(evidence[name], cell[name]))

const hull = (ranges: readonly Range[]): Range => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
]

const between = ([low, high]: Range, show: (value: number) => string): string =>
  show(low) === show(high) ? show(low) : `${show(low).replace(' %', '')} to ${show(high)}`

/** Why an input is of none of the kinds that were measured. */
const strangeness = (cells: readonly Cell[], { kept, noise }: Evidence): string => {
  const all = (name: 'kept' | 'noise') => hull(cells.map((cell) => cell[name]))
  const kinds = [...new Set(cells.map(({ kind }) => kind))].join(', ')
  if (!within(noise, all('noise')))
    return `its noise is ${level(noise)}, the sampler learned with ${between(all('noise'), level)}`
  if (!within(kept, all('kept')))
    return `${percent(kept)} of the pixels are seen, it learned with ${between(all('kept'), percent)}`
  return `its mask is another kind than the sampler learned with (${kinds})`
}

const verdictOf = (coverage: number): 'calibrated' | 'overconfident' | 'cautious' =>
  coverage < MET[0] ? 'overconfident' : coverage > MET[1] ? 'cautious' : 'calibrated'

const judged = {
  calibrated: 'as they should',
  overconfident: 'they are too narrow',
  cautious: 'they are too wide',
}

/** Why draws are unlike those of the validation set, if they are. */
const oddity = ({ residual, logq }: Cell, evidence: Evidence): string | undefined => {
  if (!within(evidence.residual, residual))
    return (
      `its draws miss what was seen by ${evidence.residual.toFixed(2)} times the noise, ` +
      `those of the validation set by ${between(residual, level)}`
    )
  if (logq && evidence.logq !== undefined && !within(evidence.logq, logq))
    return (
      `the density of its draws (log q ${evidence.logq.toFixed(0)}) is outside that of the ` +
      `validation set (${between(logq, (v) => v.toFixed(0))})`
    )
  return undefined
}

const refused = (why: string): Trust => ({
  kind: 'refused',
  sentence: `Outside what was measured: ${why}. Do not take these draws for a posterior.`,
})

/** The sentence for an observation and its draws. */
export const trustIn = (validation: Validation | undefined, evidence: Evidence): Trust => {
  if (!validation)
    return { kind: 'unknown', sentence: 'Nobody has measured how well this sampler is calibrated.' }
  const { cells, data } = validation
  const like = cells.filter((cell) => describes(cell, evidence))
  if (like.length === 0) return refused(strangeness(cells, evidence))
  const odd = like.map((cell) => oddity(cell, evidence))
  const cell = like[odd.indexOf(undefined)]
  if (!cell) return refused(odd[0] ?? '')
  const verdict = verdictOf(cell.coverage)
  const error = percent(cell.standardError, 1).replace(' %', '')
  return {
    kind: 'measured',
    verdict,
    sentence:
      `On ${cell.count} ${data} with masks like this (${cell.kind}, ${between(cell.kept, percent)} seen), ` +
      `90 % intervals of the deleted pixels held the truth ${percent(cell.coverage, 1)} of the time ` +
      `(± ${error}): ${judged[verdict]}.`,
  }
}
