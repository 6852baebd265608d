/**
 * Everything that can be said about the calibration of posterior draws, with a verdict in
 * plain words for each test.
 */
import { average, NdArray, sizeOf } from '../../tensor/index.ts'
import { type BallCoverage, ballCoverage } from './ball-coverage.ts'
import { type CellTest, cellTest } from './cells.ts'
import { type Coverage, coverage } from './coverage.ts'
import {
  ballFinding,
  cellFinding,
  classifierFinding,
  coverageFinding,
  densityFinding,
  type Finding,
  pointsFinding,
  ranksFinding,
  referenceFinding,
  repairedFinding,
  residualFinding,
  spreadFinding,
} from './findings.ts'
import type { Lc2st } from './lc2st.ts'
import { type Pit, pit } from './pit.ts'
import { signalQuantities } from './quantities.ts'
import { type AgainstReference, againstReference } from './reference.ts'
import { type RepairedCoverage, type RepairedIntervals, repairedCoverage } from './repaired.ts'
import { type ResidualWhiteness, residualWhiteness } from './residuals.ts'
import { type Calibration, problemsOf, sbc } from './sbc.ts'
import { crps, energyScore } from './scores.ts'
import { type SpreadSkill, spreadSkill } from './spread-skill.ts'
import { tarp } from './tarp.ts'

/** Residuals (y − A x)/σ, in units of the noise. */
export interface Residuals {
  /** Of the draws, `[K, N, ...out]`. */
  readonly draws: NdArray
  /** Of the truth, `[N, ...out]`: the noise itself. */
  readonly truth?: NdArray
  /** `[N, ...out]`: 1 where y was observed (default: everywhere). */
  readonly observed?: NdArray
}

/** Draws, and what is known about them. */
export interface DiagnosisInput {
  /** `[K, N, ...event]` */
  readonly draws: NdArray
  /** `[N, ...event]`; without it only residuals can be judged. */
  readonly truth?: NdArray
  /** For the fit to the observations, and for the misfit among the quantities of SBC. */
  readonly residuals?: Residuals
  /** What the draws were given, `[N, ...]`, such as y: tests then look at the draws of like observations. */
  readonly given?: NdArray
  /** log q of the draws `[K, N]` and of the truth `[N]`, where the sampler has a density. */
  readonly logDensity?: { readonly draws: NdArray; readonly truth: NdArray }
  /** The result of `lc2st`, which takes longer than all the rest. */
  readonly classifier?: Lc2st
  /** Intervals that were repaired, ascending levels: judged beside those of the draws. */
  readonly repaired?: readonly RepairedIntervals[]
  /** Draws `[M, n, ...event]` of another sampler given the first n observations, and its name. */
  readonly reference?: { readonly name: string; readonly draws: NdArray }
  /** `[N, ...event]`: the entries that count where single entries are judged, such as unobserved pixels. */
  readonly entries?: NdArray
  /** Legal values; see `coverage`. */
  readonly range?: readonly [low: number, high: number]
  /** Differences that mean nothing; see `coverage`. */
  readonly resolution?: number
}

/** The tests that need the truth. */
export interface TruthDiagnosis {
  /** Central intervals of single entries, levels 0.1, 0.3, 0.5, 0.7 and 0.9. */
  readonly coverage: readonly Coverage[]
  /** Intervals after their repair, when they were given. */
  readonly repaired?: readonly RepairedCoverage[]
  /** Balls about the centre of the draws, of the same levels. */
  readonly balls: readonly BallCoverage[]
  /** Spread against error; absent for one draw. */
  readonly spread?: SpreadSkill
  /** Histogram of at most 10 bins. */
  readonly pit: Pit
  /** Names of the quantities of `ranks`. */
  readonly names: readonly string[]
  /** SBC of the quantities `names`. */
  readonly ranks: Calibration
  /** TARP. */
  readonly points: Calibration
  /** Cells of x, of (y, x) when y was given. */
  readonly cells: CellTest
  /** Ranks of log q, when it was given: HPD regions. */
  readonly density?: Calibration
  /** CRPS of the entries that count, averaged, in the units of x. */
  readonly crps: number
  /** Energy score, averaged over problems, in the units of x. */
  readonly energyScore: number
}

/** Result of {@link diagnosis}. */
export interface Diagnosis {
  /** Draws of each problem, K. */
  readonly draws: number
  /** Problems, N. */
  readonly problems: number
  /** A verdict for each test that the data allow. */
  readonly findings: readonly Finding[]
  /** When residuals were given. */
  readonly residuals?: ResidualWhiteness
  /** When the truth was given. */
  readonly truth?: TruthDiagnosis
  /** When draws of a reference were given. */
  readonly reference?: AgainstReference
}

