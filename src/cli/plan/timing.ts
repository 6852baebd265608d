/** Paces of a work on this machine, from two real steps: one of the optimiser, one of the sampler. */
import { startEvaluations } from '../../diffusion/index.ts'
import type { ObservationSet } from '../../observations/index.ts'
import { stream } from '../../random/index.ts'
import { type DistillRequest, lookAtDistillation } from '../../run/index.ts'
import { trainer } from '../../training/index.ts'
import { stepOf } from '../config/building.ts'
import type { Experiment } from '../config/schema.ts'
import { drawSeconds, secondsOfSecond, trainSeconds } from '../learning/learn-speed.ts'
import type { Counts, Paces } from './plan.ts'

/** Operations that a timed step may take: some seconds. */
const OPERATIONS = 1e12

/** Rows of a timed step: those that are computed at once, or a part of them. */
const timedRows = ({ flops, rows }: { readonly flops: number; readonly rows: number }): number =>
  Math.max(1, Math.min(rows, Math.floor(OPERATIONS / Math.max(1, flops / rows))))

/** Paces, and of how many rows they were measured. */
export interface Measured extends Paces {
  readonly rows: number
  readonly drawRows?: number
}

/** Times a step of the optimiser on random data, and, of observations, one of the sampler. */
export const measuredExperiment = async (
  experiment: Experiment,
  { event, step, draw }: Counts,
  few?: ObservationSet,
): Promise<Measured> => {
  const rows = timedRows({ flops: step.cost.flops, rows: step.rows })
  const part = { ...experiment, train: { ...experiment.train, batch: rows, microBatch: undefined } }
  const seconds = await trainSeconds(part, { event, mesh: few?.mesh }, 1)
  const paces = { rows, step: (seconds * step.batch) / rows }
  if (!(few && draw)) return paces
  const { em } = experiment
  const most = Math.min(draw.rows, few.y.shape[0])
  const drawRows = Math.min(most, timedRows({ flops: draw.cost.flops, rows: draw.rows }))
  const kind = stepOf(em.sampling)
  const evaluations = kind.evaluations + startEvaluations('informed') + 1
  const each = await drawSeconds({ ...experiment, em: { ...em, batch: drawRows } }, few, 1)
  return { ...paces, drawRows, evaluation: each / evaluations }
}

/** Times a step of a distillation. */
export const measuredDistillation = async (request: DistillRequest, { step }: Counts): Promise<Measured> => {
  const rows = timedRows({ flops: step.cost.flops, rows: step.rows })
  const options = { ...request.options, batch: rows }
  const seconds = await lookAtDistillation(request, async (objective, fresh) => {
    const { step: take, release } = trainer(objective, options, stream(0, 'plan rows'))
    try {
      return await secondsOfSecond(() => take(fresh, { step: 0 }))
    } finally {
      await release()
    }
  })
  return { rows, step: (seconds * step.batch) / rows }
}
