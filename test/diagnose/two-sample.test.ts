import { describe, expect, test } from 'vitest'
import { normalCdf } from '../../src/diagnose/distributions.ts'
import {
  c2st,
  energyDistance,
  mmd,
  nmse,
  slicedWasserstein,
  steinDiscrepancy,
} from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray, toNumbers, zeros } from '../../src/tensor/index.ts'
import { f64 } from '../numbers.ts'

/** n points of N(shift, sd²) in d dimensions. */
const cloud = (name: string, n: number, d: number, { shift = 0, sd = 1, seed = 0 } = {}) =>
  new NdArray(
    'float32',
    [n, d],
    normal(stream(seed, name), [n, d]).data.map((z) => shift + sd * z),
  )

/** The values below which (i + ½)/n of N(0, 1) lies, by bisection on its distribution function. */
const normalQuantiles = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => {
    let [low, high] = [-10, 10]
    for (let k = 0; k < 50; k++) {
      const middle = (low + high) / 2
      if (normalCdf(middle) < (i + 0.5) / n) low = middle
      else high = middle
    }
    return low
  })

/** Share of the seeds at which a test rejects at 5 %. */
const rejections = async (seeds: number, pValue: (seed: number) => number | Promise<number>) => {
  let count = 0
  for (let seed = 0; seed < seeds; seed++) if ((await pValue(seed)) <= 0.05) count++
  return count / seeds
}

describe('slicedWasserstein', () => {
  test('on a line is the distance of sorted points, for unequal numbers too', () => {
    const x = ndarray([3, 0, 1], [3, 1])
    expect(slicedWasserstein(x, ndarray([5, 3, 2], [3, 1]))).toBeCloseTo(2, 12)
    // F − G is 1/2 on [0, 1], then 1/2 − 1 on [1, 2]: ½ + ½ for {0, 2} against {1}.
    expect(slicedWasserstein(ndarray([0, 2], [2, 1]), ndarray([1], [1, 1]))).toBeCloseTo(1, 12)
  })

  test('of a shift t is |t| E|θ₁|: 2/π in the plane', () => {
    const x = cloud('x', 50, 2)
    const moved = ndarray(
      toNumbers(x).map((v, i) => v + (i % 2 ? 0 : 3)),
      x.shape,
    )
    expect(slicedWasserstein(x, moved, { directions: 4000 })).toBeCloseTo((3 * 2) / Math.PI, 1)
    expect(slicedWasserstein(x, x)).toBe(0)
  })

  test('of order 2 is the root of a mean of squares: of a shift t it is |t|/√d', () => {
    // Half of the mass moves by 1, half by 3.
    const [x, y] = [ndarray([0, 1], [2, 1]), ndarray([4, 1], [2, 1])]
    expect(slicedWasserstein(x, y)).toBeCloseTo(2, 12)
    expect(slicedWasserstein(x, y, { order: 2 })).toBeCloseTo(Math.sqrt(5), 12)
    const [d, t] = [3, 2]
    const points = cloud('x', 40, d)
    const moved = ndarray(
      toNumbers(points).map((v, i) => v + (i % d ? 0 : t)),
      points.shape,
    )
    const found = slicedWasserstein(points, moved, { order: 2, directions: 4000 })
    expect(Math.abs(found / (t / Math.sqrt(d)) - 1)).toBeLessThan(0.02)
  })

  test('of order 2 between Gaussians on a line is that of their moments', () => {
    // W₂² = (m₁ − m₂)² + (s₁ − s₂)², here at the midpoints of 2000 equal shares of the mass.
    const n = 2000
    const z = normalQuantiles(n)
    const scaled = (shift: number, sd: number) =>
      f64(
        Float64Array.from(z, (v) => shift + sd * v),
        [n, 1],
      )
    const found = slicedWasserstein(scaled(0, 1), scaled(1.5, 3), { order: 2 })
    expect(found).toBeCloseTo(Math.hypot(1.5, 2), 2)
  })

  test.each([1, 2] as const)('with weights, order %i: a point of weight 2 counts as two points', (order) => {
    const x = cloud('x', 5, 2)
    const y = cloud('y', 4, 2)
    const weights = ndarray([1, 3, 0, 2, 1])
    const repeated = [0, 1, 1, 1, 3, 3, 4].flatMap((i) => [x.data[2 * i], x.data[2 * i + 1]])
    expect(slicedWasserstein(x, y, { order, weights: { x: weights } })).toBeCloseTo(
      slicedWasserstein(ndarray(repeated, [7, 2]), y, { order }),
      10,
    )
    expect(slicedWasserstein(y, x, { order, weights: { y: weights } })).toBeCloseTo(
      slicedWasserstein(x, y, { order, weights: { x: weights } }),
      10,
    )
  })

  test('with weights, closed form: 3/4 of the mass moves by 2', () => {
    const [x, y] = [ndarray([0, 2], [2, 1]), ndarray([0], [1, 1])]
    const weights = { x: ndarray([1, 3]) }
    expect(slicedWasserstein(x, y, { weights })).toBeCloseTo(1.5, 12)
    expect(slicedWasserstein(x, y, { weights, order: 2 })).toBeCloseTo(Math.sqrt(3), 12)
  })

  test('refuses clouds and weights that do not fit', () => {
    const points = zeros([3, 1])
    const weighted = (values: number[]) => () =>
      slicedWasserstein(points, points, { weights: { x: ndarray(values) } })
    expect(weighted([1, 1])).toThrow('weights of x: expected shape [3], got [2]')
    expect(weighted([1, -1, 1])).toThrow('weights of x must be at least 0, got -1 at element 1')
    expect(weighted([0, 0, 0])).toThrow('weights of x must not all be 0')
    expect(weighted([1, Number.NaN, 1])).toThrow('expected finite numbers')
    expect(() => slicedWasserstein(zeros([3, 2]), zeros([3, 4]))).toThrow('dimensions differ, x is [3,2]')
    expect(() => slicedWasserstein(zeros([3]), zeros([3, 4]))).toThrow('expected points of shape [n, d]')
    expect(() => slicedWasserstein(zeros([3, 1]), zeros([3, 1]), { directions: 0 })).toThrow('directions')
  })
})

