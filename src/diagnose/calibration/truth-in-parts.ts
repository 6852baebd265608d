/** The tests that need the truth, of problems that come part by part. */
import { average, NdArray, sizeOf } from '../../tensor/index.ts'
import { type BallCoverage, ballCoverageInParts } from './ball-coverage.ts'
import { type CellTest, cellsInParts } from './cells.ts'
import { type Coverage, coverageInParts } from './coverage.ts'
import { column, type InParts } from './in-parts.ts'
import { type Pit, pitInParts } from './pit.ts'
import type { DiagnosisInput, DiagnosisPart, ProblemSizes } from './problems.ts'
import { signalQuantities } from './quantities.ts'
import { type RepairedCoverage, repairedCoverageInParts } from './repaired.ts'
import { type Calibration, problemsOf, sbcInParts } from './sbc.ts'
import { crps, energyScore } from './scores.ts'
import { type SpreadSkill, spreadSkillInParts } from './spread-skill.ts'
import { tarpInParts } from './tarp.ts'

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

const levels = [0.1, 0.3, 0.5, 0.7, 0.9] as const

/** ‖r‖² of each image of residuals. */
const misfits = (r: NdArray, images: number): Float64Array => {
  const out = new Float64Array(images)
  const size = r.size / images
  for (let i = 0; i < r.size; i++) out[Math.floor(i / size)] += Number(r.data[i]) ** 2
  return out
}

/** A few quantities of the signal, and the misfit, which depends on the observation: [K, N, Q] and [N, Q]. */
const quantitiesOf = ({ draws, residuals }: DiagnosisPart, truth: NdArray) => {
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
  return {
    names: ofTruth.map(({ name }) => name),
    draws: new NdArray('float64', [k, n, q], table(ofDraws, k * n)),
    truth: new NdArray('float64', [n, q], table(ofTruth, n)),
  }
}

/** The tests, which take all problems in three times, in the same parts: two surveys first. */
export interface TruthInParts extends InParts<[part: DiagnosisPart, truth: NdArray], TruthDiagnosis> {
  readonly surveys: readonly ((part: DiagnosisPart, truth: NdArray) => void)[]
}

/** The tests of {@link TruthDiagnosis}. */
export const truthInParts = (
  { draws: k, problems: n, event, given }: ProblemSizes,
  { range, resolution }: Pick<DiagnosisInput, 'range' | 'resolution'>,
): TruthInParts => {
  const d = sizeOf(event)
  const inside = coverageInParts({
    levels,
    ...(range ? { range } : {}),
    ...(resolution ? { resolution } : {}),
  })
  const balls = ballCoverageInParts({ levels })
  const spread = k > 1 ? spreadSkillInParts() : undefined
  const pit = pitInParts({ bins: Math.min(10, k + 1) })
  const ranks = sbcInParts()
  const points = tarpInParts(d)
  const cells = cellsInParts({ k, n, d, ...(given === undefined ? {} : { given }) })
  const density = sbcInParts()
  const [scores, energies] = [column(), column()]
  let names: readonly string[] = []
  let repaired: readonly ReturnType<typeof repairedCoverageInParts>[] | undefined
  let hasDensity = false
  const add = (part: DiagnosisPart, truth: NdArray): void => {
    const { draws, entries, logDensity } = part
    const quantities = quantitiesOf(part, truth)
    names = quantities.names
    inside.add(draws, truth, entries)
    balls.add(draws, truth)
    spread?.add(draws, truth, entries)
    pit.add(draws, truth, entries)
    ranks.add(quantities.draws, quantities.truth)
    points.add(draws, truth)
    cells.add(draws, truth, part.given)
    repaired ??= part.repaired?.map(repairedCoverageInParts)
    for (const [l, intervals] of (part.repaired ?? []).entries()) repaired?.[l].add(intervals, truth, entries)
    if (logDensity) {
      hasDensity = true
      density.add(logDensity.draws, logDensity.truth)
    }
    scores.add(crps(draws, truth, entries ? { entries } : {}))
    energies.add(energyScore(draws, truth))
  }
  const result = (): TruthDiagnosis => ({
    coverage: inside.result(),
    ...(repaired ? { repaired: repaired.map((level) => level.result()) } : {}),
    balls: balls.result(),
    ...(spread ? { spread: spread.result() } : {}),
    pit: pit.result(),
    names,
    ranks: ranks.result(),
    points: points.result(),
    cells: cells.result(),
    ...(hasDensity ? { density: density.result() } : {}),
    crps: average(scores.all().filter((v) => !Number.isNaN(v))),
    energyScore: average(energies.all()),
  })
  const surveys: TruthInParts['surveys'] = [
    ({ draws, given }, truth) => {
      points.addTruth(truth)
      cells.addMean(draws, truth, given)
    },
    ({ draws, given }, truth) => cells.addSquare(draws, truth, given),
  ]
  return { surveys, add, result }
}
