/** Verdicts in plain words. */
import { average } from '../tensor/index.ts'
import type { BallCoverage } from './ball-coverage.ts'
import type { Coverage } from './coverage.ts'
import type { ResidualWhiteness } from './residuals.ts'
import type { Calibration, RankTest } from './sbc.ts'
import type { SpreadSkill } from './spread-skill.ts'

/** What a test says: `right`: nothing wrong is seen; `wrong`: beyond chance; `open`: too few data to tell. */
export type Verdict = 'right' | 'wrong' | 'open'

/** One test, its verdict, and what that means. */
export interface Finding {
  readonly name: string
  readonly verdict: Verdict
  readonly words: string
}

/** Differences of so many standard errors are not chance. */
const SIGMAS = 3

/** Standard errors beyond which a figure decides nothing. */
const COARSE = 0.05

const percent = (v: number): string => `${(100 * v).toFixed(1)} %`

const figure = (value: number, standardError: number): string =>
  Number.isFinite(standardError) ? `${value.toFixed(3)} ± ${standardError.toFixed(3)}` : value.toFixed(3)

const judged = (difference: number, standardError: number): Verdict => {
  if (!(standardError >= 0)) return 'open'
  if (Math.abs(difference) > SIGMAS * standardError && Math.abs(difference) > 1e-9) return 'wrong'
  return standardError > COARSE ? 'open' : 'right'
}

const TOO_FEW = 'Too few problems to tell.'

/** Residuals against the noise. */
export const residualFinding = (residuals: ResidualWhiteness): Finding => {
  const { ratio, standardError, white, autocorrelation } = residuals
  const name = 'Fit to the observations'
  const size = `‖y − A x‖² of the draws is ${figure(ratio, standardError)} of what the noise alone gives`
  const verdict = judged(ratio - 1, standardError)
  if (verdict === 'wrong') {
    const meaning =
      ratio < 1
        ? 'the draws keep too close to y (too narrow, too strong a guidance, or less noise than stated)'
        : 'the draws miss y (too wide, too few steps, too weak a guidance, a wrong operator, or more noise than stated)'
    return { name, verdict, words: `${size}: ${meaning}.` }
  }
  if (white) return { name, verdict, words: `${size}${verdict === 'open' ? `. ${TOO_FEW}` : ', and white.'}` }
  const strongest = autocorrelation.reduce<(typeof autocorrelation)[number] | undefined>((most, a) => {
    return most && Math.abs(most.value / most.standardError) >= Math.abs(a.value / a.standardError) ? most : a
  }, undefined)
  const apart = strongest && Math.abs(strongest.value) > SIGMAS * strongest.standardError
  const words = apart
    ? `${size}, but entries ${strongest.lag} apart are correlated by ${figure(strongest.value, strongest.standardError)}: the draws leave structure in y.`
    : `${size} on average, but it scatters between problems in another way than χ²: some are fitted too well, some too badly.`
  return { name, verdict: 'wrong', words }
}

const sided = (observed: number, nominal: number): string =>
  observed < nominal ? 'overconfident' : 'too cautious'

/** The largest level that the draws resolve. */
export const coverageFinding = (readings: readonly Coverage[]): Finding => {
  const name = 'Intervals of single entries'
  const reading = readings.filter((r) => r.resolved).at(-1)
  if (!reading) return { name, verdict: 'open', words: 'Too few draws for any interval.' }
  const { level, observed, standardError, flat } = reading
  const verdict = judged(observed - level, standardError)
  const words = `${Math.round(100 * level)} % intervals hold the truth in ${percent(observed)} of the entries (± ${percent(standardError)})`
  const flatness =
    flat > 0.2 ? ` ${percent(flat)} of the entries are the same in truth and draws, and prove nothing.` : ''
  const meaning = { right: '.', wrong: `: ${sided(observed, level)}.`, open: `. ${TOO_FEW}` }[verdict]
  return { name, verdict, words: `${words}${meaning}${flatness}` }
}

