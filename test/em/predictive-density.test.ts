import { inverse, Matrix } from 'ml-matrix'
import { expect, it } from 'vitest'
import { type FactorGaussian, predictiveLogDensities } from '../../src/em/predictive-density.ts'
import { correlationOf, partialCholesky, withField } from '../../src/em/residual-kernel.ts'
import type { SeenEntries } from '../../src/em/seen-entries.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average } from '../../src/tensor/index.ts'
import { wave } from '../numbers.ts'

/** Their mean. */
const predictiveLogDensity = (of: FactorGaussian, whole: SeenEntries, part: SeenEntries): number =>
  average(predictiveLogDensities(of, whole, part))

const [size, rank] = [6, 2]
const gaussian = {
  mean: Float64Array.from(wave(size, 1)),
  variance: Float64Array.of(0.3, 0.1, 0.5, 0.2, 0.05, 0.4),
  factor: Float64Array.from(wave(size * rank, 3)),
}
const noise = Float64Array.from({ length: 2 * size }, (_, i) => 0.01 * (1 + (i % 3)))
const y = Float64Array.from(normal(stream(0, 'y'), [2 * size]).data, Number)
const entries = (seen: readonly number[]): SeenEntries => ({
  count: 2,
  size,
  seen: Uint8Array.from(seen),
  noise,
  y: y.map((v, i) => (seen[i] === 0 ? 0 : v)),
})
const all = entries([1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1])
const given = entries([1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1])

const dense = ({ variance, factor }: FactorGaussian): Matrix => {
  const U = Matrix.from1DArray(size, factor.length / size, Array.from(factor))
  return U.mmul(U.transpose()).add(Matrix.diag(Array.from(variance)))
}

/** By the inverse of the whole covariance of what is given. */
const expected = (S: Matrix): number => {
  const terms: number[] = []
  for (let i = 0; i < 2; i++) {
    const at = (of: SeenEntries) =>
      Array.from({ length: size }, (_, p) => p).filter((p) => of.seen[i * size + p])
    const g = at(given)
    const C = S.selection(g, g).add(Matrix.diag(g.map((p) => noise[i * size + p])))
    const r = Matrix.columnVector(g.map((p) => y[i * size + p] - gaussian.mean[p]))
    for (const p of at(all).filter((q) => !g.includes(q))) {
      const k = S.selection([p], g).mmul(inverse(C))
      const mean = gaussian.mean[p] + k.mmul(r).get(0, 0)
      const v = S.get(p, p) + noise[i * size + p] - k.mmul(S.selection(g, [p])).get(0, 0)
      terms.push(-(Math.log(2 * Math.PI * v) + (y[i * size + p] - mean) ** 2 / v) / 2)
    }
  }
  expect(terms).toHaveLength(3)
  return terms.reduce((a, b) => a + b, 0) / 3
}

it('the predictive density of held entries is that of the dense Gaussian', () => {
  expect(predictiveLogDensity(gaussian, all, given)).toBeCloseTo(expected(dense(gaussian)), 10)
})

it.each(['exponential', 'matern32'] as const)(
  'a field in the rest is what its formula says: %s',
  (kernel) => {
    const places = { channels: 2, points: [[0], [1], [2]] }
    const field = { kernel, range: 1.7, share: 0.8, scale: 1.3, channels: 0.5 }
    const R = correlationOf(places, field)
    const wide = withField(gaussian, partialCholesky(size, R, size), field)
    const rho = (d: number): number =>
      kernel === 'exponential'
        ? Math.exp(-d / 1.7)
        : (1 + (Math.sqrt(3) * d) / 1.7) * Math.exp((-Math.sqrt(3) * d) / 1.7)
    const S = dense({ ...gaussian, variance: new Float64Array(size) })
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const correlation = rho(Math.abs((i % 3) - (j % 3))) * (i < 3 === j < 3 ? 1 : 0.5)
        const s = Math.sqrt(gaussian.variance[i] * gaussian.variance[j])
        S.set(i, j, S.get(i, j) + 1.3 * s * (0.8 * correlation + (i === j ? 0.2 : 0)))
      }
    expect(Matrix.sub(dense(wide), S).norm()).toBeLessThan(1e-10)
    expect(predictiveLogDensity(wide, all, given)).toBeCloseTo(expected(S), 8)
  },
)

it('few columns of correlations leave the diagonal as it is', () => {
  const R = correlationOf(
    { channels: 1, points: Array.from({ length: 20 }, (_, i) => [i]) },
    { kernel: 'matern32', range: 4, channels: 0 },
  )
  const { columns, L, rest } = partialCholesky(20, R, 5)
  expect(columns).toBe(5)
  for (let i = 0; i < 20; i++) {
    const own = L.subarray(i * 5, i * 5 + 5).reduce((a, b) => a + b * b, 0)
    expect(own + rest[i]).toBeCloseTo(1, 12)
    expect(rest[i]).toBeGreaterThanOrEqual(0)
  }
})
