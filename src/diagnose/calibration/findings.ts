/** Verdicts in plain words. */
import { average } from '../../tensor/index.ts'
import type { BallCoverage } from './ball-coverage.ts'
import type { CellTest } from './cells.ts'
import type { Coverage } from './coverage.ts'
import type { Lc2st } from './lc2st.ts'
import type { AgainstReference } from './reference.ts'
import type { RepairedCoverage } from './repaired.ts'
import type { ResidualWhiteness } from './residuals.ts'
import type { Calibration, RankTest } from './sbc.ts'
import type { SpreadSkill } from './spread-skill.ts'

/**
 * The verdict of a test. `calibrated`: no fault was found; `miscalibrated`: a fault that chance does not
 * explain; `not tested`: too few data to decide.
 */
export type Verdict = 'calibrated' | 'miscalibrated' | 'not tested'

/** One test, its verdict, and what that means in words. */
export interface Finding {
  /** The test. */
  readonly name: string
  /** Its verdict. */
  readonly verdict: Verdict
  /** The figure and its meaning, one or two sentences. */
  readonly words: string
  /** What the test cannot see, whatever its verdict. */
  readonly blind: string
}

/** What each test judges: single entries, the signal as a whole, or the fit to what was observed. */
export type Scope = 'entries' | 'whole' | 'fit'

const scopes: Readonly<Record<string, Scope>> = {
  'Fit to the observations': 'fit',
  'Against a reference': 'whole',
  'Intervals of single entries': 'entries',
  'Repaired intervals': 'entries',
  'Spread against error': 'entries',
  'Distance from the centre': 'whole',
  'Ranks (SBC)': 'whole',
  'Random points (TARP)': 'whole',
  'Cells given y': 'whole',
  'Classifier given y': 'whole',
  'Density regions (HPD)': 'whole',
}

/** What a finding is about; undefined for tests that are not of this folder. */
export const scopeOf = ({ name }: Pick<Finding, 'name'>): Scope | undefined => scopes[name]

/** What each test cannot see. */
const blind = {
  residuals: 'whatever the observation does not touch',
  coverage: 'dependence between entries, and draws that are right on average over y only',
  repaired: 'single observations, and regions that it was not told of: it holds on average',
  balls: 'the directions in which draws are off, and draws that are right on average over y only',
  spread: 'the shape of the draws, and a fault in some entries that others make up for',
  ranks: 'what none of its quantities measures, and draws that are right on average over y only',
  points: 'a shift of all draws, and much beside the spread in high dimension',
  cells: 'details finer than a cell: with thousands of entries, nearly everything',
  classifier: 'what a small network does not learn from these problems, such as details of images',
  reference:
    'what the reference shares: it is as good as its prior and its own sampler (its particles, its steps)',
  density: 'faults that leave the density of the truths as it is, and modes that the density lacks',
} as const

/** A difference of more standard errors than this is not chance. */
const SIGMAS = 3

/** A figure with a larger standard error than this decides nothing. */
const COARSE = 0.05

const percent = (v: number): string => `${(100 * v).toFixed(1)} %`

const figure = (value: number, standardError: number): string =>
  Number.isFinite(standardError) ? `${value.toFixed(3)} ± ${standardError.toFixed(3)}` : value.toFixed(3)

const verdictOn = (difference: number, standardError: number): Verdict => {
  if (!(standardError >= 0)) return 'not tested'
  if (Math.abs(difference) > SIGMAS * standardError && Math.abs(difference) > 1e-9) return 'miscalibrated'
  return standardError > COARSE ? 'not tested' : 'calibrated'
}

/**
 * The verdict on a share of `count` truths: few that all lie inside scatter by nothing, and are no proof; the
 * standard error is therefore at least the binomial one.
 */
const verdictOnShare = (observed: number, level: number, standardError: number, count: number): Verdict =>
  verdictOn(observed - level, Math.max(standardError, Math.sqrt((level * (1 - level)) / count)))

const TOO_FEW = 'Too few problems to decide.'

