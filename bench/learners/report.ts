/** The table of the learners, and the strip of their prior samples. */
import { join } from 'node:path'
import { formatTable } from '../../src/cli/table.ts'
import { writeAtomic } from '../../src/data/index.ts'
import { meanOverDraws, psnr } from '../../src/diagnose/index.ts'
import { enlarged, imageGrid, pngOf } from '../../src/report/index.ts'
import { NdArray, rows, sizeOf } from '../../src/tensor/index.ts'
import type { Made } from '../learners.ts'
import type { Plan } from './plan.ts'

/** Figures of one learner. */
export interface LearnerFigures {
  readonly learner: string
  readonly seconds: number
  readonly psnrMean: number
  /** Absent for a learner that restores without drawing. */
  readonly psnrDraw?: number
}

const average = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length

const figuresOf = ({ kind, seconds, restored }: Made, { test }: Plan): LearnerFigures => ({
  learner: kind.name,
  seconds,
  psnrMean: average(psnr(meanOverDraws(restored), test.truth)),
  ...(restored.shape[0] > 1 ? { psnrDraw: average(psnr(restored, test.truth)) } : {}),
})

const decibels = (value: number | undefined): string => (value === undefined ? '–' : `${value.toFixed(2)} dB`)

/** The first samples of each learner, one row each. */
const strip = (made: readonly Made[], columns = 16) => {
  const event = made[0].samples.shape.slice(1)
  const data = made.flatMap(({ samples }) => Array.from(rows(samples, 0, columns).data))
  const all = new NdArray('float32', [data.length / sizeOf(event), ...event], Float32Array.from(data))
  return enlarged(imageGrid(all, { columns }), 2)
}

/** Prints the table or JSON; writes `samples.png`. */
export const report = async (
  made: readonly Made[],
  plan: Plan,
  { out, json }: { out: string; json: boolean },
): Promise<void> => {
  const figures = made.map((one) => figuresOf(one, plan))
  writeAtomic(join(out, 'samples.png'), pngOf(strip(made)))
  if (json) {
    console.log(JSON.stringify({ budget: plan.budget, steps: plan.steps, figures }, null, 2))
    return
  }
  const cells = figures.map((f, i) => [
    made[i].kind.title,
    decibels(f.psnrMean),
    decibels(f.psnrDraw),
    `${f.seconds.toFixed(0)} s`,
  ])
  console.log(formatTable(['learner', 'PSNR mean', 'PSNR draw', 'learning'], cells))
}
