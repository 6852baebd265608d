/** Learning-rate schedules: functions of the step 0, 1, … that has to be taken. */

/** Rate at a step. */
export type LearningRate = (step: number) => number

/** The same rate always. */
export const constantRate =
  (lr: number): LearningRate =>
  () =>
    lr

/** lr0 + (lr1 − lr0) min((j + 1)/(steps + 1), 1): DiEM's linear rule. */
export const linearRate =
  (lr0: number, lr1: number, steps: number): LearningRate =>
  (j) =>
    lr0 + (lr1 - lr0) * Math.min((j + 1) / (steps + 1), 1)

/** Geometric from lr0 to lr1 over the steps. */
export const exponentialRate =
  (lr0: number, lr1: number, steps: number): LearningRate =>
  (j) =>
    lr0 * (lr1 / lr0) ** Math.min((j + 1) / (steps + 1), 1)

/** The first `steps` steps rise linearly from 0 to the rate of the schedule. */
export const warmUp =
  (rate: LearningRate, steps: number): LearningRate =>
  (j) =>
    rate(j) * Math.min((j + 1) / Math.max(steps, 1), 1)
