/**
 * Monitoring after each lap: samples of the prior for the report, and the divergence to the truth if wanted.
 */
import { join } from 'node:path'
import { sinkhornDivergence } from '../../diagnose/index.ts'
import { writeArrays } from '../../formats/index.ts'
import { applyAffine, fromPrior, toPrior } from '../../operators/index.ts'
import { priorLatents } from '../../posterior/index.ts'
import type { LearnedPrior, Run } from '../../run/index.ts'
import { type ExecuteOptions, NdArray, rows, sizeOf } from '../../tensor/index.ts'
import { stepOf } from '../config/building.ts'
import { loadClean } from '../config/loading.ts'
import type { Experiment } from '../config/schema.ts'
import type { Io } from '../io.ts'

/** Name of the file of prior samples of a lap; 0 is the Gaussian start. */
const samplesName = (lap: number): string => `prior-lap-${String(lap).padStart(3, '0')}.npz`

/** Writes `draws/prior-lap-….npz` (units of the data) and the journal's figures for each lap. */
export const lapMonitor = async (run: Run, experiment: Experiment, io: Io, execute?: ExecuteOptions) => {
  const { samples, sinkhorn, reg, steps, step } = experiment.monitor
  const truth = sinkhorn > 0 ? await truthFor(experiment, sinkhorn) : undefined
  return async (lap: number, learned: LearnedPrior): Promise<void> => {
    const count = Math.max(samples, sinkhorn)
    if (count === 0) return
    const draws = await priorLatents(learned, count, {
      ...execute,
      steps,
      step: stepOf({ step }),
      batch: Math.min(count, learned.event.length > 1 ? 64 : 1024),
      seed: experiment.seed,
      onProgress: (done, total) => io.progress({ phase: 'prior samples', done, total, lap: lap + 1 }),
      signal: io.signal,
    })
    writeArrays(join(run.paths.draws, samplesName(lap + 1)), {
      x: applyAffine(fromPrior(learned.range), draws),
    })
    if (!truth) return
    const divergence = sinkhornDivergence(flat(rows(draws, 0, sinkhorn)), truth, { reg, tolerance: MASS })
    run.journal.append({ event: 'divergence', lap: lap + 1, points: sinkhorn, sinkhorn: divergence })
    io.note(`lap ${lap + 1}: Sinkhorn divergence ${divergence.toPrecision(3)} (${sinkhorn} points)`)
  }
}

/** Mass that may be left in the wrong place: its effect on the divergence is far below the sampling error. */
const MASS = 1e-2

const flat = (x: NdArray<'float32'>): NdArray<'float32'> =>
  new NdArray('float32', [x.shape[0], sizeOf(x.shape.slice(1))], x.data)

/** Held-out clean points, in the units of the prior. */
const truthFor = async ({ data, range }: Experiment, points: number): Promise<NdArray<'float32'>> => {
  const clean = await loadClean(data.clean ?? '', { split: 'test', count: points, range })
  return flat(applyAffine(toPrior(clean.range), clean.x))
}
