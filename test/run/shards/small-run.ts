/** A run of learning that takes a second, and executors that draw for it in the process of the test. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exponentialSchedule } from '../../../src/diffusion/index.ts'
import { constantRate } from '../../../src/nn/index.ts'
import { projectedBy } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  type LearnRequest,
  learn,
  openRun,
  type ShardJob,
  type SharedDrawing,
  shardRequest,
  shardWorker,
} from '../../../src/run/index.ts'

const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })

/** Version of the workers here. */
export const software = '9.9.9'

/** Two laps of six shards; the second draw has a short one, and the bound drops some rows. */
export const request = ({ count = 20, laps = 2 } = {}): LearnRequest => ({
  net: { kind: 'mlp', features: 4, hidden: [8], emb: 4 },
  set: {
    y: normal(stream(0, 'y'), [count, 2]),
    operator: projectedBy(normal(stream(0, 'A'), [count, 2, 4])),
    noise: 0.1,
    range: [-2, 2],
  },
  sigmaMin: 0.02,
  sigmaMax: 10,
  checkpointSeconds: 0,
  options: {
    laps,
    gaussian: { rank: 2, iterations: 2 },
    sampling: () => ({ schedule, steps: 3 }),
    draws: 2,
    batch: 8,
    bound: 1.5,
    refitRank: 2,
    training: () => ({ batch: 8, rate: constantRate(1e-2), ema: 0.9, schedule }),
    steps: () => 4,
    seed: 3,
  },
})

/** Shards of all laps. */
export const SHARDS = 2 * 6

/** Draws in the process of the test; `before` may fail, or do harm first. */
export const drawnHere = (
  path: string,
  before: (job: ShardJob, attempt: number) => void = () => {},
  after: (job: ShardJob, attempt: number) => void = () => {},
): SharedDrawing & { readonly given: ShardJob[] } => {
  const worker = shardWorker(join(path, 'draws'), shardRequest(request(), software))
  const given: ShardJob[] = []
  let last: Promise<unknown> = Promise.resolve()
  const drawn = async (job: ShardJob): Promise<void> => {
    given.push(job)
    const attempt = given.filter(({ prior, shard }) => prior === job.prior && shard === job.shard).length
    before(job, attempt)
    await worker.draw(job)
    after(job, attempt)
  }
  return {
    given,
    software,
    draw: (job) => {
      const next = last.then(() => drawn(job))
      last = next.catch(() => undefined)
      return next
    },
    workers: () => ({ workers: 1, running: 0 }),
    stop: async () => {},
  }
}

/** Learns in a folder; where it stands when it ends or fails. */
export const learned = async (path: string, more: Partial<LearnRequest> = {}): Promise<void> => {
  const run = openRun(path, { config: {}, resume: true })
  try {
    await learn(run, { ...request(), ...more })
  } finally {
    run.close()
  }
}

/** Bytes of the prior that a run ended with. */
export const priorOf = (path: string): Buffer => readFileSync(join(path, 'checkpoints', 'prior.safetensors'))
