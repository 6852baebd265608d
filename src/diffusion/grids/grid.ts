import type { Schedule } from '../schedule.ts'

/** The T + 1 noise levels of a sampler with T steps, from high to low. */
export type Grid = (schedule: Schedule, steps: number) => readonly number[]