/** Balls about the centre of the draws. */
export const ballFinding = (readings: readonly BallCoverage[], draws: number): Finding => {
  const name = 'Distance from the centre'
  const reading = readings.filter((r) => r.level * (draws + 1) <= draws).at(-1)
  if (!reading) return { name, verdict: 'open', words: 'Too few draws for any ball.' }
  const { level, observed, standardError } = reading
  const verdict = judged(observed - level, standardError)
  const words = `the ball that should hold ${Math.round(100 * level)} % of the truths holds ${percent(observed)} (± ${percent(standardError)})`
  const meaning = { right: '.', wrong: `: ${sided(observed, level)}.`, open: `. ${TOO_FEW}` }[verdict]
  return { name, verdict, words: `As a whole, ${words}${meaning}` }
}

/** Spread over error. */
export const spreadFinding = ({ ratio, standardError }: SpreadSkill): Finding => {
  const verdict = judged(ratio - 1, standardError)
  const size = `The draws scatter ${figure(ratio, standardError)} times as far as their mean is off`
  const meaning = {
    right: '.',
    wrong: ratio < 1 ? ': overconfident.' : ': too cautious.',
    open: `. ${TOO_FEW}`,
  }[verdict]
  return { name: 'Spread against error', verdict, words: `${size}${meaning}` }
}

/** What ranks say about draws, shortly. */
type Shape = 'draws too low' | 'draws too high' | 'draws too narrow' | 'draws too wide'

/** The same for ranks of the distance to a point. */
const seenFrom: Readonly<Record<Shape, string>> = {
  'draws too low': 'the truth lies farther off than the draws, as when they are too close together',
  'draws too high': 'the truth lies nearer than the draws, as when they are too far apart',
  'draws too narrow': 'the draws are too close together',
  'draws too wide': 'the draws are too far apart',
}

/** What the shape of ranks in 0 … K says about the draws. */
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

/** Fewer problems see only gross faults. */
const FEW_PROBLEMS = 50

const unseen = ({ quantities: [{ ranks }] }: Calibration): Verdict =>
  ranks.length < FEW_PROBLEMS ? 'open' : 'right'

/** SBC. */
export const ranksFinding = (calibration: Calibration, names: readonly string[]): Finding => {
  const { quantities, calibrated, pValue, draws } = calibration
  const name = 'Ranks (SBC)'
  const [{ ranks }] = quantities
  if (calibrated) {
    const verdict = unseen(calibration)
    const words = `Ranks of ${names.length} quantities among ${draws} draws are even (${chance(pValue)})`
    return {
      name,
      verdict,
      words: verdict === 'open' ? `${words}, but ${ranks.length} problems show little.` : `${words}.`,
    }
  }
  const odd = quantities
    .map((q: RankTest, i) => ({ q, name: names[i] }))
    .filter(({ q }) => q.pValue * quantities.length < 0.01)
    .map((entry) => `${entry.name} (${shapeOf(entry.q.ranks, draws)})`)
  return { name, verdict: 'wrong', words: `Ranks are uneven (${chance(pValue)}) of ${odd.join(', ')}.` }
}

/** TARP. */
export const pointsFinding = (calibration: Calibration, entries: number): Finding => {
  const { quantities, calibrated, pValue, draws } = calibration
  const name = 'Random points (TARP)'
  if (!calibrated) {
    const words = `Distances to random points are uneven (${chance(pValue)}): ${seenFrom[shapeOf(quantities[0].ranks, draws)]}.`
    return { name, verdict: 'wrong', words }
  }
  const verdict = unseen(calibration)
  const caution = entries > 50 ? ' In so many dimensions it sees little but the overall spread.' : ''
  return {
    name,
    verdict,
    words: `Distances to random points are as they should be (${chance(pValue)}).${caution}`,
  }
}
