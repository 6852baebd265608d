/** A run of learning that takes a second, and executors that draw for it in the process of the test. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { exponentialSchedule } from '../../../src/diffusion/index.ts'
import { constantRate } from '../../../src/nn/index.ts'
import { projectedBy } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import {
  type Job,
  jobRequest,
  jobWorker,
  type LearnRequest,
  learn,
  openRun,
  type ShardJob,
  type SharedWork,
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

/** Of two replicas that take five steps each: rounds of two, two and one. */
export const byReplicas: LearnRequest['options'] = {
  ...request().options,
  replicas: { count: 2, steps: 2 },
  steps: () => 10,
}

/** Rounds of all replicas in all laps. */
export const ROUNDS = 2 * 2 * 3

/** Shards of all laps. */
export const SHARDS = 2 * 6

/** What a test does beside a job; with how often it was given out. */
type Beside<J extends Job> = (job: J, attempt: number) => void

/** Works in the process of the test; `before` may fail, or do harm first. */
export const workedHere = (
  path: string,
  { before, after }: { readonly before?: Beside<Job>; readonly after?: Beside<Job> } = {},
  options = request().options,
): SharedWork & { readonly given: Job[] } => {
  const worker = jobWorker(join(path, 'draws'), jobRequest({ ...request(), options }, software))
  const given: Job[] = []
  let last: Promise<unknown> = Promise.resolve()
  const done = async (job: Job): Promise<void> => {
    given.push(job)
    const attempt = given.filter((each) => isDeepStrictEqual(each, job)).length
    before?.(job, attempt)
    await worker.run(job)
    after?.(job, attempt)
  }
  return {
    given,
    software,
    run: (job) => {
      const next = last.then(() => done(job))
      last = next.catch(() => undefined)
      return next
    },
    workers: () => ({ workers: 1, running: 0 }),
    stop: async () => {},
  }
}

/** The same of shards alone. */
export const drawnHere = (
  path: string,
  before: Beside<ShardJob> = () => {},
  after: Beside<ShardJob> = () => {},
): SharedWork & { readonly given: ShardJob[] } => {
  const given: ShardJob[] = []
  const ofShards =
    (beside: Beside<ShardJob>): Beside<Job> =>
    (job, attempt) => {
      if (job.kind === 'shard') beside(job, attempt)
    }
  const executor = workedHere(path, {
    before: ofShards((job, attempt) => {
      given.push(job)
      before(job, attempt)
    }),
    after: ofShards(after),
  })
  return { ...executor, given }
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
