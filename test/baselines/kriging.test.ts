import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../../src/baselines/fields.ts'
import { baselineNamed } from '../../src/baselines/index.ts'
import { krigingFit } from '../../src/baselines/kriging-fit.ts'
import { correlationProducts } from '../../src/baselines/products.ts'
import { correlations, kernels } from '../../src/em/matern.ts'
import { placesOf } from '../../src/em/places.ts'
import { denseCholesky } from '../../src/linalg/index.ts'
import { maskedBy, type ObservationSet, observe, projectedBy } from '../../src/observations/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import { average, itemAt, NdArray, ndarray, type Shape, toNumbers } from '../../src/tensor/index.ts'

const fitOf = async (set: ObservationSet, kernel: keyof typeof kernels = 'exponential') => {
  const { points, channels } = placesOf(set)
  const [fields, products] = [fieldsOf(set, channels), correlationProducts()]
  const scale = set.range[1] - set.range[0]
  try {
    return await krigingFit({ fields, points, kernel: kernels[kernel], scale, products, seed: 0 })
  } finally {
    await fields.release()
    await products.release()
  }
}

/** Fields [N, 1, side, side] of a kernel, with means of their own. */
const simulated = (
  count: number,
  side: number,
  { kernel, range, tau }: { kernel: keyof typeof kernels; range: number; tau: number },
): NdArray<'float32'> => {
  const event = [1, side, side]
  const { points } = placesOf({ operator: { name: 'identity', settings: {}, event, parameters: {} } })
  const root = denseCholesky(correlations(points, kernels[kernel], range), points.length)
  const z = normal(stream(3, 'fields'), [count, points.length])
  const data = Array.from({ length: count }, (_, i) =>
    Array.from(root.times(itemAt(z, i).data), (v) => 0.1 * i + tau * v),
  )
  return ndarray(data.flat(), [count, ...event])
}

const masked = (x: NdArray<'float32'>, keep: number, noise: number): ObservationSet => {
  const mask = bernoulli(stream(1, 'mask'), keep, x.shape)
  const n = normal(stream(1, 'noise'), x.shape)
  const y = ndarray(
    Array.from(x.data, (v, i) => mask.data[i] * (v + noise * n.data[i])),
    x.shape,
  )
  return { y, operator: maskedBy(mask, x.shape.slice(1)), noise, range: [-1, 2] }
}

/** The Gaussian posterior under N(0, τ² R + b² 1 1ᵀ), b large: written out. */
const posterior = (R: Float64Array, tau2: number, A: Matrix, y: number[], noise: number) => {
  const p = A.columns
  const S = Matrix.from1DArray(p, p, [...R])
    .mul(tau2)
    .add(1e5)
  const C = A.mmul(S)
    .mmul(A.transpose())
    .add(Matrix.eye(A.rows).mul(noise ** 2))
  const K = S.mmul(A.transpose()).mmul(inverse(C))
  return {
    mean: K.mmul(Matrix.columnVector(y)).to1DArray(),
    covariance: Matrix.sub(S, K.mmul(A).mmul(S)),
  }
}

/** Compares means, and the moments of many draws, with the posterior of one observation. */
const expectPosterior = async (set: ObservationSet, i: number, A: Matrix, y: number[]) => {
  const { R, variances } = await fitOf(set)
  const { mean, covariance } = posterior(R, variances[i], A, y, set.noise)
  const draws = 2000
  const found = await baselineNamed('kriging').make()(set, { draws, seed: 0 })
  const own = toNumbers(itemAt(found.mean, i))
  own.forEach((v, p) => {
    expect(v).toBeCloseTo(mean[p], 3)
  })
  if (!found.draws) throw new Error('kriging makes draws')
  const size = own.length
  const values = found.draws.data
  const each = values.length / draws
  for (const p of [0, 1, Math.floor(size / 2), size - 1]) {
    const drawn = (q: number) =>
      Array.from({ length: draws }, (_, k) => values[k * each + i * size + q] - mean[q])
    const spread = Math.sqrt(covariance.get(p, p))
    expect(Math.abs(average(drawn(p)))).toBeLessThan((4.5 * spread) / Math.sqrt(draws))
    const other = drawn((p + 1) % size)
    const product = average(drawn(p).map((v, k) => v * other[k]))
    const wanted = covariance.get(p, (p + 1) % size)
    const scale = Math.sqrt(covariance.get(p, p) * covariance.get((p + 1) % size, (p + 1) % size))
    expect(Math.abs(product - wanted)).toBeLessThan((4.5 * Math.SQRT2 * scale) / Math.sqrt(draws))
  }
}

