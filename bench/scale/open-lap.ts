/** A run of digits whose second lap waits for its samples: shards of the demo's network, ten seconds each. */
import { fileURLToPath } from 'node:url'
import { runJobs } from '../../src/cli/learning/run-jobs.ts'
import { layoutOf, openLaps, type ShardJob, waitingJobs } from '../../src/run/index.ts'
import { tweedie } from './processes.ts'

/** Rows of a shard, and steps of the sampler: ten seconds of a thread of a core with AVX-512. */
const [ROWS, STEPS] = [100, 64] as const

/** Training is cut short: what a shard takes does not depend on the weights. */
const configuration = (shards: number): string[] => [
  fileURLToPath(new URL('../../experiments/demo.yaml', import.meta.url)),
  `data.count=${ROWS}`,
  'gaussian.rank=8',
  'gaussian.iterations=1',
  'em.laps=2',
  'em.early.laps=0',
  `em.batch=${ROWS}`,
  `em.draws=${shards}`,
  `em.sampling.steps=${STEPS}`,
  'train.steps=2',
  'train.lastSteps=2',
  'monitor.samples=0',
]

/**
 * Makes the run.
 *
 * @param path - its folder
 * @returns its shards, none of which is there
 */
export const openLapAt = async (path: string, shards: number): Promise<ShardJob[]> => {
  const learn = ['learn', ...configuration(shards), '-o', path, '--executor', 'later']
  await tweedie(...learn).done
  await tweedie('shard', path).done
  await tweedie(...learn, '--resume').done
  const { signal } = new AbortController()
  const silent = { note: () => {}, progress: () => {}, signal }
  const { request } = await runJobs(path, { device: 'cpu' }, silent)
  const { draws } = layoutOf(path)
  return openLaps(draws)
    .flatMap((open) => waitingJobs(draws, open, request))
    .filter((job) => job.kind === 'shard')
}
