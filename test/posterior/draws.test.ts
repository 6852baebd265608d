import { describe, expect, it } from 'vitest'
import {
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  preconditioned,
} from '../../src/diffusion/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { mlp } from '../../src/nn/index.ts'
import {
  batchedObservations,
  type ObservationSet,
  simulateObservations,
} from '../../src/observations/index.ts'
import {
  compileMethod,
  gaussianPosteriorCovariance,
  mmps,
  type Prior,
  posteriorDraws,
  priorDraws,
} from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { frozen, NdArray, ndarray, rows, toNumbers, zeros } from '../../src/tensor/index.ts'
import { denseCovariance, relativeGap, sampleMoments } from '../em/dense.ts'
import { expectClose } from '../numbers.ts'

const N = 10
const x = normal(stream(0, 'x'), [N, 4])
const net = mlp({ features: 4, hidden: [16], emb: 8 })
const prior: Prior = { denoiser: preconditioned(net, frozen(net.init(0))), mean: zeros([4]) }
const sampling = { steps: 5, schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 }) }
const range = [-2, 2] as const
const sets: [string, ObservationSet][] = [
  ['masks', simulateObservations(x, { operator: { kind: 'mask', keep: 0.5 }, noise: 0.1, range, seed: 1 })],
  [
    'projections',
    simulateObservations(x, { operator: { kind: 'projection', dimension: 2 }, noise: 0.1, range, seed: 1 }),
  ],
  ['noise alone', simulateObservations(x, { operator: { kind: 'identity' }, noise: 0.1, range, seed: 1 })],
]

describe.each(sets)('posterior draws, %s', (_, set) => {
  it('are the same one at a time, seven at a time, all at once', async () => {
    const draws = (batch: number) => posteriorDraws(prior, set, { sampling, draws: 3, batch, seed: 4 })
    const all = await draws(64)
    expect(all.shape).toEqual([3, N, 4])
    for (const batch of [1, 7]) expectClose((await draws(batch)).data, all.data, 1e-5)
  })

  it('of observation i do not depend on the others, draw k not on how many there are', async () => {
    const all = await posteriorDraws(prior, set, { sampling, draws: 3, seed: 4 })
    const { operator } = set
    const first = (a: NdArray<'float32'>) => rows(a, 0, 4)
    const few: ObservationSet = {
      ...set,
      y: first(set.y),
      operator:
        operator.kind === 'mask'
          ? { kind: 'mask', mask: first(operator.mask) }
          : operator.kind === 'projection'
            ? { kind: 'projection', matrix: first(operator.matrix) }
            : operator,
    }
    const some = await posteriorDraws(prior, few, { sampling, draws: 2, seed: 4 })
    for (const k of [0, 1])
      expectClose(
        some.data.subarray(16 * k, 16 * (k + 1)),
        all.data.subarray(4 * N * k, 4 * N * k + 16),
        1e-5,
      )
    expect(Math.abs(all.data[0] - all.data[4 * N])).toBeGreaterThan(1e-3)
    const other = await posteriorDraws(prior, set, { sampling, draws: 1, seed: 5 })
    expect(Math.abs(all.data[0] - other.data[0])).toBeGreaterThan(1e-3)
  })
})

it('a sampler that is given a seed makes the same draws of the first observations', async () => {
  const [, set] = sets[0]
  const all = await posteriorDraws(prior, set, { sampling, draws: 2, seed: 4 })
  const batched = batchedObservations(set)
  const draw = compileMethod(mmps(), prior.denoiser, batched.observation, sampling)
  for (const k of [0, 1]) {
    const x = await draw(batched.batch(0, 3), { shape: [3, 4], seed: 4, draw: k })
    expectClose(toNumbers(x), all.data.subarray(4 * N * k, 4 * N * k + 12), 1e-5)
  }
  await draw.release()
})

describe('prior draws', () => {
  const gaussian: Gaussian = {
    mean: ndarray([1, -1, 0.5], [3]),
    covariance: lowRank(0.1, ndarray([0.9, 0.3, -0.6], [3, 1])),
  }
  const known: Prior = { denoiser: gaussianDenoiser(gaussian), mean: gaussian.mean }

  it('have the distribution of the prior', async () => {
    const count = 4096
    const draws = await priorDraws(known, [3], count, { sampling: { steps: 128 }, batch: 2048, seed: 0 })
    expect(draws.shape).toEqual([count, 3])
    const { mean, covariance } = sampleMoments(draws)
    expectClose(mean, toNumbers(gaussian.mean), 5 / Math.sqrt(count))
    expect(relativeGap(covariance, denseCovariance(gaussian))).toBeLessThan(5 * Math.sqrt(2 / count))
  })

  it('are the same in any batch, and any number of them', async () => {
    const draws = (count: number, batch: number) =>
      priorDraws(known, [3], count, { sampling, batch, seed: 2 })
    const all = await draws(20, 64)
    for (const batch of [1, 7]) expectClose((await draws(20, batch)).data, all.data, 1e-5)
    expectClose((await draws(5, 64)).data, all.data.subarray(0, 15), 1e-5)
  })

  it('tell how far they are, and stop when told to', async () => {
    const seen: [number, number][] = []
    await priorDraws(known, [3], 10, {
      sampling,
      batch: 4,
      seed: 0,
      onProgress: (done, total) => seen.push([done, total]),
    })
    expect(seen).toEqual([
      [4, 10],
      [8, 10],
      [10, 10],
    ])
    const stopped = priorDraws(known, [3], 10, { sampling, seed: 0, signal: AbortSignal.abort() })
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
      operator: { kind: 'mask', mask: repeated([1, 0]) },
      noise: 0.5,
      range,
    }
    const draws = await posteriorDraws({ denoiser: gaussianDenoiser(gaussian), mean: gaussian.mean }, set, {
      sampling: { steps: 100 },
      batch: count,
      seed: 0,
      posterior: mmps({ covariance: gaussianPosteriorCovariance(gaussian.covariance) }),
    })
    const { mean, covariance } = sampleMoments(new NdArray('float32', [count, 2], draws.data))
    // y / (1 + s²) and s² / (1 + s²) where it was seen, the prior elsewhere.
    expectClose(mean, [0.64, 0], 5 / Math.sqrt(count))
    expectClose(covariance.to1DArray(), [0.2, 0, 0, 1], 5 * Math.sqrt(2 / count))
  })
})
