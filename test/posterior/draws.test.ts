import { describe, expect, it } from 'vitest'
import {
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  type Prior,
  preconditioned,
} from '../../src/diffusion/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { mlp } from '../../src/nn/index.ts'
import {
  batchedObservations,
  maskedBy,
  type ObservationSet,
  type OperatorSetting,
  observationRows,
  observe,
} from '../../src/observations/index.ts'
import { applyAffine, type DataRange, fromPrior, toPrior } from '../../src/operators/index.ts'
import {
  compileMethod,
  gaussianPosteriorCovariance,
  mmps,
  posteriorDraws,
  priorDraws,
} from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { float32, frozen, NdArray, ndarray, toNumbers, zeros } from '../../src/tensor/index.ts'
import { denseCovariance, relativeGap, sampleMoments } from '../em/dense.ts'
import { expectClose } from '../numbers.ts'

const N = 10
const x = normal(stream(0, 'x'), [N, 4])
const net = mlp({ features: 4, hidden: [16], emb: 8 })
const range = [-2, 2] as const
const prior: Prior = {
  denoiser: preconditioned(net, frozen(net.init(0))),
  event: [4],
  mean: zeros([4]),
  schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 }),
  range,
}
const sampling = { steps: 5 }
const simulated = (operator: OperatorSetting): Promise<ObservationSet> =>
  observe(x, { operator, noise: 0.1, range, seed: 1 })
const sets: [string, ObservationSet][] = [
  ['masks', await simulated({ name: 'mask', settings: { keep: 0.5 } })],
  ['projections', await simulated({ name: 'projection', settings: { dimension: 2 } })],
  ['noise alone', await simulated({ name: 'identity' })],
]

describe.each(sets)('posterior draws, %s', (_, set) => {
  it('are the same one at a time, seven at a time, all at once', async () => {
    const draws = (batch: number) => posteriorDraws(prior, set, { ...sampling, draws: 3, batch, seed: 4 })
    const all = await draws(64)
    expect(all.shape).toEqual([3, N, 4])
    for (const batch of [1, 7]) expectClose((await draws(batch)).data, all.data, 1e-5)
  })

  it('of observation i do not depend on the others, draw k not on how many there are', async () => {
    const all = await posteriorDraws(prior, set, { ...sampling, draws: 3, seed: 4 })
    const few = observationRows(set, 0, 4)
    const some = await posteriorDraws(prior, few, { ...sampling, draws: 2, seed: 4 })
    for (const k of [0, 1])
      expectClose(
        some.data.subarray(16 * k, 16 * (k + 1)),
        all.data.subarray(4 * N * k, 4 * N * k + 16),
        1e-5,
      )
    expect(Math.abs(all.data[0] - all.data[4 * N])).toBeGreaterThan(1e-3)
    const other = await posteriorDraws(prior, set, { ...sampling, draws: 1, seed: 5 })
    expect(Math.abs(all.data[0] - other.data[0])).toBeGreaterThan(1e-3)
  })
})

it('a sampler that is given a seed makes the same draws of the first observations', async () => {
  const [, set] = sets[0]
  const all = await posteriorDraws(prior, set, { ...sampling, draws: 2, seed: 4 })
  const batched = batchedObservations(set, prior.range)
  const { denoiser, schedule } = prior
  const draw = compileMethod(mmps(), denoiser, batched.observation, { schedule, ...sampling })
  for (const k of [0, 1]) {
    const x = await draw(batched.batch(0, 3), { shape: [3, 4], seed: 4, draw: k })
    const inData = applyAffine(fromPrior(prior.range), float32(x))
    expectClose(inData.data, all.data.subarray(4 * N * k, 4 * N * k + 12), 1e-5)
  }
  await draw.release()
})

