/** The last lap on all observations: what it is made of, and what becomes of it when it is stopped. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exponentialSchedule } from '../../../src/diffusion/index.ts'
import { diem } from '../../../src/em/index.ts'
import { constantRate, network } from '../../../src/nn/index.ts'
import { maskedBy } from '../../../src/observations/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { bernoulli, normal, stream } from '../../../src/random/index.ts'
import { type LearnRequest, learn, loadPrior, openRun, readJournal } from '../../../src/run/index.ts'
import { flatten, NdArray } from '../../../src/tensor/index.ts'
import { initTrainState } from '../../../src/training/index.ts'
import { scratch } from '../scratch.ts'

const [COUNT, N, STEPS] = [96, 6, 60] as const
const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })
const keep = bernoulli(stream(0, 'mask'), 0.7, [COUNT, N])
const mask = new NdArray('float32', [COUNT, N], Float32Array.from(keep.data, Number))
/** Two values that all entries share: no Gaussian is like this. */
const z = Array.from(bernoulli(stream(0, 'z'), 0.5, [COUNT]).data, (v) => (v ? 2 : -2))
const e = normal(stream(0, 'e'), [COUNT, N]).data
const y = new NdArray(
  'float32',
  [COUNT, N],
  mask.data.map((m, i) => m * (z[Math.floor(i / N)] + 0.1 * e[i])),
)
const set = { y, operator: maskedBy(mask, [N]), noise: 0.1, range: [-4, 4] } as const

const request: LearnRequest = {
  net: { kind: 'mlp', features: N, hidden: [32], emb: 4 },
  set,
  sigmaMin: 0.02,
  sigmaMax: 10,
  held: { observations: 12, share: 0.3, seed: 0 },
  checkpointSeconds: 0,
  options: {
    laps: 2,
    gaussian: { rank: 1, iterations: 1 },
    sampling: () => ({ schedule, steps: 12 }),
    batch: 32,
    skip: 'gaussian',
    training: () => ({ schedule, batch: 16, rate: constantRate(5e-3), ema: 0.5 }),
    steps: () => STEPS,
    seed: 0,
  },
}

/** Laps that are worse than the Gaussian start: steps that are much too large. */
const poor: LearnRequest = {
  ...request,
  options: {
    ...request.options,
    training: () => ({ ...request.options.training(0), rate: constantRate(10) }),
  },
}

const learned = async (path: string, more: Partial<LearnRequest> = {}, now?: () => number) => {
  const run = openRun(path, { config: {}, resume: true, ...(now ? { now } : {}) })
  try {
    return await learn(run, { ...request, ...more })
  } finally {
    run.close()
  }
}
const bytes = (path: string) => readFileSync(join(path, 'checkpoints', 'prior.safetensors'))
const journal = (path: string) => readJournal(join(path, 'journal.jsonl')).map(({ seconds, ...line }) => line)
const events = (path: string, event: string) => journal(path).filter((line) => line.event === event)
const isLastLap = ({ phase }: ProgressEvent): boolean => phase.startsWith('last lap')
const params = (prior: { readonly params: object }) => flatten({ params: prior.params })

/** What the last lap should be, step by step. */
const byHand = async (best: ReturnType<typeof loadPrior>) => {
  const { options } = request
  const net = network(request.net)
  const start = await diem(net, set, { ...options, laps: 0 })
  const train = initTrainState(best.params)
  const position = { lap: 2, stage: 'sample', done: 0 } as const
  return diem(net, set, { ...options, laps: 3 }, {}, { ...start, position, train })
}

