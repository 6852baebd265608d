/** How far to trust the draws on the screen: what was measured on inputs like this one, or a refusal. */
import { expectedLogq } from 'tweedie/amortize'
import type { Range } from '../engine/fields.ts'
import type { Manifest } from '../engine/manifest.ts'
import type { Cell, EvidenceName, Measured } from '../engine/measured.ts'
import type { Evidence } from './evidence.ts'

/** A level that is met within these is called calibrated. */
const MET: Range = [0.86, 0.94]

type Verdict = 'calibrated' | 'overconfident' | 'cautious'

/** The sentence under the draws. */
export type Trust =
  | { readonly kind: 'measured'; readonly verdict: Verdict; readonly sentence: string }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'unknown'; readonly sentence: string }

/** σ by the slider and σ by the file differ in the last digits. */
const within = (value: number, [low, high]: Range): boolean =>
  value >= low - 1e-6 * Math.abs(low) && value <= high + 1e-6 * Math.abs(high)

/**
 * A range of observations of n items, wider by 3/n of itself at both ends: a uniform law ends within that of
 * the least and the largest of n draws 19 times in 20, as (1 − 3/n)ⁿ ≈ e⁻³.
 */
const widened = ({ evidence, items }: Cell, name: EvidenceName): Range | undefined => {
  const range = evidence[name]
  if (!range) return undefined
  const [low, high] = range
  const slack = (3 * (high - low)) / items
  return [low - slack, high + slack]
}

/** What cells have ranges of, of one observation. */
type Figures = Omit<Evidence, 'logq'> & { readonly excess?: number }

/** With log q as it exceeds what such a mask and such noise let expect. */
const figuresOf = ({ logq, ...figures }: Evidence, { expectedLogq: coefficients }: Measured): Figures =>
  logq === undefined || !coefficients
    ? figures
    : { ...figures, excess: logq - expectedLogq(coefficients, figures) }

/** Whether a figure is like those of a cell; those that were not measured say nothing. */
const fits = (cell: Cell, figures: Figures, name: EvidenceName): boolean => {
  const [value, range] = [figures[name], widened(cell, name)]
  return value === undefined || !range || within(value, range)
}

const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)} %`

const level = (value: number): string => value.toFixed(2)

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`

const between = ([low, high]: Range, show: (value: number) => string): string =>
  show(low) === show(high) ? show(low) : `${show(low).replace(' %', '')} to ${show(high)}`

/** From the least of the cells to the largest; anything where none was measured. */
const hull = (cells: readonly Cell[], name: EvidenceName): Range => {
  const ranges = cells.map(({ evidence }) => evidence[name] ?? [-Infinity, Infinity])
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
}

/** Kinds of masks in a sentence, by their names in `maskKinds` of `tweedie/operators`. */
const words: Readonly<Record<string, string>> = {
  random: 'at random',
  box: 'a box',
  strokes: 'strokes',
  lines: 'lines',
  patches: 'patches',
  both: 'patches and at random',
}

const wordOf = ({ masks }: Cell): string | undefined => masks && (words[masks] ?? masks)

/** How masks lie. */
const lying = ['seen', 'hole', 'edges'] as const

const isLike = (cell: Cell, figures: Figures): boolean => lying.every((name) => fits(cell, figures, name))

/** Squared distance from the middle of a cell, in half-widths. */
const farness = (cell: Cell, figures: Figures): number =>
  lying.reduce((sum, name) => {
    const [low, high] = cell.evidence[name] ?? [figures[name], figures[name]]
    return sum + ((2 * figures[name] - low - high) / (high - low || 1)) ** 2
  }, 0)

/** Cells of kinds of masks, or of all masks where they are of one kind. */
const ofMasks = (cells: readonly Cell[]): Cell[] => {
  const located = cells.filter(({ noise, evidence }) => !noise && evidence.seen)
  const kinds = located.filter(({ masks }) => masks !== undefined)
  return kinds.length > 0 ? kinds : located
}

/** Of all observations. */
const isWhole = ({ masks, noise }: Cell): boolean => masks === undefined && !noise

/** The third of the noise that an observation is of. */
const ofNoise = (cells: readonly Cell[], { noise: own }: Figures): Cell | undefined =>
  cells.find(({ masks, noise }) => masks === undefined && noise && within(own, noise))