it.each(sets)('draws are in the units of the data: %s', async (_, set) => {
  const units: DataRange = [0, 10]
  const { name, settings } = set.operator
  const data = await observe(applyAffine(fromPrior(units), x), {
    operator: { name, settings },
    noise: 0.25,
    range: units,
    seed: 1,
  })
  const draws = await posteriorDraws({ ...prior, range: units }, data, { ...sampling, draws: 2, seed: 4 })
  const want = await posteriorDraws(prior, set, { ...sampling, draws: 2, seed: 4 })
  expectClose(applyAffine(toPrior(units), draws).data, want.data, 5e-4) // of float32
})

it('of a prior of other signals there are none', async () => {
  const other = { ...prior, event: [1, 4] }
  await expect(posteriorDraws(other, sets[0][1], { ...sampling, seed: 0 })).rejects.toThrow(
    /the observations are of signals \[4\], the prior knows \[1,4\]/,
  )
})

describe('prior draws', () => {
  const gaussian: Gaussian = {
    mean: ndarray([1, -1, 0.5], [3]),
    covariance: lowRank(0.1, ndarray([0.9, 0.3, -0.6], [3, 1])),
  }
  const known: Prior = {
    denoiser: gaussianDenoiser(gaussian),
    event: [3],
    mean: gaussian.mean,
    schedule: exponentialSchedule(),
    range,
  }

  it('have the distribution of the prior', async () => {
    const count = 4096
    const draws = await priorDraws(known, count, { steps: 128, batch: 2048, seed: 0 })
    expect(draws.shape).toEqual([count, 3])
    const { mean, covariance } = sampleMoments(draws)
    expectClose(mean, toNumbers(gaussian.mean), 5 / Math.sqrt(count))
    expect(relativeGap(covariance, denseCovariance(gaussian))).toBeLessThan(5 * Math.sqrt(2 / count))
  })

  it('are the same in any batch, and any number of them', async () => {
    const draws = (count: number, batch: number) => priorDraws(known, count, { ...sampling, batch, seed: 2 })
    const all = await draws(20, 64)
    for (const batch of [1, 7]) expectClose((await draws(20, batch)).data, all.data, 1e-5)
    expectClose((await draws(5, 64)).data, all.data.subarray(0, 15), 1e-5)
  })

  it('tell how far they are, and stop when told to', async () => {
    const seen: [number, number][] = []
    await priorDraws(known, 10, {
      ...sampling,
      batch: 4,
      seed: 0,
      onProgress: (done, total) => seen.push([done, total]),
    })
    expect(seen).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ])
    const stopped = priorDraws(known, 10, { ...sampling, seed: 0, signal: AbortSignal.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe('posterior draws of a Gaussian', () => {
  it('with its own covariance in the guidance, are those of p(x | y)', async () => {
    const gaussian: Gaussian = { mean: zeros([2]), covariance: { kind: 'isotropic', variance: 1 } }
    const count = 4000
    const repeated = (row: number[]) =>
      new NdArray(
        'float32',
        [count, 2],
        Float32Array.from({ length: 2 * count }, (_, i) => row[i % 2]),
      )
    const set: ObservationSet = {
      y: repeated([0.8, 0]),
      operator: maskedBy(repeated([1, 0]), [2]),
      noise: 0.5,
      range,
    }
    const known: Prior = {
      denoiser: gaussianDenoiser(gaussian),
      event: [2],
      mean: gaussian.mean,
      schedule: exponentialSchedule(),
      range,
    }
    const draws = await posteriorDraws(known, set, {
      steps: 100,
      batch: count,
      seed: 0,
      method: mmps({ covariance: gaussianPosteriorCovariance(gaussian.covariance) }),
    })
    const { mean, covariance } = sampleMoments(new NdArray('float32', [count, 2], draws.data))
    // y / (1 + s²) and s² / (1 + s²) where it was seen, the prior elsewhere.
    expectClose(mean, [0.64, 0], 5 / Math.sqrt(count))
    expectClose(covariance.to1DArray(), [0.2, 0, 0, 1], 5 * Math.sqrt(2 / count))
  })
})
