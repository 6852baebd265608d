import type { Schedule } from '../schedule.ts'

/** sigma at t = 1, 1 − 1/T, …, 0: the T + 1 noise levels of a sampler with T steps. */
export const sigmaGrid = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => schedule.sigma(1 - i / steps))
