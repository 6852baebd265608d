/** Priors whose network predicts the noise: as files, in training and in laps that are stopped. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scheduleSpec, standardGaussian, vp } from '../../src/diffusion/index.ts'
import { constantRate, network } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  keepCheckpoint,
  type LearnRequest,
  learn,
  learnedPrior,
  loadPrior,
  openRun,
  savePrior,
  type TrainRequest,
  train,
} from '../../src/run/index.ts'
import { full, jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { scratch } from './scratch.ts'
import { request as laps } from './shards/small-run.ts'

const net = { kind: 'mlp', features: 3, hidden: [8], emb: 4 } as const
const parameterization = vp({ betas: 'linear', clip: 2 })
const parts = {
  net,
  params: network(net).init(3),
  gaussian: standardGaussian(3),
  ...{ sigmaMin: 0.05, sigmaMax: 20, event: [3], range: [0, 1] as const, laps: 0 },
}

const newRun = () => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  onTestFinished(() => run.close())
  return run
}

describe('a prior that predicts noise', () => {
  it('comes back from its file: the same denoiser, levels and settings, defaults among them', async () => {
    const prior = learnedPrior({ ...parts, parameterization })
    const loaded = loadPrior(await savePrior(newRun(), 'prior', prior))
    const { name, settings } = parameterization
    expect(loaded.parameterization).toEqual({ name, settings })
    expect(loaded.schedule).toMatchObject({ sigmaMin: 0.05, sigmaMax: 20 })
    expect(loaded.schedule.levels).toEqual(prior.schedule.levels)
    expect(loaded.schedule.levels).toHaveLength(1000)
    const [xt, sigma] = [normal(stream(0, 'xt'), [4, 3]), full([4], 0.5)]
    const xhat = async ({ denoiser }: typeof prior) =>
      toNumbers(await jit((x: Tensor, s: Tensor) => denoiser(x, s))(xt, sigma))
    expect(await xhat(loaded)).toEqual(await xhat(prior))
    expect(await xhat(loaded)).not.toEqual(await xhat(learnedPrior(parts)))
  })

  it.each([
    [{ name: 'vq', settings: {} }, /parameterization: unknown parameterization 'vq', did you mean 'vp'/],
    [{ name: 'vp', settings: { clip: -1 } }, /parameterization: vp: 'clip' must be .*, got -1/],
    [{ name: 'vp' }, /parameterization\.settings: /],
  ])('is refused as %j', (given, message) => {
    const path = keepCheckpoint(newRun(), 'bad', {
      arrays: { params: parts.params, gaussian: { mean: parts.gaussian.mean } },
      state: {
        ...{ kind: 'prior', net: { ...net, hidden: [8] }, sigmaMin: 0.05, sigmaMax: 20 },
        ...{ event: [3], range: [0, 1], laps: 0, gaussian: { kind: 'isotropic', variance: 1 } },
        parameterization: given,
      },
    })
    expect(() => loadPrior(path)).toThrow(message)
  })

  it('that was imported has the 1,000 levels of its schedule, in the units of the prior', () => {
    const { name, settings } = scheduleSpec('vp')
    const spec = { predicts: 'noise', schedule: name, settings, scale: 0.5, shift: 0 } as const
    const { levels = [] } = learnedPrior({ ...parts, imported: spec }).schedule
    const own = vp({ betas: 'linear', data: 'signed' }).schedule().levels
    expect(levels).toEqual(own)
    const flow = { ...spec, schedule: 'flow' }
    expect(learnedPrior({ ...parts, imported: flow }).schedule.levels).toBeUndefined()
  })
})

/** The bytes of the prior that work in a folder makes when it is stopped once, after so many steps. */
const stopped = async (
  path: string,
  work: (run: ReturnType<typeof openRun>, signal: AbortSignal, onProgress: () => void) => Promise<unknown>,
  after: number,
): Promise<Buffer> => {
  const stop = new AbortController()
  let seen = 0
  const once = async (signal: AbortSignal, resume: boolean) => {
    const run = openRun(path, { config: {}, resume })
    try {
      await work(run, signal, () => {
        if (++seen === after) stop.abort()
      })
    } finally {
      run.close()
    }
  }
  await once(stop.signal, false).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'interrupted' })
  })
  expect(stop.signal.aborted).toBe(after < Number.POSITIVE_INFINITY)
  if (stop.signal.aborted) await once(new AbortController().signal, true)
  return readFileSync(join(path, 'checkpoints', 'prior.safetensors'))
}

describe('learning to predict the noise', () => {
  const schedule = parameterization.schedule({ sigmaMin: 0.02, sigmaMax: 10 })
  const levels = { sigmaMin: schedule.sigmaMin, sigmaMax: schedule.sigmaMax }

  it('on clean data goes on from where it was stopped, to the same bytes', async () => {
    const request: TrainRequest = {
      net,
      x: normal(stream(0, 'x'), [32, 3]),
      range: [-2, 2],
      options: { batch: 8, rate: constantRate(1e-2), ema: 0.9, schedule, parameterization },
      steps: 8,
      seed: 0,
      ...levels,
    }
    const work = (after: number, path = join(scratch(), 'run')) =>
      stopped(path, (run, signal, onProgress) => train(run, { ...request, signal, onProgress }), after)
    const whole = await work(Number.POSITIVE_INFINITY)
    expect(await work(5)).toEqual(whole)
  })

  it('in laps goes on from where it was stopped, to the same bytes, and its prior says so', async () => {
    const { options, ...request } = laps()
    const asked: LearnRequest = {
      ...request,
      ...levels,
      options: {
        ...options,
        sampling: () => ({ schedule, steps: 3 }),
        training: () => ({ ...options.training(0), schedule, parameterization }),
      },
    }
    const work = (after: number, path: string) =>
      stopped(path, (run, signal, onProgress) => learn(run, { ...asked, signal, onProgress }), after)
    const [path, again] = [join(scratch(), 'run'), join(scratch(), 'run')]
    const whole = await work(Number.POSITIVE_INFINITY, path)
    expect(await work(15, again)).toEqual(whole)
    expect(loadPrior(path)).toMatchObject({
      parameterization: { name: 'vp', settings: parameterization.settings },
      ...levels,
    })
    const start = loadPrior(join(path, 'checkpoints', 'gaussian-start.safetensors'))
    expect(start.start).toBe(true)
  })
})
