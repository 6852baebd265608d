/**
 * Which lap a run keeps, by how well each predicts what learning never saw. The least CRPS alone would take
 * laps whose intervals are too narrow: it gains more from a better mean than it loses by them.
 */
import { type JournalLine, readJournal } from '../journal.ts'

/** What decides of a lap; 0 is the Gaussian start. */
export interface LapReading {
  readonly lap: number
  readonly crps: number
  /** Share of the held-out measurements in the 90 % intervals. */
  readonly coverage90: number
}

/** The lap that is kept, and the one of less CRPS that was passed over for its intervals, if any. */
export interface LapChoice {
  readonly lap: number
  readonly passed?: LapReading
}

/** Share of the measurements in the 90 % intervals that is as good as right. */
const RIGHT = { least: 0.86, most: 0.94 } as const

/** Laps without progress after which learning goes to its last one. */
const PATIENCE = 3

const distance = ({ coverage90 }: LapReading): number => Math.abs(coverage90 - 0.9)

const leastOf = (readings: readonly LapReading[]): LapReading | undefined =>
  readings.reduce<LapReading | undefined>((a, b) => (a && a.crps <= b.crps ? a : b), undefined)

/** Laps whose intervals are right, or no further from it than those of the Gaussian start; that always is. */
const eligible = (readings: readonly LapReading[]): LapReading[] => {
  const start = readings.find(({ lap }) => lap === 0)
  return readings.filter((reading) => {
    const { lap, coverage90 } = reading
    const right = coverage90 >= RIGHT.least && coverage90 <= RIGHT.most
    return lap === 0 || right || (start !== undefined && distance(reading) <= distance(start))
  })
}

/**
 * Share of the least CRPS of right intervals below which intervals that are nearly right will do: CRPS counts
 * them too, and a twentieth is more than they can be worth.
 */
const WORTH = 0.95

/** Share of the measurements in 90 % intervals that are nearly right. */
const NEARLY = { least: 0.82, most: 0.97 } as const

const isNearlyRight = ({ coverage90 }: LapReading): boolean =>
  coverage90 >= NEARLY.least && coverage90 <= NEARLY.most

/** The one of the least CRPS whose intervals will do; one that is nearly right where it is far better. */
const winnerOf = (readings: readonly LapReading[], which: (reading: LapReading) => boolean) => {
  const right = leastOf(eligible(readings).filter(which))
  const nearly = leastOf(readings.filter(which).filter(isNearlyRight))
  return nearly && !(right && nearly.crps >= WORTH * right.crps) ? nearly : right
}

/**
 * Of the laps whose intervals will do, the one of the least CRPS, the earliest of equal ones; one whose
 * intervals are nearly right where its CRPS is less by more than a twentieth.
 */
export const chosenLap = (readings: readonly LapReading[]): LapChoice => {
  const best = winnerOf(readings, () => true)
  const least = leastOf(readings)
  if (!best) return { lap: 0 }
  return { lap: best.lap, ...(least && least.crps < best.crps ? { passed: least } : {}) }
}

/** Whether the last few laps brought nothing; a lap whose intervals will not do brings nothing. */
export const isSettled = (readings: readonly LapReading[]): boolean => {
  const laps = readings.map(({ lap }) => lap).filter((lap) => lap > 0)
  const best = winnerOf(readings, ({ lap }) => lap > 0)
  return laps.length > 0 && Math.max(...laps) - (best?.lap ?? 0) >= PATIENCE
}

const isReading = (line: JournalLine): line is JournalLine & LapReading =>
  line.event === 'held' && [line.lap, line.crps, line.coverage90].every((v) => typeof v === 'number')

/** Readings of a journal by lap; of a lap that was judged again the last one counts. */
export const heldReadings = (journal: string): LapReading[] => [
  ...new Map(
    readJournal(journal)
      .filter(isReading)
      .map(({ lap, crps, coverage90 }) => [lap, { lap, crps, coverage90 }]),
  ).values(),
]
