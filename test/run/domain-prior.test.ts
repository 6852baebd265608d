/** Learning from observations that have a domain, and the prior that comes of it. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate } from '../../src/nn/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { posteriorDraws, priorDraws } from '../../src/posterior/index.ts'
import { bernoulli, stream } from '../../src/random/index.ts'
import { type LearnRequest, learn, loadPrior, openRun, train } from '../../src/run/index.ts'
import { full, jit, NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { waveOf } from '../numbers.ts'
import { scratch } from './scratch.ts'

const net = { kind: 'unet', io: 1, channels: [4, 4], blocks: [1, 1], emb: 8 } as const
const valid = bernoulli(stream(2, 'valid'), 0.6, [5, 7])
const COUNT = 8
const x = waveOf([COUNT, 1, 5, 7], 1)
const mask = new NdArray(
  'float32',
  x.shape,
  bernoulli(stream(0, 'mask'), 0.5, [COUNT, 1, 5, 7]).data.map((m, i) => m * valid.data[i % 35]),
)
const set: ObservationSet = {
  y: new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v * mask.data[i]),
  ),
  operator: maskedBy(mask, [1, 5, 7]),
  noise: 0.1,
  range: [-1, 1],
  valid,
}
const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })
const request: LearnRequest = {
  net,
  set,
  sigmaMin: 0.02,
  sigmaMax: 10,
  options: {
    laps: 2,
    gaussian: { rank: 3, iterations: 2 },
    sampling: () => ({ schedule, steps: 4 }),
    refitRank: 3,
    training: () => ({ schedule, batch: 4, rate: constantRate(1e-3), ema: 0.5 }),
    steps: () => 3,
    seed: 0,
  },
}

const newRun = () => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  onTestFinished(() => run.close())
  return run
}

const outside = (draws: NdArray): number[] => toNumbers(draws).filter((_, i) => valid.data[i % 35] === 0)

describe('a prior of data with a domain', () => {
  it('is learned, kept and drawn from inside it', async () => {
    const run = newRun()
    const gaussians: NdArray[] = []
    const onLap = async (_: number, { gaussian }: { gaussian: { mean: NdArray } }) => {
      gaussians.push(gaussian.mean)
    }
    await learn(run, { ...request, onLap })
    // The start, and the fits to the samples of each lap.
    expect(gaussians).toHaveLength(3)
    for (const mean of gaussians) expect(outside(mean).every((v) => v === 0)).toBe(true)
    const prior = loadPrior(run.paths.path)
    expect(prior.domain).toEqual({ inside: valid, value: 0 })
    expect(loadPrior(join(run.paths.checkpoints, 'gaussian-start.safetensors')).domain).toEqual(prior.domain)
    const drawn = await priorDraws(prior, 3, { steps: 4, seed: 0 })
    expect(outside(drawn).every((v) => v === 0)).toBe(true)
    expect(drawn.data.filter((v) => v !== 0).length).toBe(3 * valid.data.reduce((a, b) => a + b, 0))
    const posterior = await posteriorDraws(prior, set, { steps: 4, seed: 0 })
    expect(outside(posterior).every((v) => v === 0)).toBe(true)
  })

  it('does not depend on what the file says outside', async () => {
    const other = {
      ...set,
      y: new NdArray(
        'float32',
        x.shape,
        set.y.data.map((v, i) => (valid.data[i % 35] === 0 ? 0.7 : v)),
      ),
      operator: maskedBy(
        new NdArray(
          'float32',
          x.shape,
          mask.data.map((m, i) => (valid.data[i % 35] === 0 ? 1 : m)),
        ),
        [1, 5, 7],
      ),
    }
    const params = async (of: ObservationSet) => (await learn(newRun(), { ...request, set: of })).params
    expect(await params(other)).toEqual(await params(set))
  })

  it('is learned from clean data too, whatever they are outside', async () => {
    const options = { schedule, batch: 4, rate: constantRate(1e-3) }
    const trained = (clean: NdArray<'float32'>) =>
      train(newRun(), {
        net,
        x: clean,
        range: [-1, 1],
        valid,
        options,
        steps: 3,
        sigmaMin: 0.02,
        sigmaMax: 10,
        seed: 0,
      })
    const other = new NdArray(
      'float32',
      x.shape,
      x.data.map((v, i) => (valid.data[i % 35] === 0 ? 9 : v)),
    )
    const [a, b] = [await trained(x), await trained(other)]
    expect(b.params).toEqual(a.params)
    expect(b.gaussian).toEqual(a.gaussian)
    const program = jit((xt: Tensor, s: Tensor) => b.denoiser(xt, s))
    const out = await program(full([1, 1, 5, 7], 3), full([1], 1))
    expect(outside(out).every((v) => v === 0)).toBe(true)
    expect(outside(out).length).toBeGreaterThan(5)
  })

  it('does not take flips that leave the domain, nor shifts', async () => {
    const flipped = (augment: { flip?: boolean; shift?: number }) =>
      learn(newRun(), {
        ...request,
        options: {
          ...request.options,
          training: () => ({ schedule, batch: 4, rate: constantRate(1e-3), augment }),
        },
      })
    await expect(flipped({ flip: true })).rejects.toThrow("augment: 'flip' moves entries out of the domain")
    await expect(flipped({ shift: 1 })).rejects.toThrow("'shift' moves entries out of the domain")
  })
})
