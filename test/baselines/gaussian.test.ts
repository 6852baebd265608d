import { inverse, Matrix } from 'ml-matrix'
import { expect, it } from 'vitest'
import { baselineNamed } from '../../src/baselines/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { average, itemAt, ndarray, toNumbers } from '../../src/tensor/index.ts'

const [count, size, noise, iterations] = [60, 4, 0.1, 12]

/** Correlated signals in [−2, 2], half of their entries hidden. In these units data and prior agree. */
const set = (): ObservationSet => {
  const shape = [count, size]
  const z = normal(stream(0, 'x'), shape)
  const common = normal(stream(0, 'common'), [count])
  const n = normal(stream(0, 'n'), shape)
  const mask = bernoulli(stream(0, 'mask'), 0.5, shape)
  const y = Array.from(z.data, (v, k) => {
    const x = 0.3 + 0.7 * common.data[Math.floor(k / size)] + 0.2 * v
    return mask.data[k] * (x + noise * n.data[k])
  })
  return { y: ndarray(y, shape), operator: maskedBy(mask, [size]), noise, range: [-2, 2] }
}

/** K = Σ Aᵀ (A Σ Aᵀ + s² I)⁻¹ of the seen entries, and the posterior that it makes. */
const posterior = (mu: Matrix, S: Matrix, y: number[], seen: number[]) => {
  if (seen.length === 0) return { mean: mu, covariance: S }
  const A = Matrix.zeros(seen.length, size)
  seen.forEach((p, row) => {
    A.set(row, p, 1)
  })
  const C = A.mmul(S)
    .mmul(A.transpose())
    .add(Matrix.eye(seen.length).mul(noise ** 2))
  const K = S.mmul(A.transpose()).mmul(inverse(C))
  const own = Matrix.columnVector(seen.map((p) => y[p]))
  return {
    mean: Matrix.add(mu, K.mmul(Matrix.sub(own, A.mmul(mu)))),
    covariance: Matrix.sub(S, K.mmul(A).mmul(S)),
  }
}

it('the Gaussian baseline is the posterior after dense EM', async () => {
  const data = set()
  const rows = Array.from({ length: count }, (_, i) => {
    const mask = toNumbers(itemAt(data.operator.parameters.mask, i))
    return { y: toNumbers(itemAt(data.y, i)), seen: mask.flatMap((m, p) => (m === 1 ? [p] : [])) }
  })
  let [mu, S] = [Matrix.zeros(size, 1), Matrix.eye(size)]
  for (let k = 0; k < iterations; k++) {
    const [first, second] = [Matrix.zeros(size, 1), Matrix.zeros(size, size)]
    for (const { y, seen } of rows) {
      const { mean, covariance } = posterior(mu, S, y, seen)
      first.add(Matrix.div(mean, count))
      second.add(Matrix.add(mean.mmul(mean.transpose()), covariance).div(count))
    }
    mu = first
    S = second.sub(first.mmul(first.transpose()))
  }
  const draws = 1500
  const found = await baselineNamed('gaussian').make({ iterations, rank: size })(data, { draws, seed: 0 })
  for (const i of [0, 7, 31]) {
    const { mean, covariance } = posterior(mu, S, rows[i].y, rows[i].seen)
    const own = toNumbers(itemAt(found.mean, i))
    for (let p = 0; p < size; p++) {
      expect(own[p]).toBeCloseTo(mean.get(p, 0), 3)
      const values = Array.from(
        { length: draws },
        (_, k) => Number(found.draws?.data[(k * count + i) * size + p]) - mean.get(p, 0),
      )
      const spread = Math.sqrt(covariance.get(p, p))
      expect(Math.abs(average(values))).toBeLessThan((4.5 * spread) / Math.sqrt(draws))
      expect(Math.sqrt(average(values.map((v) => v * v))) / spread).toBeCloseTo(1, 1)
    }
  }
})
