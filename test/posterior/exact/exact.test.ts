import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { covariance, posterior, problems, SIZE } from '../../exact/circulant.ts'
import { determinism } from '../../exact/determinism.ts'
import { emPath, largestFall } from '../../exact/em.ts'
import { sparseGates } from '../../exact/levy/sparse-gates.ts'
import { mcgGates } from '../../exact/mcg.ts'
import { outputs, relativeDistance, samplerGap, varianceRatio } from '../../exact/sampling.ts'
import { solving } from '../../exact/solving.ts'

/** The gates of `npm run bench -- exact` that take seconds. */
describe('a Gaussian prior in 32 dimensions', () => {
  it('has the spectrum 1/(1 + |f|)²', () => {
    const S = covariance()
    for (const f of [0, 1, 5, 16]) {
      const wave = Matrix.columnVector(
        Array.from({ length: SIZE }, (_, i) => Math.cos((2 * Math.PI * f * i) / SIZE)),
      )
      const gap = S.mmul(wave).sub(wave.mul(1 / (1 + f) ** 2))
      expect(gap.abs().max()).toBeLessThan(1e-13)
    }
  })

  it.each(problems())('MMPS with 64 steps: published distance and variance, $name', async (problem) => {
    const { ddpm, ddim } = await outputs(problem, 64)
    expect(relativeDistance(problem, ddpm)).toBeGreaterThan(0.075)
    expect(relativeDistance(problem, ddpm)).toBeLessThan(0.083)
    expect(relativeDistance(problem, ddim)).toBeLessThan(0.045)
    expect(Math.abs(varianceRatio(problem, ddpm) / 0.846 - 1)).toBeLessThan(0.01)
  })

  it('the sampler itself follows the propagated mean', async () => {
    const [problem] = problems()
    const { ddpm } = await outputs(problem, 16)
    expect(await samplerGap(problem, 16, ddpm)).toBeLessThan(1e-10)
  })

  it('the distance is 0 for the posterior itself, and sees a wrong mean and a wrong variance', () => {
    const [problem] = problems()
    const { K, C } = posterior(problem)
    expect(relativeDistance(problem, { K, covariance: C })).toBeLessThan(1e-6)
    expect(relativeDistance(problem, { K: Matrix.mul(K, 1.1), covariance: C })).toBeGreaterThan(0.05)
    const doubled = relativeDistance(problem, { K, covariance: Matrix.mul(C, 4) })
    expect(doubled).toBeCloseTo(1, 6) // W between N(0, C) and N(0, 4C) is √tr C
  })
})

it.each([
  { name: 'solvers', gates: solving },
  { name: 'determinism', gates: determinism },
  { name: 'MCG', gates: mcgGates },
  { name: 'walks with sparse increments', gates: sparseGates },
])('the gates of $name hold', async ({ gates }) => {
  expect((await gates()).filter(({ pass }) => !pass)).toEqual([])
})

it('EM on a Gaussian seen through projections comes closer with every few steps', async () => {
  const { errors, likelihoods } = await emPath(0, { count: 16384, steps: 12, watched: 16384 })
  expect(errors[0]).toBeGreaterThan(0.5)
  expect(errors[3]).toBeLessThan(0.4)
  expect(errors[11]).toBeLessThan(0.15)
  expect(largestFall(likelihoods)).toBeLessThan(1e-3)
})
