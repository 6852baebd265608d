/**
 * The laps and steps of learning for a budget of time, from what one step of each kind takes. As many laps
 * as leave each of them steps enough to learn something; early ones may draw fast, and the last is long
 * (docs/RESULTS.md, "The learning loop" and "Own data").
 */

import { judgedOf } from '../../observations/index.ts'

/** What was measured, in seconds. */
export interface Speeds {
  /** One optimiser step. */
  readonly train: number
  /** One sampler step of one observation. */
  readonly draw: number
}

/** What decides beside the speeds. */
export interface Planned {
  /** Observations there are, those to judge by among them. */
  readonly count: number
  /** Observations to set aside for judging laps, at most, and the draws of each that judges. */
  readonly judged: { readonly observations: number; readonly draws: number }
  /** Whether a last lap on all observations follows, where some are set aside. */
  readonly refit: boolean
  /**
   * Posterior draws of each observation and lap, which are what is learned from: as many as there is time
   * for, before more laps.
   */
  readonly draws: { readonly least: number; readonly most: number }
  /** Numbers of one x. */
  readonly size: number
  /** Seconds for all of it. */
  readonly seconds: number
  /** Steps of an early lap's sampler, and of a late one's. */
  readonly samplerSteps: { readonly early: number; readonly late: number }
}

/** Laps and steps, and the seconds that they are expected to take. */
export interface Plan {
  readonly laps: number
  readonly early: number
  /** Steps of each lap but the last, and of the last. */
  readonly steps: number
  readonly lastSteps: number
  /** Posterior draws of each observation and lap. */
  readonly draws: number
  /** Observations used: all, unless one lap over them is too long. */
  readonly count: number
  /** Observations that are set aside. */
  readonly judged: number
  readonly seconds: number
}

/** Part of the time for what is not planned: the Gaussian start, compiling, saving. */
const SPARE = 0.2

/** Parts of the rest that judging and sampling may take. */
const JUDGING = 0.15
const SAMPLING = 0.4

/** Laps to choose from. */
const LAPS = [11, 10, 9, 8, 7, 6, 5, 4, 3]

/** The last lap has so many times the steps of another. */
const LAST = 3

/** Steps of a lap: at least, at most, and those below which fewer laps have more use of the time. */
const STEPS = { least: 50, most: 1000, enough: 400 } as const

/**
 * Numbers of the draws for each step of a lap: with fewer, laps learn the draws by heart. 1,680 steps on 310
 * windows of 96 did, 1,000 on 115 images of 2,304 had not yet.
 */
const NUMBERS = 200

/** Observations to set aside at least, of which half judge: fewer say nothing. */
const JUDGES = 16

/** Observations to learn from at least. */
const LEAST = 64

/** Late laps: they give the prior its spread. */
const lateOf = (laps: number): number => (laps >= 8 ? 4 : 2)

/** Sampler steps of all laps for one observation, and of the one that follows them. */
const stepsOf = (laps: number, { early, late }: Planned['samplerSteps'], refit: boolean): number =>
  (laps - 1 - lateOf(laps)) * early + (lateOf(laps) + (refit ? 1 : 0)) * late

/**
 * A plan for the time. Few observations do not need all of it: a lap has at most one step for 200 numbers
 * that are learned from, the last three times as many.
 *
 * @example
 * ```ts
 * const plan = planned({ train: 0.05, draw: 0.002 }, {
 *   count: 500, seconds: 1200, refit: true, draws: { least: 1, most: 4 }, size: 784,
 *   judged: { observations: 48, draws: 19 }, samplerSteps: { early: 14, late: 20 },
 * })
 * ```
 */
export const planned = (speeds: Speeds, request: Planned): Plan => {
  const { samplerSteps, judged } = request
  const refit = request.refit && judged.observations > 0
  const time = (1 - SPARE) * request.seconds
  const { least, most: mostDraws } = request.draws
  const parts = (laps: number, draws: number) => {
    const drawing = speeds.draw * draws * stepsOf(laps, samplerSteps, refit) // of one observation
    // Where laps over all observations are too long, a part of them is learned from.
    const affordable = Math.floor((SAMPLING * time) / drawing)
    const count = Math.min(request.count, Math.max(LEAST, affordable))
    const judging = speeds.draw * judged.draws * samplerSteps.late * (laps + 1) // of one observation
    const wanted = Math.max(JUDGES, 2 * Math.floor((JUDGING * time) / judging))
    const aside = Math.min(judged.observations, wanted)
    const sampling = drawing * count + judging * judgedOf(aside)
    const ordinary = laps - 1 + (refit ? 1 : 0)
    const trainable = Math.floor((time - sampling) / (speeds.train * (ordinary + LAST)))
    const numbers = (count - aside) * draws * request.size
    const most = Math.min(STEPS.most, Math.max(STEPS.least, Math.floor(numbers / NUMBERS)))
    return { laps, draws, count, aside, sampling, ordinary, trainable, most }
  }
  const fits = ({ count, trainable, most }: ReturnType<typeof parts>): boolean =>
    count === request.count && trainable >= Math.min(most, STEPS.enough)
  const wanted = Array.from({ length: mostDraws - least + 1 }, (_, i) => mostDraws - i)
  const all = wanted.flatMap((draws) => LAPS.map((laps) => parts(laps, draws)))
  const { laps, draws, count, aside, sampling, ordinary, trainable, most } =
    all.find(fits) ?? all[all.length - 1]
  const steps = Math.min(most, Math.max(STEPS.least, trainable))
  const lastSteps = LAST * steps
  return {
    laps,
    early: laps - 1 - lateOf(laps),
    steps,
    lastSteps,
    draws,
    count,
    judged: aside,
    seconds: sampling + speeds.train * (ordinary * steps + lastSteps),
  }
}
