import { describe, expect, it } from 'vitest'
import {
  ddim,
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  hostSampler,
  sampler,
  stepFrom,
} from '../../src/diffusion/index.ts'
import { diffusionDraw } from '../../src/em/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { batchedObservations, type ObservationBatch, observe } from '../../src/observations/index.ts'
import { gaussianPosteriorCovariance, mmps, samplerDraw } from '../../src/posterior/index.ts'
import { stream } from '../../src/random/index.ts'
import { broadcastTo, jit, type NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { distance, waveOf } from '../numbers.ts'

const [N, RANK, ROWS] = [64, 6, 5]
const event = [1, 8, 8]
const prior: Gaussian = {
  mean: waveOf([N], 3),
  covariance: { kind: 'lowRank', variance: 0.05, factor: waveOf([N, RANK], 1) },
}
const at = { stream: (purpose: string) => stream(5, purpose), lap: 2, draw: 1 }
const schedule = exponentialSchedule()

const operators = [
  ['mask', { keep: 0.5 }],
  ['blur', { sigma: 1 }],
  ['clip', { gain: 2 }],
] as const

describe('draws of a Gaussian posterior by diffusion', () => {
  it.each(operators)('are those of one unrolled program, %s', async (name, settings) => {
    const set = batchedObservations(
      await observe(waveOf([ROWS, ...event], 2), {
        operator: { name, settings },
        noise: 0.1,
        range: [-2, 2],
        seed: 3,
      }),
    )
    for (const [iterations, tolerance] of [
      [1, 0],
      [11, 0],
      [24, 1e-2],
    ]) {
      const method = mmps({
        solve: cg({ iterations, tolerance }),
        covariance: gaussianPosteriorCovariance(prior.covariance),
      })
      const unrolled = samplerDraw(
        sampler(
          (batch: ObservationBatch<Tensor>) => method(gaussianDenoiser(prior), set.observation(batch)),
          { steps: 6, schedule, step: ddim() },
        ),
        set,
        prior.mean,
      )
      const pieces = diffusionDraw(prior, set, { steps: 6, schedule, iterations, tolerance })
      const [got, want] = [await pieces(0, ROWS, at), await unrolled(0, ROWS, at)]
      await Promise.all([pieces.release(), unrolled.release()])
      expect(distance(toNumbers(got), toNumbers(want))).toBeLessThan(1e-4)
    }
  })
})

describe('a sampler of a denoiser on the host', () => {
  const D = gaussianDenoiser(prior)
  const hosted = () => {
    const program = jit((x: Tensor, s: Tensor) => D(x, broadcastTo(s, [x.shape[0]])))
    return Object.assign((x: NdArray, s: NdArray) => program(x, s), { release: program.release })
  }

  it.each(['ddim', 'ddpm', 'adams', 'dpm'])('draws as the sampler of the expression, %s', async (name) => {
    const options = { step: stepFrom(name), steps: 8 }
    const [host, whole] = [hostSampler<object>(hosted(), options), sampler<object>(() => D, options)]
    const request = { shape: [3, N], seed: 1, mean: prior.mean }
    const [got, want] = [await host({}, request), await whole({}, request)]
    await Promise.all([host.release(), whole.release()])
    expect(distance(toNumbers(got), toNumbers(want))).toBeLessThan(1e-5)
  })

  it('refuses steps that ask the denoiser twice', () => {
    expect(() => hostSampler(hosted(), { step: stepFrom('heun') })).toThrow(
      /step 'heun' takes 2 answers of the denoiser, expected one here/,
    )
  })
})
