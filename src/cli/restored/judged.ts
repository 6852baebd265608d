/** Draws of a set judged by every test that the given data allow, for `diagnose` and `report` alike. */
import {
  type Diagnosis,
  type DiagnosisInput,
  type DiagnosisPart,
  diagnosisOfParts,
  greyLevels,
  type Residuals,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  countedEntries,
  countOf,
  hidesEntries,
  type Observations,
  openObservations,
  type ResidualProgram,
  residualProgram,
  residualsOfDraws,
} from '../../observations/index.ts'
import { NdArray, type Shape, sizeOf } from '../../tensor/index.ts'
import { firstOf } from '../config/loading.ts'
import type { ReadSet } from '../reading-once.ts'
import { eachProblemPart, type OfProblems, type ProblemSource, soundObservations } from './problem-source.ts'

type Floats = NdArray<'float32'>

/**
 * The observations of draws [K, N, ...event], as many as there are of these.
 *
 * @throws TweedieError `input` for fewer observations, or of other signals
 */
export const observationsFor = (
  file: string,
  [, n, ...event]: Shape,
  read: ReadSet = openObservations,
): Observations => {
  const set = read(file)
  const observed = set.operator.event
  if (countOf(set) < n || observed.join() !== event.join()) {
    throw new TweedieError(
      'input',
      `${file}: has ${countOf(set)} observations of signals [${observed}], ` +
        `the draws are of ${n} × [${event}]`,
    )
  }
  return firstOf(set, n)
}

/** x [..., ...valid] with 0 outside the domain, where values mean nothing. */
const inDomain = (x: Floats, valid: Floats | undefined): Floats =>
  valid
    ? new NdArray(
        'float32',
        x.shape,
        x.data.map((v, i) => (valid.data[i % valid.size] === 0 ? 0 : v)),
      )
    : x

/**
 * Residuals of some problems, in units of the noise.
 *
 * @param first - number of the first one among the observations of the program
 */
export const residualsOf = async (
  program: ResidualProgram,
  { draws, truth }: Pick<OfProblems, 'draws' | 'truth'>,
  first: number,
): Promise<Residuals> => {
  const observed = await program.observed(first, first + draws.shape[1])
  return {
    draws: await residualsOfDraws(program, draws, first),
    ...(truth ? { truth: await program.of(truth, first) } : {}),
    ...(observed ? { observed } : {}),
  }
}

/**
 * Judges draws. Single entries are judged where masks hide them, and nothing outside the domain of the set.
 *
 * @throws TweedieError as `diagnosis`
 */
export const judgedProblems = async (
  source: ProblemSource,
  others: Pick<DiagnosisInput, 'classifier' | 'reference'> = {},
): Promise<Diagnosis> => {
  const { set, truth, leftOut, shape } = source
  const [draws, problems, ...event] = shape
  const given = source.given ?? set?.y
  const sound = set && soundObservations(set, leftOut)
  const program = sound && residualProgram(sound)
  const hidden = sound && truth ? hidesEntries(sound) : undefined
  /** What is known of some problems. */
  const known = async (part: OfProblems, first: number, isWhole: boolean): Promise<DiagnosisPart> => ({
    draws: inDomain(part.draws, set?.valid),
    ...(part.truth ? { truth: inDomain(part.truth, set?.valid) } : {}),
    ...(part.given ? { given: part.given } : {}),
    ...(part.logDensity ? { logDensity: part.logDensity } : {}),
    ...(part.repaired ? { repaired: part.repaired.intervals } : {}),
    ...(isWhole && program ? { residuals: await residualsOf(program, part, first) } : {}),
    ...(isWhole && part.set && part.truth ? { entries: countedEntries(part.set, hidden).entries } : {}),
  })
  try {
    return await diagnosisOfParts({
      draws,
      problems,
      event,
      hasTruth: truth !== undefined,
      ...(given ? { given: sizeOf(given.shape.slice(1)) } : {}),
      ...(set ? greyLevels(set) : {}),
      ...others,
      each: (what, take) =>
        eachProblemPart(source, what, async (part) => {
          take(await known(part.problems, part.first, what === 'all'))
        }),
    })
  } finally {
    await program?.release()
  }
}
