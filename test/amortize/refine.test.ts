/** Draws that are wrong on purpose, of a posterior that is known: what weights and steps make of them. */
import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { refine, weigh } from '../../src/amortize/index.ts'
import { ddpm, predictorCorrector } from '../../src/diffusion/index.ts'
import { maskedBy } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { ndarray, toNumbers } from '../../src/tensor/index.ts'
import {
  eigen,
  errorsAgainst,
  KEPT,
  momentsOf,
  NOISE,
  posterior,
  prior,
  SIZE,
  Y,
} from './gaussian-problem.ts'

const K = 4000
const LEVELS = { range: [0, 1] as const, denoiser: prior, sigmaMin: 1e-3, sigmaMax: 50 }

/** Units of the data [0, 1]: x = (x' + 2)/4. */
const inData = (values: readonly number[]): number[] => values.map((v) => (v + 2) / 4)
const fromData = (values: ArrayLike<number>): number[] => Array.from(values, (v) => 4 * v - 2)

const set = {
  y: ndarray(
    inData(Y).map((v, i) => v * KEPT[i]),
    [1, SIZE],
  ),
  operator: maskedBy(ndarray(KEPT, [1, SIZE]), [SIZE]),
  noise: NOISE / 4,
  range: [0, 1],
} as const

const { Q, values } = eigen(posterior.covariance)
const root = Q.mmul(Matrix.diag(values.map(Math.sqrt))).mmul(Q.transpose())

/** Draws of N(mean + shift · √C 1, scale² C), with their log-density in units of the data. */
const wrongDraws = (shift: number, scale: number) => {
  const z = Matrix.from1DArray(K, SIZE, toNumbers(normal(stream(3, 'wrong'), [K, SIZE])))
  const x = z
    .mmul(root)
    .mul(scale)
    .addRowVector(
      posterior.mean
        .clone()
        .add(root.mmul(Matrix.ones(SIZE, 1)).mul(shift))
        .to1DArray(),
    )
  const logdet = values.reduce((sum, v) => sum + Math.log(v) / 2 + Math.log(scale / 4), 0)
  const logq = z.to2DArray().map((row) => -row.reduce((sum, v) => sum + v * v, 0) / 2 - logdet)
  return {
    x,
    draws: ndarray(inData(x.to1DArray()), [K, 1, SIZE]),
    logq: ndarray(logq, [K, 1]),
  }
}

const rowsOf = (draws: ArrayLike<number>): Matrix => Matrix.from1DArray(K, SIZE, fromData(draws))

describe('importance weights', () => {
  it('move mean and covariance at least five times nearer, and know that they can', async () => {
    const { x, ...drawn } = wrongDraws(0.5, 1.3)
    const before = errorsAgainst(momentsOf(x), posterior)
    const out = await weigh(LEVELS, set, drawn, { evaluations: 64, batch: 1000, seed: 1 })
    const after = errorsAgainst(momentsOf(x, toNumbers(out.weights)), posterior)
    expect(after.mean).toBeLessThan(before.mean / 5)
    expect(after.covariance).toBeLessThan(before.covariance / 5)
    expect(out.paretoK.data[0]).toBeLessThan(0.7)
    expect(out.effective.data[0]).toBeGreaterThan(0.2 * K)
    const mean = Matrix.columnVector(fromData(out.weightedMean.data))
    expect(Matrix.sub(mean, momentsOf(x, toNumbers(out.weights)).mean).norm()).toBeLessThan(1e-5)
    const stds = posterior.covariance.diagonal().map((v) => Math.sqrt(v) / 4)
    for (const [j, s] of stds.entries()) expect(out.weightedSpread.data[j] / s).toBeCloseTo(1, 1)
  }, 60_000)

  it('are those of the densities: nearly equal for draws of the posterior itself', async () => {
    const { x: _, ...drawn } = wrongDraws(0, 1)
    const { effective, paretoK } = await weigh(LEVELS, set, drawn, { batch: 1000, seed: 1 })
    expect(effective.data[0]).toBeGreaterThan(0.98 * K)
    expect(paretoK.data[0]).toBeLessThan(0.3)
  }, 60_000)

  it('say when draws are too narrow to be repaired', async () => {
    const { x: _, ...drawn } = wrongDraws(1, 0.5)
    const { paretoK } = await weigh(LEVELS, set, drawn, { batch: 1000, seed: 1 })
    expect(paretoK.data[0]).toBeGreaterThan(0.7)
  }, 60_000)
})

describe('steps from a draw', () => {
  const { x, draws } = wrongDraws(1, 0.5)
  const before = errorsAgainst(momentsOf(x), posterior)

  it('leave of an error what noise and posterior say, by ancestral steps', async () => {
    const from = 0.5
    const out = await refine(LEVELS, set, draws, { steps: 64, from, batch: 1000, seed: 2 })
    // G = C (C + σ²)⁻¹: the mean m + G e, the covariance C − G C + G (V + σ²) Gᵀ with V = C/4.
    const C = posterior.covariance
    const G = C.mmul(inverse(Matrix.add(C, Matrix.eye(SIZE).mul(from ** 2))))
    const e = root.mmul(Matrix.ones(SIZE, 1))
    const V = Matrix.add(Matrix.mul(C, 0.25), Matrix.eye(SIZE).mul(from ** 2))
    const want = {
      mean: Matrix.add(posterior.mean, G.mmul(e)),
      covariance: Matrix.sub(C, G.mmul(C)).add(G.mmul(V).mmul(G.transpose())),
    }
    const got = errorsAgainst(momentsOf(rowsOf(out.data)), want)
    expect(got.mean).toBeLessThan(0.04)
    expect(got.covariance).toBeLessThan(0.08)
  }, 60_000)

  it.each([ddpm(), predictorCorrector()])(
    'bring mean and covariance three times nearer: $name',
    async (step) => {
      const out = await refine(LEVELS, set, draws, { step, steps: 24, from: 3, batch: 1000, seed: 2 })
      const after = errorsAgainst(momentsOf(rowsOf(out.data)), posterior)
      expect(after.mean).toBeLessThan(before.mean / 3)
      expect(after.covariance).toBeLessThan(before.covariance / 3)
    },
    60_000,
  )

  it('refuse levels that the prior does not know', async () => {
    await expect(refine(LEVELS, set, draws, { from: 100, seed: 0 })).rejects.toThrow(/up to 50, got 100/)
  })
})
