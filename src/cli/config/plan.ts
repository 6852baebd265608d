/**
 * The laps and steps of learning for a budget of time, from what one step of each kind takes. Many short laps
 * are worth more than few long ones, early ones may draw fast, and the last is long (docs/RESULTS.md, "The
 * learning loop").
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
  /** Posterior draws of each observation and lap, which are what is learned from. */
  readonly draws: number
  /** Draws in an optimiser step. */
  readonly batch: number
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
const LAST = 10

const STEPS = { least: 50, most: 500 } as const

/**
 * Times that each draw is seen in a lap at most, and in the last: of few observations the laps learn the
 * draws by heart.
 */
const EPOCHS = { lap: 30, last: 100 } as const

/** Observations to set aside at least, of which half judge: fewer say nothing. */
const JUDGES = 16

/** Observations to learn from at least. */
const LEAST = 64

/** Late laps: they give the prior its spread. */
const lateOf = (laps: number): number => (laps >= 8 ? 4 : 2)

/** Sampler steps of all laps for one observation, and of the one that follows them. */
const stepsOf = (laps: number, { early, late }: Planned['samplerSteps'], refit: boolean): number =>
  (laps - 1 - lateOf(laps)) * early + (lateOf(laps) + (refit ? 1 : 0)) * late

/** Optimiser steps of so many epochs over so many draws. */
const stepsIn = (epochs: number, draws: number, batch: number): number =>
  Math.max(STEPS.least, Math.floor((epochs * draws) / batch))

/**
 * A plan for the time. Few observations do not need all of it: steps are at most 30 epochs of a lap, and 100
 * of the last.
 *
 * @example
 * ```ts
 * const plan = planned({ train: 0.05, draw: 0.002 }, {
 *   count: 500, seconds: 1200, refit: true, draws: 1, batch: 64,
 *   judged: { observations: 48, draws: 19 }, samplerSteps: { early: 14, late: 20 },
 * })
 * ```
 */
export const planned = (speeds: Speeds, request: Planned): Plan => {
  const { samplerSteps, judged, batch } = request
  const refit = request.refit && judged.observations > 0
  const time = (1 - SPARE) * request.seconds
  const drawing = (laps: number, count: number) =>
    speeds.draw * request.draws * count * stepsOf(laps, samplerSteps, refit)
  const laps = LAPS.find((n) => drawing(n, request.count) <= SAMPLING * time) ?? LAPS[LAPS.length - 1]
  // Where even the fewest laps over all observations are too long, a part of them is learned from.
  const affordable = Math.floor((SAMPLING * time) / drawing(laps, 1))
  const count = Math.min(request.count, Math.max(LEAST, affordable))
  const judging = speeds.draw * judged.draws * samplerSteps.late * (laps + 1) // of one observation
  const aside = Math.min(judged.observations, Math.max(JUDGES, 2 * Math.floor((JUDGING * time) / judging)))
  const sampling = drawing(laps, count) + judging * judgedOf(aside)
  const ordinary = laps - 1 + (refit ? 1 : 0)
  const trainable = Math.floor((time - sampling) / (speeds.train * (ordinary + LAST)))
  const learned = (count - aside) * request.draws
  const most = Math.min(STEPS.most, stepsIn(EPOCHS.lap, learned, batch))
  const steps = Math.min(most, Math.max(STEPS.least, trainable))
  const lastSteps = Math.min(LAST * steps, stepsIn(EPOCHS.last, learned, batch))
  return {
    laps,
    early: laps - 1 - lateOf(laps),
    steps,
    lastSteps,
    count,
    judged: aside,
    seconds: sampling + speeds.train * (ordinary * steps + lastSteps),
  }
}
