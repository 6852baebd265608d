/** Draws of a set judged by every test that the given data allow, for `diagnose` and `report` alike. */
import {
  type Diagnosis,
  type DiagnosisInput,
  diagnosis,
  greyLevels,
  type Residuals,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import {
  countedEntries,
  type ObservationSet,
  openObservations,
  residualProgram,
  residualsOfDraws,
  wholeSet,
} from '../../observations/index.ts'
import { NdArray } from '../../tensor/index.ts'
import { firstOf } from '../config/loading.ts'
import type { ReadSet } from '../reading-once.ts'

/** The observations of the draws, as many as there are of these. */
export const observationsFor = (
  file: string,
  draws: NdArray,
  read: ReadSet = openObservations,
): ObservationSet => {
  const [, n, ...event] = draws.shape
  const set = read(file)
  const observed = set.operator.event
  if (set.y.shape[0] < n || observed.join() !== event.join()) {
    throw new TweedieError(
      'input',
      `${file}: has ${set.y.shape[0]} observations of signals [${observed}], ` +
        `the draws are of ${n} × [${event}]`,
    )
  }
  return wholeSet(firstOf(set, n))
}

/** Residuals of draws, and of the truth, in units of the noise. */
export const residualsOf = async (
  set: ObservationSet,
  draws: NdArray<'float32'>,
  truth: NdArray<'float32'> | undefined,
): Promise<Residuals> => {
  const program = residualProgram(set)
  try {
    const observed = await program.observed()
    return {
      draws: await residualsOfDraws(program, draws, set.y.shape),
      ...(truth ? { truth: await program.of(truth) } : {}),
      ...(observed ? { observed } : {}),
    }
  } finally {
    await program.release()
  }
}

/** x [..., ...valid] with 0 outside the domain, where values mean nothing. */
const inDomain = (x: NdArray<'float32'>, valid: NdArray<'float32'> | undefined): NdArray<'float32'> =>
  valid
    ? new NdArray(
        'float32',
        x.shape,
        x.data.map((v, i) => (valid.data[i % valid.size] === 0 ? 0 : v)),
      )
    : x

/** Draws of a set, and what else is known of them. */
export interface DrawsOfSet extends Omit<DiagnosisInput, 'draws' | 'truth' | 'residuals' | 'entries'> {
  readonly draws: NdArray<'float32'>
  readonly truth?: NdArray<'float32'>
  readonly set?: ObservationSet
}

/**
 * Judges draws. Single entries are judged where masks hide them, and nothing outside the domain of the set.
 *
 * @throws TweedieError as `diagnosis`
 */
export const judgedDraws = async ({ draws, truth, set, ...others }: DrawsOfSet): Promise<Diagnosis> =>
  diagnosis({
    draws: inDomain(draws, set?.valid),
    ...(truth ? { truth: inDomain(truth, set?.valid) } : {}),
    ...(set ? { residuals: await residualsOf(set, draws, truth), entries: countedEntries(set).entries } : {}),
    ...(set ? greyLevels(set) : {}),
    ...others,
  })
