/** Draws of the prior that distillation simulates from, shard by shard in the run folder. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DrawSpread, eachPriorLatent, priorBatches } from '../posterior/index.ts'
import type { ExecuteOptions } from '../tensor/index.ts'
import { type SampleStore, shardLayout, type Trainer } from '../training/index.ts'
import type { DistillObjective, DistillRequest } from './distill-request.ts'
import type { Run } from './folder.ts'
import { learnable } from './learnable.ts'
import { folderSamples } from './learning/shard-folder.ts'
import type { LearnedPrior } from './prior.ts'
import { shardFile } from './shards/shard-file.ts'

/** Draws at once: a shard. */
const BATCH = 64

/** The first shards of a folder, without a gap. */
const shardsIn = (folder: string): number => {
  const there = existsSync(folder) ? readdirSync(folder).length : 0
  let shards = 0
  while (shards < there && existsSync(shardFile(folder, shards))) shards++
  return shards
}

type Wanted = NonNullable<DistillObjective['samples']>

/** The draws of {@link priorSamples} batch by batch, for a process that makes some of them. */
export const priorSampleBatches = (
  prior: LearnedPrior,
  { steps }: Wanted,
  seed: number,
  execute: ExecuteOptions,
): DrawSpread => priorBatches(learnable(prior), { ...execute, steps, seed })

/**
 * Draws of the prior in its own units. They are made once for a run and kept in it, and go on where an
 * interruption left them; a minibatch reads its rows from there.
 *
 * @throws TweedieError `input` when those of the folder are damaged, or of another prior's shape
 */
export const priorSamples = async (
  run: Run,
  {
    prior,
    options,
    seed,
    sharing,
    onProgress,
    signal,
  }: Pick<DistillRequest, 'prior' | 'options' | 'seed' | 'sharing' | 'onProgress' | 'signal'>,
  { count, steps }: Wanted,
): Promise<SampleStore> => {
  const folder = join(run.paths.draws, 'prior')
  const batch = Math.min(count, BATCH)
  const layout = shardLayout({ count, event: prior.event }, { batch, draws: 1 })
  let shards = shardsIn(folder)
  const store = folderSamples(folder, layout, shards)
  const { spread, figures } = sharing ?? {}
  const drawing = {
    ...options.execute,
    steps,
    batch,
    known: layout.bounds[shards],
    seed,
    ...(spread ? { spread } : {}),
    onProgress: (done: number, total: number) =>
      onProgress?.({ phase: 'prior samples', done, total, ...figures?.() }),
    signal,
  }
  if (drawing.known < count) await eachPriorLatent(prior, count, drawing, ({ x }) => store.write(shards++, x))
  await spread?.release()
  return store
}

/** A trainer that closes the files of its samples as well. */
export const closing = (trainer: Trainer, samples: SampleStore): Trainer => ({
  ...trainer,
  release: async () => {
    await trainer.release()
    samples.release()
  },
})
