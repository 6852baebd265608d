/**
 * Observations that a run learns from: those of a file, or simulated ones. Of clean data that would fill the
 * memory they are simulated into a file of the run folder, part by part, and read from there by rows.
 */
import { existsSync } from 'node:fs'
import { wholeClean } from '../../datasets/index.ts'
import { TweedieError } from '../../error.ts'
import { checkSafetensors } from '../../formats/index.ts'
import {
  countOf,
  type ObservationSet,
  type Observations,
  observe,
  openObservations,
} from '../../observations/index.ts'
import type { Layout } from '../../run/index.ts'
import {
  namedObservations,
  type ObservationFields,
  type Simulation,
  simulationOf,
} from '../config/loading.ts'
import type { Io } from '../io.ts'
import { fewOf } from '../plan/subject.ts'
import type { ReadSet } from '../reading-once.ts'
import { isLarge, type SimulatedParts, simulateInto } from './simulated.ts'

/** Observations, some of which can be looked at before the run has all of them. */
export interface RunObservations {
  /** The first few, or all of them: for what is checked before a run is made. */
  readonly look: Observations
  /** How many there are. */
  readonly count: number
  /**
   * All of them, in the run's folder where they are made there. A file that is there from before is taken
   * when it is whole and its first observations are those that would be made; else it is made again.
   *
   * @throws TweedieError `interrupted`, with nothing left behind; `io` when the disk refuses
   */
  readonly inRun: (paths: Layout, io: Pick<Io, 'note' | 'progress' | 'signal'>) => Promise<Observations>
}

const atHand = (set: Observations): RunObservations => ({
  look: set,
  count: countOf(set),
  inRun: () => Promise.resolve(set),
})

/**
 * Whether y is the same but for rounding, which may go by how many are computed at once: other data, and
 * other noise, differ by more than a tenth of the noise somewhere.
 */
const isAlike = ({ y }: ObservationSet, few: ObservationSet): boolean =>
  `${y.shape}` === `${few.y.shape}` && y.data.every((v, i) => Math.abs(v - few.y.data[i]) <= few.noise / 10)

/** The observations of a file, unless it is damaged or of something else; says why not. */
const fromBefore = (
  path: string,
  few: ObservationSet,
  count: number,
  note: (line: string) => void,
): Observations | undefined => {
  if (!existsSync(path)) return undefined
  try {
    checkSafetensors(path)
    const set = openObservations(path)
    if (countOf(set) === count && isAlike(set.rows(0, countOf(few)), few)) return set
    set.close()
    note(`${path}: other observations than those of the configuration; they are made again`)
  } catch (error) {
    if (!(error instanceof TweedieError && error.code === 'input')) throw error
    note(`${error.message}; the observations are made again`)
  }
  return undefined
}

/** How the observations of a run are read or made. */
export interface RunObservationsOptions {
  /** Opens a file; default `openObservations`. */
  readonly read?: ReadSet
  /** Observations that can be looked at, at least; default a few. */
  readonly least?: number
  /** How much is in memory at once. */
  readonly parts?: SimulatedParts
}

/** Simulated observations that are made in the run. */
const toCome = async (
  { clean, options }: Simulation,
  { least = 0, parts }: RunObservationsOptions,
): Promise<RunObservations> => {
  const [count, ...event] = clean.shape
  const some = Math.min(count, Math.max(least, fewOf(event)))
  const few = await observe(clean.rows(0, some), options)
  return {
    look: few,
    count,
    inRun: async ({ observations: path }, { note, progress, signal }) =>
      fromBefore(path, few, count, note) ??
      simulateInto(clean, options, { output: path }, { ...parts, onProgress: progress, signal }),
  }
}

/**
 * The observations that a configuration names or makes: clean data of up to 32 MiB are observed here, more
 * in the run.
 *
 * @throws TweedieError `input` when the configuration says neither or both, and as reading does
 */
export const observationsForRun = async (
  fields: ObservationFields,
  how: RunObservationsOptions = {},
): Promise<RunObservations> => {
  const simulation = await simulationOf(fields)
  if (!simulation) return atHand(namedObservations(fields, how.read))
  const { clean, options } = simulation
  if (isLarge(clean, how.parts?.whole)) return toCome(simulation, how)
  return atHand(await observe(wholeClean(clean).x, options))
}
