import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { exponentialSchedule, type Gaussian } from '../../src/diffusion/index.ts'
import { type GaussianEStep, gaussianDraw, gaussianStart, posteriorMoments } from '../../src/em/index.ts'
import {
  batchedObservations,
  maskedBy,
  type ObservationSet,
  projectedBy,
  unchanged,
} from '../../src/observations/index.ts'
import { drawAll } from '../../src/posterior/index.ts'
import { stream } from '../../src/random/index.ts'
import { NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { emPath, fitError, largestFall, logLikelihood, observed } from '../exact/em.ts'
import { expectClose, wave } from '../numbers.ts'
import { denseCovariance, relativeGap, sampleMoments } from './dense.ts'

const exact: GaussianEStep = { kind: 'exact', iterations: 5, tolerance: 0 }
const diffusion: GaussianEStep = {
  kind: 'diffusion',
  steps: 128,
  iterations: 5,
  tolerance: 0,
  schedule: exponentialSchedule(),
}

/** A correlated prior in four dimensions; the columns of the factor are orthogonal, as PPCA's are. */
const prior: Gaussian = {
  mean: ndarray([0.5, -1, 0.2, 0.8], [4]),
  covariance: {
    kind: 'lowRank',
    variance: 0.2,
    factor: ndarray([0.9, 0.2, 0.9, -0.2, 0.3, 0.6, -0.3, 0.6], [4, 2]),
  },
}
const noise = 0.3

const sets: { name: string; A: Matrix; set: (count: number) => ObservationSet }[] = [
  {
    name: 'projection',
    A: Matrix.from1DArray(2, 4, wave(8, 2)),
    set: (count) => {
      const rows = Float32Array.from({ length: 8 * count }, (_, i) => wave(8, 2)[i % 8])
      return of(count, [0.7, -0.4], projectedBy(new NdArray('float32', [count, 2, 4], rows)))
    },
  },
  {
    name: 'twice a projection',
    A: Matrix.from1DArray(2, 4, wave(8, 2)).mul(2),
    set: (count) => {
      const rows = Float32Array.from({ length: 8 * count }, (_, i) => wave(8, 2)[i % 8])
      return of(count, [0.7, -0.4], {
        name: 'scale',
        settings: { factor: 2 },
        of: [{ name: 'projection', settings: {} }],
        event: [4],
        parameters: { '0.matrix': new NdArray('float32', [count, 2, 4], rows) },
      })
    },
  },
  {
    name: 'mask',
    A: new Matrix([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ]),
    set: (count) => {
      const rows = Float32Array.from({ length: 4 * count }, (_, i) => [1, 0, 1, 0][i % 4])
      return of(count, [0.7, 0, -0.4, 0], maskedBy(new NdArray('float32', [count, 4], rows), [4]))
    },
  },
  {
    name: 'identity',
    A: Matrix.eye(4),
    set: (count) => of(count, [0.7, 0.1, -0.4, 0.3], unchanged([4])),
  },
]

/** `count` times the same observation. */
const of = (count: number, y: number[], operator: ObservationSet['operator']): ObservationSet => ({
  y: new NdArray(
    'float32',
    [count, y.length],
    Float32Array.from({ length: count * y.length }, (_, i) => y[i % y.length]),
  ),
  operator,
  noise,
  range: [-2, 2],
})

/** P = (Σ⁻¹ + AᵀA/s²)⁻¹ and P (Σ⁻¹ μ + Aᵀ y/s²): the information form, where the code has the gain. */
const posterior = (A: Matrix, y: number[]) => {
  const S = inverse(denseCovariance(prior))
  const P = inverse(
    Matrix.add(
      S,
      A.transpose()
        .mmul(A)
        .div(noise ** 2),
    ),
  )
  const b = S.mmul(Matrix.columnVector(toNumbers(prior.mean))).add(
    A.transpose()
      .mmul(Matrix.columnVector(y))
      .div(noise ** 2),
  )
  return { mean: P.mmul(b).to1DArray(), covariance: P }
}

describe.each(sets)('E-step under a Gaussian, $name', ({ name, A, set }) => {
  const seen = toNumbers(set(1).y).filter((_, i) => name !== 'mask' || i % 2 === 0)
  const want = posterior(A, seen)

  it('has the posterior moments in closed form', async () => {
    const { mean, covariance } = await posteriorMoments(prior, set(3), 3)
    expectClose(toNumbers(mean), want.mean, 1e-6)
    expectClose(toNumbers(covariance), want.covariance.to1DArray(), 1e-6)
  })

  it.each([exact, diffusion])('draws with these moments, $kind', async (how) => {
    const count = how.kind === 'exact' ? 4096 : 1024
    const batched = batchedObservations(set(count))
    const draw = gaussianDraw(prior, batched, how)
    const address = { stream: (purpose: string) => stream(5, purpose), lap: 0 }
    const got = sampleMoments(await drawAll(draw, batched, address, { batch: 2048 }))
    await draw.release()
    // Five standard errors of the mean and of the covariance.
    const deviation = Math.sqrt(Math.max(...want.covariance.diagonal()) / count)
    expectClose(got.mean, want.mean, 5 * deviation)
    expect(relativeGap(got.covariance, want.covariance)).toBeLessThan(5 * Math.sqrt(2 / count))
  })
})

describe('the mixture of posteriors', () => {
  it('has the mean of the means, and their spread in its covariance', async () => {
    const { A, set } = sets[0]
    const [one, two] = [set(1), set(1)]
    const other = { ...two, y: new NdArray('float32', [1, 2], Float32Array.from([-1.5, 0.9])) }
    const both: ObservationSet = {
      ...one,
      y: new NdArray('float32', [2, 2], Float32Array.from([...one.y.data, ...other.y.data])),
      operator: set(2).operator,
    }
    const [a, b] = [posterior(A, toNumbers(one.y)), posterior(A, toNumbers(other.y))]
    const { mean, covariance } = await posteriorMoments(prior, both, 2)
    expectClose(
      toNumbers(mean),
      a.mean.map((v, i) => (v + b.mean[i]) / 2),
      1e-6,
    )
    const half = Matrix.columnVector(a.mean.map((v, i) => (v - b.mean[i]) / 2))
    const P = Matrix.add(a.covariance, half.mmul(half.transpose()))
    expectClose(toNumbers(covariance), P.to1DArray(), 1e-6)
  })
})

describe('the Gaussian start', () => {
  it('comes to the truth by EM, and the likelihood rises', async () => {
    const { errors, likelihoods } = await emPath(0, { count: 8192, steps: 16 })
    expect(errors[15]).toBeLessThan(0.1) // 0.079 with eight times the observations
    expect(errors[15]).toBeLessThan(errors[3] / 2)
    expect(largestFall(likelihoods)).toBeLessThan(0.01)
  })

  it('never loses likelihood when the E-step is in closed form', async () => {
    const set = observed(3, 512)
    const likelihoods: number[] = []
    await gaussianStart(set, {
      rank: 5,
      iterations: 12,
      eStep: { kind: 'moments' },
      onIteration: (_done, _total, fit) => likelihoods.push(logLikelihood(fit, set)),
    })
    expect(likelihoods).toHaveLength(12)
    expect(likelihoods[11]).toBeGreaterThan(likelihoods[0] + 0.1)
    expect(largestFall(likelihoods)).toBeLessThan(1e-5)
  })

  it('is the same by exact draws, by diffusion and in closed form', async () => {
    const set = observed(1, 2048)
    const error = async (eStep: GaussianEStep | { kind: 'moments' }) =>
      fitError(await gaussianStart(set, { rank: 5, iterations: 4, batch: 2048, eStep }), 1)
    const closed = await error({ kind: 'moments' })
    expect(Math.abs((await error(exact)) - closed)).toBeLessThan(0.02)
    expect(Math.abs((await error({ ...diffusion, steps: 64 })) - closed)).toBeLessThan(0.02)
  })

  it('depends on the seed and the observations counted, not on the batch', async () => {
    const set = observed(2, 300)
    const options = { rank: 3, iterations: 3, eStep: exact, count: 200, seed: 1 }
    const fit = await gaussianStart(set, { ...options, batch: 200 })
    const first = { ...set, y: new NdArray('float32', [200, 2], set.y.data.subarray(0, 400)) }
    const matrix = rows(set.operator.parameters.matrix, 0, 200)
    const alone = await gaussianStart(
      { ...first, operator: projectedBy(matrix) },
      { ...options, count: undefined, batch: 64 },
    )
    expect(relativeGap(denseCovariance(alone), denseCovariance(fit))).toBeLessThan(1e-5)
    const other = await gaussianStart(set, { ...options, seed: 2 })
    expect(relativeGap(denseCovariance(other), denseCovariance(fit))).toBeGreaterThan(1e-3)
  })

  it('stops when it is told to', async () => {
    await expect(gaussianStart(observed(0, 64), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})
