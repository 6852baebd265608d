/** When the phases of learning are over, by a budget of time. */
import type { Run } from '../folder.ts'
import { type JournalLine, readJournal } from '../journal.ts'
import type { LearnRequest } from './learn-request.ts'

/** Ends the work that listens to its signal. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Looks at the clock: called at every step of the work. */
  check(): void
}

/** Longest time that a timer takes, in milliseconds. */
const LONGEST = 2 ** 31 - 1

/**
 * A deadline by a clock that is looked at between steps, and by a timer where a step is long.
 *
 * @param left - seconds that are left now
 */
const deadline = (left: () => number): Deadline => {
  const controller = new AbortController()
  const timer = AbortSignal.timeout(Math.min(LONGEST, Math.max(1, Math.round(1000 * left()))))
  return {
    signal: AbortSignal.any([timer, controller.signal]),
    check: () => {
      if (left() <= 0) controller.abort()
    },
  }
}

/**
 * Seconds to keep for a lap on everything, from a journal: those of the Gaussian start, and of the longest
 * lap so far but for the last, which trains longer. Each with its judgement: when the laps are over, one may
 * be under way.
 */
export const refitSeconds = (journal: readonly JournalLine[], laps: number): number => {
  const start = journal.find(({ event }) => event === 'held')?.seconds ?? 0
  let [longest, from] = [0, 0]
  for (const { event, lap, seconds } of journal) {
    if (event !== 'lap') continue
    if (Number(lap) > 0 && Number(lap) < laps) longest = Math.max(longest, seconds - from)
    from = seconds
  }
  return start + longest
}

/** Part of the time that the laps have at least, however long the last one on everything may take. */
const LAPS_SHARE = 0.5

/** The time of learning: when the laps are over, and when all is. */
export interface LearningTime {
  /** Measures anew what the last lap on everything will need. */
  measure(): void
  laps(): Deadline
  all(): Deadline
}

/**
 * The time of a request from now on, by the clock of the run's journal; nothing where it has no end.
 *
 * @param hasRefit - whether a last lap on everything follows the laps
 */
export const learningTime = (
  { journal, paths }: Run,
  { seconds, options }: LearnRequest,
  hasRefit: boolean,
): LearningTime | undefined => {
  if (seconds === undefined) return undefined
  const end = journal.seconds + seconds
  const left = () => end - journal.seconds
  let reserve = 0
  const measure = () => {
    const needed = hasRefit ? refitSeconds(readJournal(paths.journal), options.laps) : 0
    reserve = Math.min(needed, (1 - LAPS_SHARE) * seconds)
  }
  measure()
  return { measure, laps: () => deadline(() => left() - reserve), all: () => deadline(left) }
}
