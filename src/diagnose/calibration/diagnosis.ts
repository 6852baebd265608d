/**
 * Everything that can be said about the calibration of posterior draws, with a verdict in
 * plain words for each test.
 */
import { sizeOf } from '../../tensor/index.ts'
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
import type { DiagnosisInput, DiagnosisPart, ProblemSizes } from './problems.ts'
import { type AgainstReference, referenceInParts } from './reference.ts'
import { type ResidualWhiteness, residualsInParts } from './residuals.ts'
import { type TruthDiagnosis, truthInParts } from './truth-in-parts.ts'

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

/** What is known of all problems together. */
export interface DiagnosisFacts
  extends ProblemSizes,
    Pick<DiagnosisInput, 'classifier' | 'reference' | 'range' | 'resolution'> {
  /** Whether parts have a truth. */
  readonly hasTruth: boolean
}

/** Problems that are read part by part, as often as it takes: always the same parts, in the same order. */
export interface ProblemParts extends DiagnosisFacts {
  /**
   * Calls `take` with each part.
   *
   * @param what - `signals`: draws, truth and what was given are enough; `all`: all that is known
   */
  readonly each: (what: 'signals' | 'all', take: (part: DiagnosisPart) => void) => Promise<void>
}

/** A pass over all parts. */
interface Pass {
  readonly what: 'signals' | 'all'
  readonly take: (part: DiagnosisPart) => void
}

/** The passes that it takes, and what follows from them. */
const judging = (facts: DiagnosisFacts): { passes: readonly Pass[]; result: () => Diagnosis } => {
  const { draws: k, problems: n, hasTruth, classifier, reference } = facts
  const known = hasTruth ? truthInParts(facts, facts) : undefined
  const beside = reference && referenceInParts(reference.draws)
  const residuals = residualsInParts()
  let hasResiduals = false
  const judge = (part: DiagnosisPart): void => {
    if (part.residuals) {
      hasResiduals = true
      residuals.add(part.residuals.draws, part.residuals.observed)
    }
    if (part.truth) known?.add(part, part.truth)
    beside?.add(part.draws)
  }
  const surveys = (known?.surveys ?? []).map(
    (survey): Pass => ({
      what: 'signals',
      take: (part) => {
        if (part.truth) survey(part, part.truth)
      },
    }),
  )
  const result = (): Diagnosis => {
    const white = hasResiduals ? residuals.result() : undefined
    const truth = known?.result()
    const against = beside?.result()
    const findings: Finding[] = [
      ...(white ? [residualFinding(white)] : []),
      ...(truth ? truthFindings(truth, facts) : []),
      ...(classifier ? [classifierFinding(classifier)] : []),
      ...(reference && against ? [referenceFinding(against, reference.name, k)] : []),
    ]
    return {
      draws: k,
      problems: n,
      findings,
      ...(white ? { residuals: white } : {}),
      ...(truth ? { truth } : {}),
      ...(against ? { reference: against } : {}),
    }
  }
  return { passes: [...surveys, { what: 'all', take: judge }], result }
}

const truthFindings = (known: TruthDiagnosis, { draws: k, problems: n, event }: ProblemSizes): Finding[] => [
  coverageFinding(known.coverage),
  ...(known.repaired ? [repairedFinding(known.repaired)] : []),
  ...(known.spread ? [spreadFinding(known.spread)] : []),
  ballFinding(known.balls, k, n),
  ranksFinding(known.ranks, known.names),
  pointsFinding(known.points, sizeOf(event)),
  cellFinding(known.cells, n),
  ...(known.density ? [densityFinding(known.density)] : []),
]

/**
 * {@link diagnosis} of problems that are read part by part: of each problem a few numbers are kept, of each
 * draw the number of its cell. The figures are those of all problems at once.
 *
 * @throws TweedieError as `diagnosis`
 *
 * @example
 * ```ts
 * const file = openArrays('draws.safetensors') // draws [K, N, ...event] and truth [N, ...event]
 * const [draws, problems, ...event] = file.fields.draws.shape
 * const { findings } = await diagnosisOfParts({
 *   draws,
 *   problems,
 *   event,
 *   hasTruth: true,
 *   each: async (_, take) => {
 *     for (let from = 0; from < problems; from += 100) {
 *       const to = Math.min(problems, from + 100)
 *       take({ draws: file.columns('draws', from, to), truth: file.rows('truth', from, to) })
 *     }
 *   },
 * })
 * ```
 */
export const diagnosisOfParts = async ({ each, ...facts }: ProblemParts): Promise<Diagnosis> => {
  const { passes, result } = judging(facts)
  for (const { what, take } of passes) await each(what, take)
  return result()
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
  const { draws, truth, given, classifier, reference, range, resolution, ...others } = input
  const [k, n, ...event] = draws.shape
  const { passes, result } = judging({
    draws: k,
    problems: n,
    event,
    hasTruth: truth !== undefined,
    ...(given ? { given: given.size / n } : {}),
    ...(classifier ? { classifier } : {}),
    ...(reference ? { reference } : {}),
    ...(range ? { range } : {}),
    ...(resolution ? { resolution } : {}),
  })
  const part = { draws, ...(truth ? { truth } : {}), ...(given ? { given } : {}), ...others }
  for (const { take } of passes) take(part)
  return result()
}