describe('kernel two-sample statistics', () => {
  test('are what the definitions say for a few points', () => {
    const [x, y] = [ndarray([0, 1], [2, 1]), ndarray([3, 5, 4], [3, 1])]
    // 2 · 3.5 − 1 − (2 + 1 + 1)/3
    expect(energyDistance(x, y, { permutations: 0 }).statistic).toBeCloseTo(7 - 1 - 4 / 3, 12)
    const k = (r: number) => Math.exp(-(r * r) / 8)
    const within = k(1) + (2 * k(1) + k(2)) / 3
    const across = (k(3) + k(5) + k(4) + k(2) + k(4) + k(3)) / 6
    expect(mmd(x, y, { bandwidth: 2, permutations: 0 }).statistic).toBeCloseTo(within - 2 * across, 12)
  })

  test('of Gaussians at distance t approach the closed form of the energy distance', () => {
    // E|N(t, 2)|·2 − 2 E|N(0, 2)| for t = 2: 2 (√(4/π) e^{−1} + 2 erf(1)) − 4/√π.
    const closed =
      2 * (Math.sqrt(4 / Math.PI) * Math.exp(-1) + 2 * 0.8427007929497149) - 4 / Math.sqrt(Math.PI)
    const found = energyDistance(cloud('x', 1500, 1), cloud('y', 1500, 1, { shift: 2 }), { permutations: 0 })
    expect(Math.abs(found.statistic - closed)).toBeLessThan(0.12)
  })

  test.each([
    ['mmd', mmd],
    ['energyDistance', energyDistance],
  ])('%s rejects equal clouds as often as it says, and finds a shift and a spread', async (_name, method) => {
    const pValue = (options: { shift?: number; sd?: number }) => (seed: number) =>
      method(cloud('x', 60, 2, { seed }), cloud('y', 80, 2, { seed, ...options }), { permutations: 99, seed })
        .pValue
    expect(await rejections(100, pValue({}))).toBeLessThanOrEqual(0.12)
    expect(await rejections(20, pValue({ shift: 0.8 }))).toBeGreaterThanOrEqual(0.9)
    expect(await rejections(20, pValue({ sd: 2 }))).toBeGreaterThanOrEqual(0.9)
  })

  test('p-values of equal clouds are spread evenly', async () => {
    const values = Array.from({ length: 100 }, (_, seed) => {
      return energyDistance(cloud('x', 30, 1, { seed }), cloud('y', 30, 1, { seed }), { permutations: 49 })
        .pValue
    })
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.12)
  })

  test('refuse what they cannot judge', () => {
    expect(() => mmd(zeros([1, 2]), cloud('y', 5, 2))).toThrow('at least 2 points in each cloud')
    expect(() => mmd(zeros([5, 2]), zeros([5, 2]))).toThrow('bandwidth must be > 0')
    expect(() => energyDistance(zeros([5, 2]), zeros([5, 2]), { permutations: -1 })).toThrow('permutations')
  })
})

