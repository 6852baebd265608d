/**
 * A lap whose shards need no computing: what it takes is the handing over. A shard is as large as one of the
 * digits', 100 samples of 784 entries.
 */
import { join } from 'node:path'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { type LapWork, lapLayout } from '../../src/em/index.ts'
import { isotropic } from '../../src/linalg/index.ts'
import { constantRate, network } from '../../src/nn/index.ts'
import { type Observations, unchanged } from '../../src/observations/index.ts'
import { type Job, type JobRequest, jobRequest } from '../../src/run/index.ts'
import { folderSamples } from '../../src/run/learning/shard-folder.ts'
import { writeShard } from '../../src/run/shards/shard-file.ts'
import { zeros } from '../../src/tensor/index.ts'

/** Version of workers and coordinator here. */
export const software = 'bench'

const [ROWS, SIZE] = [100, 784] as const
const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })

export const set: Observations = {
  y: zeros([ROWS, SIZE]),
  operator: unchanged([SIZE]),
  noise: 0.1,
  range: [-2, 2],
}

/** A run whose laps have so many shards. */
export const emptyRequest = (shards: number): JobRequest =>
  jobRequest(
    {
      net: { kind: 'mlp', features: SIZE, hidden: [8], emb: 4 },
      set,
      options: {
        laps: 1,
        gaussian: { rank: 1, iterations: 1 },
        draws: shards,
        batch: ROWS,
        sampling: () => ({ schedule, steps: 1 }),
        training: () => ({ schedule, batch: 8, rate: constantRate(1e-3), ema: 0.9 }),
        steps: () => 1,
        seed: 0,
      },
    },
    software,
  )

/** Name of the folder of a lap. */
export const lapName = (lap: number): string => `lap-${String(lap).padStart(3, '0')}`

/** The work of a lap. */
export const emptyLap = (draws: string, lap: number, shards: number): LapWork => {
  const { net, options } = emptyRequest(shards)
  return {
    prior: {
      lap,
      gaussian: { mean: zeros([SIZE]), covariance: isotropic(1) },
      average: network(net).init(0),
    },
    samples: folderSamples(join(draws, lapName(lap)), lapLayout(set, options), 0, { keep: true }),
    done: 0,
  }
}

/** Samples of a shard, for which nothing was computed. */
export const nothing = zeros([ROWS, SIZE])

/** Writes a shard without drawing it. */
export const writeEmpty = (draws: string, job: Job): void => {
  if (job.kind === 'shard') writeShard(join(draws, job.lap), job.shard, nothing, job.prior)
}
