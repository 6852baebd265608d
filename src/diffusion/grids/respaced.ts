/**
 * Respacing (Nichol & Dhariwal 2021, the code of guided-diffusion): T + 1 of the N noise levels at which a
 * variance-preserving network is published, those of indices i (N − 1)/T to the nearest integer, i = 0 … T.
 * The network then sees labels that it was trained on, and no others.
 */
import { TweedieError } from '../../error.ts'
import type { Schedule } from '../schedule.ts'
import { vpCoordinates } from '../vp-coordinates.ts'

/** Levels to choose from: those of the prior, or of 1,000 steps for images in [−1, 1]. */
export type RespacedLevels = 'own' | 'linear' | 'cosine'

/** The nearest integer, halves to the even one. */
const nearest = (x: number): number => {
  const up = Math.round(x)
  return up - x === 0.5 && up % 2 === 1 ? up - 1 : up
}

const levelsToChooseFrom = ({ levels }: Schedule, of: RespacedLevels): readonly number[] => {
  if (of !== 'own') return vpCoordinates({ betas: of }).grid.map((level) => 2 * level) // [−2, 2] to the prior
  if (levels) return levels
  throw new TweedieError(
    'input',
    "grid 'respaced': the prior has no levels of its own, as those that predict noise have; name some: " +
      'respaced:of=linear',
  )
}

/**
 * Some of the levels of a prior, evenly by index.
 *
 * @param steps - T: as many levels less one at most. What the papers call k steps are k − 1 and the last
 *   denoise
 * @param of - default `own`, the `levels` of the schedule
 * @throws TweedieError `input` where there are too few levels, or none
 *
 * @example
 * ```ts
 * respacedGrid(exponentialSchedule(), 2, 'linear') // the levels of indices 999, 500 and 0
 * ```
 */
export const respacedGrid = (schedule: Schedule, steps: number, of: RespacedLevels = 'own'): number[] => {
  const levels = levelsToChooseFrom(schedule, of)
  const last = levels.length - 1
  if (steps > last)
    throw new TweedieError(
      'input',
      `grid 'respaced': ${levels.length} levels make ${last} steps and the last denoise, got ${steps} steps`,
    )
  return Array.from({ length: steps + 1 }, (_, i) => levels[nearest(((steps - i) * last) / steps)])
}