/** Why an observation is none of those that the sampler is for. */
const strangeness = (
  cells: readonly Cell[],
  told: Range | undefined,
  figures: Figures,
): string | undefined => {
  const { noise, seen } = figures
  const noises = told ?? hull(cells, 'noise')
  if (!within(noise, noises))
    return `its noise is ${level(noise)}, the sampler learned with ${between(noises, level)}`
  if (cells.some((cell) => isLike(cell, figures))) return undefined
  if (!cells.some((cell) => fits(cell, figures, 'seen')))
    return `${percent(seen)} is seen, of held-out observations ${between(hull(cells, 'seen'), percent)}`
  const kinds = cells.flatMap((cell) => wordOf(cell) ?? []).join(', ')
  return `its mask is of another kind than the sampler learned with${kinds && ` (${kinds})`}`
}

/**
 * Why draws are unlike those of the observations of a cell, if they are. Of all observations: a cell of one
 * kind has too few to know how far residual and excess go.
 */
const oddity = (cell: Cell, figures: Figures): string | undefined => {
  const { residual, excess } = cell.evidence
  if (residual && !fits(cell, figures, 'residual'))
    return (
      `its draws miss what was seen by ${level(figures.residual)} times the variance of the noise, ` +
      `those of held-out observations by ${between(residual, level)}`
    )
  if (excess && figures.excess !== undefined && !fits(cell, figures, 'excess'))
    return (
      `log q of its draws is ${signed(figures.excess)} nats from what such a mask and such noise let expect, ` +
      `that of held-out observations ${between(excess, signed)}`
    )
  return undefined
}

const refused = (why: string): Trust => ({
  kind: 'refused',
  sentence: `Outside what was measured: ${why}. Do not take these draws for a posterior.`,
})

const unknown = (sentence: string): Trust => ({ kind: 'unknown', sentence })

const verdictOf = (coverage: number): Verdict =>
  coverage < MET[0] ? 'overconfident' : coverage > MET[1] ? 'cautious' : 'calibrated'

const judged = { calibrated: 'as they should', overconfident: 'too narrow', cautious: 'too wide' }

const held = ({ coverage, standardError }: Pick<Cell, 'coverage' | 'standardError'>): string =>
  `${percent(coverage, 1)}${standardError === undefined ? '' : ` (± ${(100 * standardError).toFixed(1)})`}`

/** Another method on some of the same observations. */
const besideWords = ({ beside }: Measured, { masks }: Cell): string => {
  const like = beside?.cells.find((cell) => cell.masks === masks && !cell.noise)
  if (!beside || !like) return ''
  const quality = (psnr: number): string => psnr.toFixed(1)
  return (
    ` ${beside.method.toUpperCase()} on ${like.observations} of these: ${held(like)}, ` +
    `PSNR ${quality(like.psnr)} dB; this sampler ${quality(like.sampler.psnr)} dB.`
  )
}

/** Of such noise, where that has another verdict that is no good one. */
const noiseWords = (third: Cell, verdict: Verdict): string => {
  const own = verdictOf(third.coverage)
  return own === 'calibrated' || own === verdict
    ? ''
    : ` On ${third.observations} with such noise: ${held(third)}, ${judged[own]}.`
}

/** What was measured of observations with such masks, and what misses of those with such noise. */
const measured = (trust: Measured, cell: Cell, third: Cell | undefined): Trust => {
  const verdict = verdictOf(cell.coverage)
  const masks = [wordOf(cell), cell.evidence.seen && `${between(cell.evidence.seen, percent)} seen`]
  return {
    kind: 'measured',
    verdict: verdict === 'calibrated' && third ? verdictOf(third.coverage) : verdict,
    sentence:
      `On ${cell.observations} held-out observations with such masks ` +
      `(${masks.filter(Boolean).join(', ')}), 90 % intervals of what is missing held the truth ` +
      `${held(cell)} of the time: ${judged[verdict]}.` +
      (third ? noiseWords(third, verdict) : '') +
      besideWords(trust, cell),
  }
}

/**
 * The sentence for an observation and its draws.
 *
 * Kinds of masks overlap: where several describe a mask, it is taken for the one in whose middle it lies.
 */
export const trustIn = (
  { trust, noise: told }: Pick<Manifest, 'trust' | 'noise'>,
  evidence: Evidence,
): Trust => {
  if (!trust) return unknown('Nobody has measured how well this sampler is calibrated.')
  const cells = ofMasks(trust.cells)
  if (cells.length === 0)
    return unknown('How well this sampler is calibrated was measured, but not for which masks.')
  const figures = figuresOf(evidence, trust)
  const strange = strangeness(cells, told, figures)
  if (strange !== undefined) return refused(strange)
  const [cell] = cells
    .filter((each) => isLike(each, figures))
    .sort((a, b) => farness(a, figures) - farness(b, figures))
  const odd = oddity(trust.cells.find(isWhole) ?? cell, figures)
  return odd === undefined ? measured(trust, cell, ofNoise(trust.cells, figures)) : refused(odd)
}