describe('the last lap on all observations', () => {
  it('goes on from the best lap, under a Gaussian start of all of them', async () => {
    const path = join(scratch(), 'run')
    const told: unknown[] = []
    const prior = await learned(path, { onRefit: (event) => told.push(event) })
    const [{ lap }] = events(path, 'choice')
    expect(lap).toBeGreaterThan(0)
    expect(told).toEqual([{ lap, observations: COUNT }])
    expect(events(path, 'refit')).toEqual([{ event: 'refit', lap, observations: COUNT }])
    const best = loadPrior(join(path, 'checkpoints', `lap-00${lap}.safetensors`))
    const { train, gaussian } = await byHand(best)
    expect(params(prior)).toEqual(params({ params: train.average }))
    expect(prior.gaussian.mean).toEqual(gaussian.mean)
    expect(prior.gaussian.mean).not.toEqual(best.gaussian.mean)
    expect(prior.laps).toBe(lap)
    expect(params(loadPrior(path))).toEqual(params(prior))
  })

  it('is not made where it is not wanted', async () => {
    const path = join(scratch(), 'run')
    const held = { observations: 12, share: 0.3, seed: 0, refit: false }
    const prior = await learned(path, { held })
    const [{ lap }] = events(path, 'choice')
    expect(events(path, 'refit')).toEqual([])
    expect(params(prior)).toEqual(params(loadPrior(join(path, 'checkpoints', `lap-00${lap}.safetensors`))))
  })

  it('is the Gaussian start of all of them where no lap is better', async () => {
    const path = join(scratch(), 'run')
    const prior = await learned(path, poor)
    expect(events(path, 'choice')[0].lap).toBe(0)
    const { gaussian } = await diem(network(request.net), set, { ...request.options, laps: 0 })
    expect(prior.start).toBe(true)
    expect(prior.gaussian.mean).toEqual(gaussian.mean)
    const before = bytes(path)
    await learned(path, poor)
    expect(bytes(path).equals(before)).toBe(true)
  })

  it('stopped at any step goes on to the same bytes', async () => {
    const whole = join(scratch(), 'run')
    let total = 0
    const count = (event: ProgressEvent) => {
      if (isLastLap(event)) total++
    }
    await learned(whole, { onProgress: count })
    expect(total).toBe(1 + 3 + STEPS) // iterations of the Gaussian start, batches, steps
    for (const stop of [1, 2, 4, 30, total - 1]) {
      const path = join(scratch(), 'run')
      const controller = new AbortController()
      let done = 0
      const onProgress = (event: ProgressEvent) => {
        if (isLastLap(event) && ++done === stop) controller.abort()
      }
      const seconds = stop % 2 === 0 ? 0 : 60
      const stopped = learned(path, { onProgress, signal: controller.signal, checkpointSeconds: seconds })
      await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
      await learned(path)
      expect(bytes(path).equals(bytes(whole))).toBe(true)
      expect(journal(path)).toEqual(journal(whole))
    }
  }, 60_000)

  it('is made again after more laps', async () => {
    const [short, long] = ['short', 'long'].map((name) => join(scratch(), name))
    await learned(short, { options: { ...request.options, laps: 1 } })
    await learned(short)
    await learned(long)
    expect(bytes(short).equals(bytes(long))).toBe(true)
    expect(journal(short)).toEqual(journal(long))
    // A lap more than the last one had: its resume point is no lap's.
    expect(readdirSync(join(short, 'checkpoints'))).toContain('lap-002.safetensors')
  })
})

describe('the time of the last lap', () => {
  /** A clock that moves by a second with each step of the work. */
  const ticking = () => {
    let time = 0
    const seen: ProgressEvent[] = []
    return {
      seen,
      now: () => time,
      onProgress: (event: ProgressEvent) => {
        seen.push(event)
        if (event.phase !== 'held-out draws') time++
      },
    }
  }
  // A start of 1 s, laps of three batches and sixty steps, 63 s.
  const options = { ...request.options, laps: 6 }
  const seconds = 253

  it('is kept for it: laps end when no more than a lap and the start are left', async () => {
    const path = join(scratch(), 'run')
    const { now, seen, onProgress } = ticking()
    await learned(path, { options, seconds, onProgress }, now)
    const isLap = (event: ProgressEvent) => !isLastLap(event) && event.phase !== 'held-out draws'
    expect(seen.filter(isLap)).toHaveLength(seconds - 63 - 1)
    expect(seen.filter(isLastLap)).toHaveLength(1 + 63)
    expect(events(path, 'time')).toHaveLength(1)
    expect(events(path, 'refit')).toHaveLength(1)
  })

  it('may be too short: the best lap is then the prior, until there is more', async () => {
    const path = join(scratch(), 'run')
    const { now, seen, onProgress } = ticking()
    const slow = (event: ProgressEvent) => {
      onProgress(event)
      if (isLastLap(event)) onProgress({ ...event, phase: 'waiting' })
    }
    const prior = await learned(path, { options, seconds, onProgress: slow }, now)
    const [{ lap }] = events(path, 'choice')
    expect(params(prior)).toEqual(params(loadPrior(join(path, 'checkpoints', `lap-00${lap}.safetensors`))))
    expect(events(path, 'time').at(-1)).toEqual({ event: 'time', lap: 7, stage: 'all' })
    expect(events(path, 'refit')).toEqual([])
    expect(seen.filter(isLastLap).length).toBeGreaterThan(2)

    // With more time the laps go on first: the same bytes as a run that never stopped.
    await learned(path, { options })
    const whole = join(scratch(), 'whole')
    await learned(whole, { options })
    expect(bytes(path).equals(bytes(whole))).toBe(true)
    expect(journal(path)).toEqual(journal(whole))
  })
})