/** The end of a sentence that began with the figure. */
const ending = (verdict: Verdict, fault: string): string =>
  ({ calibrated: '.', miscalibrated: `: ${fault}.`, 'not tested': `. ${TOO_FEW}` })[verdict]

/** Residuals against the noise. */
export const residualFinding = (residuals: ResidualWhiteness): Finding => {
  const { ratio, standardError, white, autocorrelation } = residuals
  const name = 'Fit to the observations'
  const size = `‖y − A x‖² of the draws is ${figure(ratio, standardError)} of what the noise alone gives`
  const verdict = verdictOn(ratio - 1, standardError)
  if (verdict === 'miscalibrated') {
    const meaning =
      ratio < 1
        ? 'the draws keep too close to y (too narrow, guidance too strong, or less noise than stated)'
        : 'the draws miss y (too wide, too few steps, guidance too weak, a wrong operator, or more ' +
          'noise than stated)'
    return { name, verdict, words: `${size}: ${meaning}.`, blind: blind.residuals }
  }
  if (white)
    return {
      name,
      verdict,
      words: `${size}${verdict === 'not tested' ? `. ${TOO_FEW}` : ', and white.'}`,
      blind: blind.residuals,
    }
  const strongest = autocorrelation.reduce<(typeof autocorrelation)[number] | undefined>((most, a) => {
    return most && Math.abs(most.value / most.standardError) >= Math.abs(a.value / a.standardError) ? most : a
  }, undefined)
  if (strongest && Math.abs(strongest.value) > SIGMAS * strongest.standardError) {
    const correlated = `correlated by ${figure(strongest.value, strongest.standardError)}`
    const apart = `entries ${strongest.lag} apart are ${correlated}`
    const words = `${size}, but ${apart}: the draws leave structure in y.`
    return { name, verdict: 'miscalibrated', words, blind: blind.residuals }
  }
  const scatter = 'but it varies between problems in another way than χ²'
  const words = `${size} on average, ${scatter}: some are fitted too closely, some not closely enough.`
  return { name, verdict: 'miscalibrated', words, blind: blind.residuals }
}

const sided = (observed: number, nominal: number): string =>
  observed < nominal ? 'overconfident' : 'too cautious'

/** The largest level that the draws resolve. */
export const coverageFinding = (readings: readonly Coverage[]): Finding => {
  const name = 'Intervals of single entries'
  const reading = readings.filter((r) => r.resolved).at(-1)
  if (!reading)
    return { name, verdict: 'not tested', words: 'Too few draws for any interval.', blind: blind.coverage }
  const { level, observed, standardError, count, flat } = reading
  const verdict = verdictOnShare(observed, level, standardError, count)
  const share = `${percent(observed)} of the entries (± ${percent(standardError)})`
  const words = `${Math.round(100 * level)} % intervals hold the truth in ${share}`
  const flatness =
    flat > 0.2 ? ` ${percent(flat)} of the entries are equal in truth and draws, and prove nothing.` : ''
  return {
    name,
    verdict,
    words: `${words}${ending(verdict, sided(observed, level))}${flatness}`,
    blind: blind.coverage,
  }
}

/** Balls about the centre of the draws. */
export const ballFinding = (readings: readonly BallCoverage[], draws: number, problems: number): Finding => {
  const name = 'Distance from the centre'
  const reading = readings.filter((r) => r.level * (draws + 1) <= draws).at(-1)
  if (!reading)
    return { name, verdict: 'not tested', words: 'Too few draws for any ball.', blind: blind.balls }
  const { level, observed, standardError } = reading
  const verdict = verdictOnShare(observed, level, standardError, problems)
  const share = `${percent(observed)} (± ${percent(standardError)})`
  const words = `the ball that should hold ${Math.round(100 * level)} % of the truths holds ${share}`
  return {
    name,
    verdict,
    words: `As a whole, ${words}${ending(verdict, sided(observed, level))}`,
    blind: blind.balls,
  }
}

/** Spread over error. */
export const spreadFinding = ({ ratio, standardError }: SpreadSkill): Finding => {
  const verdict = verdictOn(ratio - 1, standardError)
  const size = `The spread of the draws is ${figure(ratio, standardError)} times the error of their mean`
  return {
    name: 'Spread against error',
    verdict,
    words: `${size}${ending(verdict, sided(ratio, 1))}`,
    blind: blind.spread,
  }
}

