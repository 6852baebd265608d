import { expect, it } from 'vitest'
import { gaussianStart, spectralGaussian } from '../../src/em/index.ts'
import { covarianceMatrix, lowRank } from '../../src/linalg/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const variance = [0.3, 0.8, 1e-6, 0.5, 0.1]
const factor = [1, 0.2, -0.4, 0.6, 0, 0, 0.7, -0.9, 0.3, 0.1]
const gaussian = {
  mean: ndarray([1, 2, 0, 3, 4], [5]),
  covariance: lowRank(ndarray(variance, [5]), ndarray(factor, [5, 2])),
}

it('is the same Gaussian where its rank suffices, and nothing where nothing varies', async () => {
  const { mean, covariance } = await spectralGaussian(gaussian)
  expect(mean).toBe(gaussian.mean)
  if (covariance.kind !== 'lowRank') throw new Error('eigenpairs and one variance')
  const inside = (matrix: NdArray) =>
    toNumbers(matrix).filter((_, i) => i % 5 !== 2 && Math.floor(i / 5) !== 2)
  expectClose(inside(covarianceMatrix(covariance, 5)), inside(covarianceMatrix(gaussian.covariance, 5)), 1e-6)
  const [, rank] = covariance.factor.shape
  expect(rank).toBe(4)
  expectClose(toNumbers(covariance.factor).slice(2 * rank, 3 * rank), [0, 0, 0, 0], 1e-12)
})

it('a start that is chosen leaves out what lies outside the domain', async () => {
  const [count, size] = [60, 12]
  const x = normal(stream(0, 'x'), [count, 1]).data
  const y = normal(stream(0, 'y'), [count, size]).data.map((z, i) => 0.3 * z + x[Math.floor(i / size)] / 2)
  const valid = new NdArray(
    'float32',
    [size],
    Float32Array.from({ length: size }, (_, p) => (p < 8 ? 1 : 0)),
  )
  const mask = bernoulli(stream(0, 'mask'), 0.8, [count, size]).data.map((m, i) => m * valid.data[i % size])
  const set: ObservationSet = {
    y: new NdArray('float32', [count, size], y),
    operator: maskedBy(new NdArray('float32', [count, size], Float32Array.from(mask)), [size]),
    noise: 0.1,
    range: [-2, 2],
    valid,
  }
  const { mean, covariance } = await gaussianStart(set)
  if (covariance.kind !== 'lowRank' || typeof covariance.variance === 'number')
    throw new Error('a variance for each entry')
  const rank = covariance.factor.shape[1]
  expect(toNumbers(mean).slice(8)).toEqual([0, 0, 0, 0])
  expect(toNumbers(covariance.factor).slice(8 * rank)).toEqual(new Array(4 * rank).fill(0))
  expect(Math.min(...toNumbers(covariance.variance).slice(0, 8))).toBeGreaterThan(1e-3)
  expectClose(toNumbers(covariance.variance).slice(8), new Array(4).fill(1e-6), 1e-12)
})
