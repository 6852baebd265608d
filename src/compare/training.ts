/** The cost of distilled samplers before their first draw, apart from the time of draws. */
import type { ResultsTable } from './results-table.ts'

/** How a sampler was made. */
export interface TrainingCost {
  readonly name: string
  /** Its file. */
  readonly path: string
  readonly digest: string
  readonly measurements: number
  readonly steps: number
  readonly batch: number
  /** Wall-clock of the distillation; unknown for a sampler without its run folder. */
  readonly seconds?: number
}

/** The table of training costs. */
export const trainingTable = (trainings: readonly TrainingCost[]): ResultsTable => ({
  task: 'training',
  columns: ['sampler', 'measurements', 'steps', 'batch', 'minutes'],
  rows: trainings.map(({ name, measurements, steps, batch, seconds }) => [
    name,
    measurements,
    steps,
    batch,
    seconds === undefined ? '–' : (seconds / 60).toFixed(1),
  ]),
})