/** The faults of draws that the shape of ranks shows. */
type Shape = 'draws too low' | 'draws too high' | 'draws too narrow' | 'draws too wide'

/** The same for ranks of the distance to a point. */
const aroundPoints: Readonly<Record<Shape, string>> = {
  'draws too low': 'the truth lies farther away than the draws, as when they are too close together',
  'draws too high': 'the truth lies nearer than the draws, as when they are too far apart',
  'draws too narrow': 'the draws are too close together',
  'draws too wide': 'the draws are too far apart',
}

/** The fault that ranks in 0 … K show most clearly. */
const shapeOf = (ranks: Int32Array, draws: number): Shape => {
  const n = ranks.length
  const u = Float64Array.from(ranks, (r) => (r + 0.5) / (draws + 1))
  const mean = average(u)
  const variance = average(u.map((v) => (v - mean) ** 2))
  // Of a uniform variable: variance 1/12, and 1/180 for that of its squared distance from 1/2.
  const [slope, width] = [(mean - 0.5) * Math.sqrt(12 * n), (variance - 1 / 12) * Math.sqrt(180 * n)]
  if (Math.abs(slope) > Math.abs(width)) return slope > 0 ? 'draws too low' : 'draws too high'
  return width > 0 ? 'draws too narrow' : 'draws too wide'
}

