/** Draws as processes share them: what a job says, and what comes back. */
import { z } from 'zod'
import type { RestoredRows } from '../../amortize/index.ts'
import type { DrawJob, DrawSpread } from '../../posterior/index.ts'
import type { DoJob } from '../../run/index.ts'
import { type Batch, NdArray, type Spread } from '../../tensor/index.ts'
import type { CommandJobs } from '../command-spread.ts'

const row = z.int().nonnegative()
const batch = z.object({ from: row, to: row, first: row })
const drawJob = batch.extend({ draw: row })

/** An array whose class was lost on its way. */
export const floats = z
  .object({ dtype: z.literal('float32'), shape: z.array(row), data: z.instanceof(Float32Array) })
  .transform(({ dtype, shape, data }) => new NdArray(dtype, shape, data))

const restoredRows = z.object({
  from: row,
  lost: z.array(z.object({ draw: row, observation: row })),
  mean: floats,
  spread: floats.optional(),
  logq: floats.optional(),
  draws: floats.optional(),
})

/** Draws of a prior or of its posterior. @param of - what the rows are of */
export const drawJobs = (of: 'observations' | 'samples'): CommandJobs<DrawJob, NdArray<'float32'>> => ({
  result: floats,
  nameOf: ({ draw, first, to }) =>
    `${of} ${first} to ${to - 1}${of === 'observations' ? ` (draw ${draw})` : ''}`,
  work: 'sampling',
})

/** Draws of a distilled sampler. */
export const restoreJobs: CommandJobs<Batch, RestoredRows> = {
  result: restoredRows,
  nameOf: ({ first, to }) => `observations ${first} to ${to - 1}`,
  work: 'restoring',
}

/** Makes draws by jobs that come from elsewhere. */
export const drawsByJob =
  (draws: DrawSpread): DoJob =>
  (job) =>
    draws(drawJob.parse(job))

/** Restores by jobs that come from elsewhere. */
export const restoredByJob =
  (restored: Spread<Batch, RestoredRows>): DoJob =>
  (job) =>
    restored(batch.parse(job))