describe('c2st', () => {
  test('cannot tell equal clouds apart, and its p-value keeps its word', async () => {
    const rate = await rejections(30, async (seed) => {
      const { accuracy, pValue } = await c2st(cloud('x', 100, 2, { seed }), cloud('y', 100, 2, { seed }), {
        seed,
        steps: 60,
      })
      expect(Math.abs(accuracy - 0.5)).toBeLessThan(0.2)
      return pValue
    })
    expect(rate).toBeLessThanOrEqual(0.17)
  })

  test('reads about the Bayes accuracy of shifted Gaussians, and sees what has equal means', async () => {
    // Bayes: Φ(t/2) = 0.841 for t = 2.
    const shifted = await c2st(cloud('x', 1000, 1), cloud('y', 1200, 1, { shift: 2 }))
    expect(shifted.accuracy).toBeGreaterThan(0.8)
    expect(shifted.accuracy).toBeLessThan(0.88)
    const wider = await c2st(cloud('x', 400, 4), cloud('y', 400, 4, { sd: 2 }))
    expect(wider.accuracy).toBeGreaterThan(0.75)
    expect(wider.pValue).toBeLessThan(1e-6)
  })

  test('refuses few points', async () => {
    await expect(c2st(zeros([3, 2]), zeros([9, 2]))).rejects.toThrow('at least 4 points')
  })
})

describe('steinDiscrepancy', () => {
  const scoresOf = (x: NdArray) =>
    ndarray(
      toNumbers(x).map((v) => -v),
      x.shape,
      'float64',
    )

  test('is the sum over pairs of the Stein kernel, by finite differences', () => {
    const x = cloud('x', 3, 2)
    const p = toNumbers(x)
    const [c2, h] = [4, 1e-4]
    const k = (a: readonly number[], b: readonly number[]) =>
      (c2 + (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** -0.5
    const moved = (a: readonly number[], i: number, by: number) => a.map((v, j) => (i === j ? v + by : v))
    let sum = 0
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        if (i === j) continue
        const [a, b] = [p.slice(2 * i, 2 * i + 2), p.slice(2 * j, 2 * j + 2)]
        for (let e = 0; e < 2; e++) {
          const da = (b: readonly number[]) => (k(moved(a, e, h), b) - k(moved(a, e, -h), b)) / (2 * h)
          const db = (k(a, moved(b, e, h)) - k(a, moved(b, e, -h))) / (2 * h)
          const both = (da(moved(b, e, h)) - da(moved(b, e, -h))) / (2 * h)
          sum += k(a, b) * a[e] * b[e] - a[e] * db - b[e] * da(b) + both
        }
      }
    }
    const found = steinDiscrepancy(x, scoresOf(x), { length: 2, signs: 0 }).statistic
    expect(found).toBeCloseTo(sum / 6, 6)
  })

  test('accepts draws of the density, and finds a shift and a spread without truth', async () => {
    const pValue = (options: { shift?: number; sd?: number }) => (seed: number) => {
      const x = cloud('x', 150, 2, { seed, ...options })
      return steinDiscrepancy(x, scoresOf(x), { signs: 99, seed }).pValue
    }
    expect(await rejections(100, pValue({}))).toBeLessThanOrEqual(0.12)
    expect(await rejections(20, pValue({ shift: 0.5 }))).toBeGreaterThanOrEqual(0.9)
    expect(await rejections(20, pValue({ sd: 1.5 }))).toBeGreaterThanOrEqual(0.9)
  })

  test('refuses scores of another shape', () => {
    expect(() => steinDiscrepancy(zeros([4, 2]), zeros([4, 1]))).toThrow(
      'scores: expected shape [4,2], got [4,1]',
    )
  })
})

describe('nmse', () => {
  test('is relative to the power of the truth, per problem and draw', () => {
    const truth = ndarray([3, 4, 0, 2], [2, 2])
    const draws = ndarray([3, 3, 0, 2, 0, 0, 1, 2], [2, 2, 2])
    expect(Array.from(nmse(draws, truth))).toEqual([1 / 25, 0, 1, 1 / 4])
    expect(() => nmse(draws, zeros([2, 2]))).toThrow('the truth of problem 0 is 0')
  })
})