const chance = (pValue: number): string => (pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`)

/** Fewer problems show gross faults only. */
const FEW_PROBLEMS = 50

/** The finding when the ranks show no fault: they decide nothing when they are few. */
const withoutFault = (
  { quantities: [{ ranks }], pValue }: Calibration,
  { name, blind }: Pick<Finding, 'name' | 'blind'>,
  subject: string,
): Finding => {
  const words = `${subject} are uniform (${chance(pValue)})`
  return ranks.length < FEW_PROBLEMS
    ? { name, verdict: 'not tested', words: `${words}, but ${ranks.length} problems show little.`, blind }
    : { name, verdict: 'calibrated', words: `${words}.`, blind }
}

/** SBC. */
export const ranksFinding = (calibration: Calibration, names: readonly string[]): Finding => {
  const { quantities, calibrated, pValue, draws } = calibration
  const test = { name: 'Ranks (SBC)', blind: blind.ranks }
  if (calibrated)
    return withoutFault(calibration, test, `Ranks of ${names.length} quantities among ${draws} draws`)
  const odd = quantities
    .map((q: RankTest, i) => ({ q, name: names[i] }))
    .filter(({ q }) => q.pValue * quantities.length < 0.01)
    .map((entry) => `${entry.name} (${shapeOf(entry.q.ranks, draws)})`)
  return {
    ...test,
    verdict: 'miscalibrated',
    words: `Ranks are not uniform (${chance(pValue)}): ${odd.join(', ')}.`,
  }
}

/** TARP. */
export const pointsFinding = (calibration: Calibration, entries: number): Finding => {
  const { quantities, calibrated, pValue, draws } = calibration
  const test = { name: 'Random points (TARP)', blind: blind.points }
  if (!calibrated) {
    const fault = aroundPoints[shapeOf(quantities[0].ranks, draws)]
    const words = `Ranks of the distance to random points are not uniform (${chance(pValue)}): ${fault}.`
    return { ...test, verdict: 'miscalibrated', words }
  }
  const finding = withoutFault(calibration, test, 'Ranks of the distance to random points')
  const caution = entries > 50 ? ' In so many dimensions this test sees little but the overall spread.' : ''
  return { ...finding, words: `${finding.words}${caution}` }
}

/** A p-value below this is not chance, for tests that are exact. */
const LEVEL = 0.01

/** Cells of (y, x). */
export const cellFinding = (
  { cells, pValue, overfilled, underfilled }: CellTest,
  problems: number,
): Finding => {
  const test = { name: 'Cells given y', blind: blind.cells }
  if (pValue < LEVEL) {
    const places = [
      ...(overfilled > 0 ? [`draws in ${overfilled} of ${cells} cells where truths are rare`] : []),
      ...(underfilled > 0 ? [`too few draws in ${underfilled} cells where truths are`] : []),
    ]
    const fault = places.length > 0 ? places.join(', ') : 'truths and draws fill the cells differently'
    return {
      ...test,
      verdict: 'miscalibrated',
      words: `Draws given y are not of the posterior (${chance(pValue)}): ${fault}.`,
    }
  }
  const words = `Truths fill ${cells} cells as their draws do (${chance(pValue)})`
  return problems < FEW_PROBLEMS
    ? { ...test, verdict: 'not tested', words: `${words}, but ${problems} problems show little.` }
    : { ...test, verdict: 'calibrated', words: `${words}.` }
}

/** LC2ST. */
export const classifierFinding = ({ pValue, local }: Lc2st): Finding => {
  const test = { name: 'Classifier given y', blind: blind.classifier }
  if (pValue < LEVEL) {
    const words = `A classifier tells truths from draws given y (${chance(pValue)}).`
    return { ...test, verdict: 'miscalibrated', words }
  }
  const words = `A classifier cannot tell truths from draws given y (${chance(pValue)})`
  return local.length < FEW_PROBLEMS
    ? { ...test, verdict: 'not tested', words: `${words}, but ${local.length} problems show little.` }
    : { ...test, verdict: 'calibrated', words: `${words}.` }
}

/** Ranks of log q of the truth among its own draws; `inside` is the share in the 90 % region. */
export const densityFinding = (calibration: Calibration): Finding => {
  const { quantities, calibrated, pValue, draws } = calibration
  const test = { name: 'Density regions (HPD)', blind: blind.density }
  const [{ ranks }] = quantities
  const inside = ranks.filter((rank) => rank >= 0.1 * (draws + 1)).length / ranks.length
  const share = `the 90 % densest regions hold ${percent(inside)} of the truths`
  if (!calibrated)
    return {
      ...test,
      verdict: 'miscalibrated',
      words: `Ranks of log q are not uniform (${chance(pValue)}): ${share}.`,
    }
  return withoutFault(calibration, test, `Ranks of log q of the truth (${share})`)
}

/** Fewer draws over all observations show gross differences only. */
const FEW_DRAWS = 100

/** Energy distance to a reference given y. */
export const referenceFinding = (
  { problems, statistic, pValue }: AgainstReference,
  name: string,
  draws: number,
): Finding => {
  const test = { name: 'Against a reference', blind: blind.reference }
  const size = `the energy distance is ${percent(statistic)} of the mean distance between draws`
  const where = `${problems} observations, ${chance(pValue)}`
  if (pValue < LEVEL)
    return {
      ...test,
      verdict: 'miscalibrated',
      words: `Draws given y are not those of ${name} (${where}): ${size}. One of the two is wrong.`,
    }
  const words = `Draws given y are like those of ${name} (${where}): ${size}`
  return draws * problems < FEW_DRAWS
    ? { ...test, verdict: 'not tested', words: `${words}, but so few draws show little.` }
    : { ...test, verdict: 'calibrated', words: `${words}.` }
}

/** Intervals after their repair, of the largest level: to hold more than it says is no fault. */
export const repairedFinding = (readings: readonly RepairedCoverage[]): Finding => {
  const test = { name: 'Repaired intervals', blind: blind.repaired }
  const reading = readings.at(-1)
  if (!reading)
    return { ...test, verdict: 'not tested', words: 'No level could be repaired with so few problems.' }
  const { level, factor, observed, standardError } = reading
  const verdict = verdictOn(Math.min(0, observed - level), standardError)
  const stretched = factor === undefined ? '' : ` (stretched by ${factor.toFixed(2)})`
  const share = `${percent(observed)} of the entries (± ${percent(standardError)})`
  const words = `${Math.round(100 * level)} % intervals${stretched} hold the truth in ${share}`
  return { ...test, verdict, words: `${words}${ending(verdict, 'less than the repair promised')}` }
}
