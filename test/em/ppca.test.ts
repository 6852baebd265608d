import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import type { Gaussian } from '../../src/diffusion/index.ts'
import { ppca, ppcaOfMoments } from '../../src/em/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/index.ts'
import { sampleRows } from '../../src/training/index.ts'
import { expectClose, f64 } from '../numbers.ts'
import { denseCovariance, relativeGap, sampleMoments } from './dense.ts'

/** Six published points in three dimensions. */
const points = ndarray([1, 2, 0, 0, 1, 1, 2, 0, 1, 3, 3, 0, -1, 0, 2, 0, -2, 1], [6, 3])

const variance = ({ covariance }: Gaussian): number => {
  if (covariance.kind === 'lowRank' && typeof covariance.variance === 'number') return covariance.variance
  throw new Error(`expected d I + U Uᵀ, got ${covariance.kind}`)
}

describe('PPCA', () => {
  it('of rank 1 has the published mean, noise and covariance', async () => {
    const fit = await ppca(points, 1)
    expectClose(toNumbers(fit.mean), [0.8333333333, 0.6666666667, 0.8333333333], 1e-7)
    expect(variance(fit)).toBeCloseTo(0.5121723113, 9)
    const want = [1.6357076825, 1.4624797371, -0.5503736233, 2.4158480088, -0.7164084839, 0.781777642]
    const S = denseCovariance(fit)
    const upper = [0, 1, 2].flatMap((i) => [0, 1, 2].filter((j) => j >= i).map((j) => S.get(i, j)))
    expectClose(upper, want, 3e-7) // the factor is float32
  })

  it('of full rank keeps the whole covariance, with 1e-6 beside the factor', async () => {
    const fit = await ppca(points, 3)
    expect(variance(fit)).toBe(1e-6)
    expect(relativeGap(denseCovariance(fit), sampleMoments(points).covariance)).toBeLessThan(1e-6)
  })

  it('keeps the trace and the leading eigenvalues, at any rank', async () => {
    const { covariance } = sampleMoments(points)
    for (const rank of [1, 2]) {
      const S = denseCovariance(await ppca(points, rank))
      expect(S.trace()).toBeCloseTo(covariance.trace(), 6)
      const spectrum = (m: Matrix) => new EigenvalueDecomposition(m).realEigenvalues.sort((a, b) => b - a)
      expectClose(spectrum(S).slice(0, rank), spectrum(covariance).slice(0, rank), 1e-6)
    }
  })

  it('by subspace iteration agrees with the whole spectrum, decaying slowly or fast', async () => {
    const n = 60
    const Q = new EigenvalueDecomposition(
      Matrix.from1DArray(n, n, toNumbers(normal(stream(1, 'Q'), [n, n])))
        .mmul(Matrix.eye(n))
        .add(Matrix.from1DArray(n, n, toNumbers(normal(stream(1, 'Q'), [n, n]))).transpose()),
      { assumeSymmetric: true },
    ).eigenvectorMatrix
    for (const decay of [0.9, 0.5]) {
      const lambda = Array.from({ length: n }, (_, i) => decay ** i)
      const C = Q.mmul(Matrix.diag(lambda)).mmul(Q.transpose())
      const rank = 8 // below n / 5: the subspace
      const fit = await ppcaOfMoments(f64(new Float64Array(n)), f64(C.to1DArray(), [n, n]), rank)
      const rest = lambda.slice(rank).reduce((a, b) => a + b, 0) / (n - rank)
      expect(variance(fit)).toBeCloseTo(Math.max(rest, 1e-6), 6)
      const kept = Matrix.diag(lambda.map((v, i) => (i < rank ? v : Math.max(rest, 1e-6))))
      expect(relativeGap(denseCovariance(fit), Q.mmul(kept).mmul(Q.transpose()))).toBeLessThan(1e-4)
    }
  })

  it.each([
    { s: 40, n: 50, rank: 5 },
    { s: 40, n: 50, rank: 30 },
    { s: 6, n: 50, rank: 20 },
    { s: 6, n: 50, rank: 50 },
  ])('of $s samples in $n dimensions, rank $rank, is that of their covariance', async ({ s, n, rank }) => {
    const z = normal(stream(2, 'few'), [s, n]).data
    const samples = ndarray(
      z.map((v, i) => v * 0.9 ** (i % n) + (i % n)),
      [s, n],
    )
    const { mean, covariance } = sampleMoments(samples)
    const want = await ppcaOfMoments(f64(mean), f64(covariance.to1DArray(), [n, n]), rank)
    const fit = await ppca(samples, rank)
    expectClose(toNumbers(fit.mean), toNumbers(want.mean), 1e-5)
    expect(variance(fit)).toBeCloseTo(variance(want), 8)
    expect(relativeGap(denseCovariance(fit), denseCovariance(want))).toBeLessThan(1e-5)
  })

  it.each([
    { s: 40, n: 50, rank: 5 },
    { s: 40, n: 50, rank: 30 },
    { s: 70, n: 50, rank: 5 },
  ])('of $s samples in $n dimensions is the same when they are read in blocks', async ({ s, n, rank }) => {
    const z = normal(stream(3, 'blocks'), [s, n])
    const samples = sampleRows(
      ndarray(
        z.data.map((v, i) => v * 0.9 ** (i % n) + (i % n)),
        [s, n],
      ),
    )
    const whole = await ppca(samples, rank)
    for (const block of [1, 7, s - 1]) {
      const fit = await ppca(samples, rank, { block })
      expect(toNumbers(fit.mean)).toEqual(toNumbers(whole.mean))
      expect(variance(fit)).toBeCloseTo(variance(whole), 10)
      expect(relativeGap(denseCovariance(fit), denseCovariance(whole))).toBeLessThan(1e-6)
    }
  })

  it.each([
    { s: 90, n: 80 },
    { s: 80, n: 90 },
  ])('of $s samples in $n dimensions by passes is that of the matrix', async ({ s, n }) => {
    const z = normal(stream(4, 'passes'), [s, n])
    const samples = sampleRows(
      ndarray(
        z.data.map((v, i) => v * 0.9 ** (i % n) + (i % n)),
        [s, n],
      ),
    )
    const dense = await ppca(samples, 5)
    for (const block of [7, s]) {
      const fit = await ppca(samples, 5, { largest: 20, block })
      expect(toNumbers(fit.mean)).toEqual(toNumbers(dense.mean))
      expect(variance(fit)).toBeCloseTo(variance(dense), 7)
      // Residuals of 1e-3 of each eigenvalue.
      expect(relativeGap(denseCovariance(fit), denseCovariance(dense))).toBeLessThan(1e-3)
      expect(toNumbers(fit.covariance.factor)).not.toEqual(toNumbers(dense.covariance.factor))
    }
  })

  it('survives data that vary in fewer directions than asked for', async () => {
    const flat = ndarray([1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4], [3, 4])
    const fit = await ppca(flat, 2)
    expect(variance(fit)).toBe(1e-6)
    expect(relativeGap(denseCovariance(fit), sampleMoments(flat).covariance)).toBeLessThan(1e-5)
  })

  it.each([0, 4, 1.5])('refuses rank %s of three dimensions', async (rank) => {
    await expect(ppca(points, rank)).rejects.toMatchObject({ code: 'input' })
  })
})