describe('kriging', () => {
  it('through masks is the Gaussian posterior with an unknown mean', async () => {
    const set = masked(simulated(4, 5, { kernel: 'exponential', range: 3, tau: 0.4 }), 0.6, 0.1)
    const [i, size] = [2, 25]
    const mask = toNumbers(set.operator.parameters.mask).slice(i * size, (i + 1) * size)
    const seen = mask.flatMap((m, p) => (m === 1 ? [p] : []))
    const A = Matrix.zeros(seen.length, size)
    seen.forEach((p, row) => {
      A.set(row, p, 1)
    })
    const y = seen.map((p) => Number(set.y.data[i * size + p]))
    await expectPosterior(set, i, A, y)
  })

  it('through projections is the same posterior', async () => {
    const [count, m, size] = [6, 5, 12]
    const matrix = normal(stream(0, 'projection'), [count, m, size])
    const x = simulated(count, 5, { kernel: 'exponential', range: 3, tau: 0.4 })
    const A = (i: number) => Matrix.from1DArray(m, size, toNumbers(itemAt(matrix, i)))
    const y = Array.from({ length: count }, (_, i) => {
      const own = toNumbers(itemAt(x, i)).slice(0, size)
      return A(i).mmul(Matrix.columnVector(own)).to1DArray()
    })
    const set: ObservationSet = {
      y: ndarray(y.flat(), [count, m]),
      operator: projectedBy(matrix),
      noise: 0.05,
      range: [-1, 2],
    }
    await expectPosterior(set, 4, A(4), y[4])
  })

  it.each([
    ['exponential', 4],
    ['matern32', 3],
  ] as const)('finds the range and the variance of %s fields', async (kernel, range) => {
    const tau = 0.5
    const set = masked(simulated(12, 14, { kernel, range, tau }), 0.5, 0.05)
    const fit = await fitOf(set, kernel)
    expect(Math.abs(Math.log(fit.range / range))).toBeLessThan(0.25)
    const logs = average(fit.variances.map((v) => Math.log(v / tau ** 2)))
    expect(Math.abs(logs)).toBeLessThan(0.35)
  })

  it('treats the channels of an image alike, whatever operator takes each by itself', async () => {
    const x = simulated(3, 8, { kernel: 'matern32', range: 3, tau: 0.4 })
    const three = (a: NdArray<'float32'>) => {
      const [n, , h, w] = a.shape
      const size = h * w
      const out = new Float32Array(3 * a.size)
      for (let i = 0; i < n; i++)
        for (let c = 0; c < 3; c++) out.set(a.data.subarray(i * size, (i + 1) * size), (3 * i + c) * size)
      return new NdArray('float32', [n, 3, h, w], out)
    }
    const operator = { name: 'pool', settings: { factor: 2 } }
    const grey = await observe(x, { operator, noise: 0.01, range: [-1, 2], seed: 0 })
    const colour: ObservationSet = {
      ...grey,
      y: three(grey.y),
      operator: { ...grey.operator, event: [3, 8, 8] },
    }
    const restore = baselineNamed('kriging').make({ kernel: 'matern32' })
    const [one, all] = [await restore(grey, { draws: 1 }), await restore(colour, { draws: 1 })]
    const wanted = three(one.mean)
    expect(all.mean.shape).toEqual(wanted.shape)
    all.mean.data.forEach((v, k) => {
      expect(v).toBeCloseTo(wanted.data[k], 2)
    })
  })

  const refusals: readonly (readonly [string, ObservationSet['operator'], Shape, RegExp])[] = [
    [
      'what is not linear',
      { name: 'clip', settings: {}, event: [1, 2, 2], parameters: {} },
      [1, 1, 2, 2],
      /kriging needs a linear operator, got operator 'clip'/,
    ],
    [
      'what shows nothing',
      maskedBy(ndarray([0, 0, 0, 0], [1, 1, 2, 2]), [1, 2, 2]),
      [1, 1, 2, 2],
      /nothing was seen/,
    ],
  ]
  it.each(refusals)('refuses %s', async (_, operator, shape, message) => {
    const set: ObservationSet = { y: ndarray([1, 2, 3, 4], shape), operator, noise: 0.1, range: [0, 1] }
    await expect(baselineNamed('kriging').make()(set)).rejects.toThrow(message)
  })
})