const levels = [0.1, 0.3, 0.5, 0.7, 0.9] as const

/** ‖r‖² of each image of residuals. */
const misfits = (r: NdArray, images: number): Float64Array => {
  const out = new Float64Array(images)
  const size = r.size / images
  for (let i = 0; i < r.size; i++) out[Math.floor(i / size)] += Number(r.data[i]) ** 2
  return out
}

/** Ranks of a few quantities of the signal, and of the misfit, which depends on the observation. */
const ranksOf = ({ draws, residuals }: DiagnosisInput, truth: NdArray): [string[], Calibration] => {
  const { k, n } = problemsOf(draws, truth, 'diagnosis')
  const event = truth.shape.slice(1)
  const ofDraws = signalQuantities(draws, event)
  const ofTruth = signalQuantities(truth, event)
  if (residuals?.truth) {
    ofDraws.push({ name: 'misfit', values: misfits(residuals.draws, k * n) })
    ofTruth.push({ name: 'misfit', values: misfits(residuals.truth, n) })
  }
  const q = ofTruth.length
  const table = (columns: typeof ofTruth, count: number) =>
    Float64Array.from({ length: count * q }, (_, i) => columns[i % q].values[Math.floor(i / q)])
  const calibration = sbc(
    new NdArray('float64', [k, n, q], table(ofDraws, k * n)),
    new NdArray('float64', [n, q], table(ofTruth, n)),
  )
  return [ofTruth.map(({ name }) => name), calibration]
}

const withTruth = (input: DiagnosisInput, truth: NdArray): TruthDiagnosis => {
  const { draws, entries, range, resolution, given, logDensity, repaired } = input
  const counted = entries ? { mask: entries } : {}
  const [names, ranks] = ranksOf(input, truth)
  const inside = { levels, ...counted, ...(range ? { range } : {}), ...(resolution ? { resolution } : {}) }
  return {
    coverage: coverage(draws, truth, inside),
    ...(repaired ? { repaired: repaired.map((r) => repairedCoverage(r, truth, entries)) } : {}),
    balls: ballCoverage(draws, truth, { levels }),
    ...(draws.shape[0] > 1 ? { spread: spreadSkill(draws, truth, counted) } : {}),
    pit: pit(draws, truth, { bins: Math.min(10, draws.shape[0] + 1), ...counted }),
    names,
    ranks,
    points: tarp(draws, truth),
    cells: cellTest(draws, truth, { given }),
    ...(logDensity ? { density: sbc(logDensity.draws, logDensity.truth) } : {}),
    crps: average(crps(draws, truth, entries ? { entries } : {}).filter((v) => !Number.isNaN(v))),
    energyScore: average(energyScore(draws, truth)),
  }
}

/**
 * Judges posterior draws by every test that the given data allow.
 *
 * @throws TweedieError `shape` when shapes do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * const { findings } = diagnosis({ draws, truth, range: [0, 1] })
 * for (const { name, verdict, words } of findings) console.log(`${verdict}  ${name}: ${words}`)
 * ```
 */
export const diagnosis = (input: DiagnosisInput): Diagnosis => {
  const { draws, truth, residuals, reference } = input
  const [k, n] = draws.shape
  const white = residuals && residualWhiteness(residuals.draws, { observed: residuals.observed })
  const known = truth && withTruth(input, truth)
  const findings: Finding[] = []
  if (white) findings.push(residualFinding(white))
  if (known) {
    findings.push(coverageFinding(known.coverage))
    if (known.repaired) findings.push(repairedFinding(known.repaired))
    if (known.spread) findings.push(spreadFinding(known.spread))
    findings.push(
      ballFinding(known.balls, k, n),
      ranksFinding(known.ranks, known.names),
      pointsFinding(known.points, sizeOf(draws.shape.slice(2))),
      cellFinding(known.cells, n),
    )
    if (known.density) findings.push(densityFinding(known.density))
  }
  if (input.classifier) findings.push(classifierFinding(input.classifier))
  const beside = reference && againstReference(draws, reference.draws)
  if (reference && beside) findings.push(referenceFinding(beside, reference.name, k))
  return {
    draws: k,
    problems: n,
    findings,
    ...(white ? { residuals: white } : {}),
    ...(known ? { truth: known } : {}),
    ...(beside ? { reference: beside } : {}),
  }
}
