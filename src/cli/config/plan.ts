/**
 * The laps and steps of learning for a budget of time, from what one step of each kind takes. Many short laps
 * are worth more than few long ones, early ones may draw fast, and the last is long (docs/RESULTS.md, "The
 * learning loop").
 */

/** What was measured, in seconds. */
export interface Speeds {
  /** One optimiser step. */
  readonly train: number
  /** One sampler step of one observation. */
  readonly draw: number
}

/** What decides beside the speeds. */
export interface Planned {
  /** Observations to learn from. */
  readonly count: number
  /** Observations to judge laps by, at most, and the draws of each. */
  readonly judged: { readonly observations: number; readonly draws: number }
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
  /** Observations to judge laps by. */
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

/** Observations to judge by at least: fewer say nothing. */
const JUDGES = 8

/** Observations to learn from at least. */
const LEAST = 64

/** Late laps: they give the prior its spread. */
const lateOf = (laps: number): number => (laps >= 8 ? 4 : 2)

/** Sampler steps of all laps for one observation. */
const stepsOf = (laps: number, { early, late }: Planned['samplerSteps']): number =>
  (laps - 1 - lateOf(laps)) * early + lateOf(laps) * late

/**
 * A plan for the time.
 *
 * @example
 * ```ts
 * const plan = planned({ train: 0.05, draw: 0.002 }, {
 *   count: 500, seconds: 1200,
 *   judged: { observations: 48, draws: 19 }, samplerSteps: { early: 14, late: 20 },
 * })
 * ```
 */
export const planned = (speeds: Speeds, request: Planned): Plan => {
  const { samplerSteps, judged } = request
  const time = (1 - SPARE) * request.seconds
  const drawing = (laps: number, count: number) => speeds.draw * count * stepsOf(laps, samplerSteps)
  const laps = LAPS.find((n) => drawing(n, request.count) <= SAMPLING * time) ?? LAPS[LAPS.length - 1]
  // Where even the fewest laps over all observations are too long, a part of them is learned from.
  const affordable = Math.floor((SAMPLING * time) / drawing(laps, 1))
  const count = Math.min(request.count, Math.max(LEAST, affordable))
  const judging = speeds.draw * judged.draws * samplerSteps.late * (laps + 1) // of one observation
  const judges = Math.min(judged.observations, Math.max(JUDGES, Math.floor((JUDGING * time) / judging)))
  const sampling = drawing(laps, count) + judging * judges
  const trainable = Math.floor((time - sampling) / (speeds.train * (laps - 1 + LAST)))
  const steps = Math.min(STEPS.most, Math.max(STEPS.least, trainable))
  const lastSteps = LAST * steps
  return {
    laps,
    early: laps - 1 - lateOf(laps),
    steps,
    lastSteps,
    count,
    judged: judges,
    seconds: sampling + speeds.train * ((laps - 1) * steps + lastSteps),
  }
}
