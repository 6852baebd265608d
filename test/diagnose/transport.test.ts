import { describe, expect, test } from 'vitest'
import {
  buresWasserstein,
  gaussianMoments,
  type SinkhornOptions,
  sinkhorn,
  sinkhornDivergence,
  sinkhornExcess,
} from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { full, type NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'

const tight: SinkhornOptions = {
  reg: 1e-2,
  scaling: true,
  relaxation: 1.9,
  norm: 'l1',
  tolerance: 1e-6,
  iterations: 3000,
}
const cloud = (n: number, d: number, name: string) => normal(stream(5, name), [n, d])
const mapped = (points: NdArray, f: (value: number, axis: number) => number) =>
  ndarray(
    toNumbers(points).map((v, i) => f(v, i % points.shape[1])),
    points.shape,
    'float64',
  )

/** Least mean squared distance over all pairings, by trying them all. */
const bruteForce = (x: NdArray, y: NdArray): number => {
  const [n, d] = x.shape
  const [a, b] = [toNumbers(x), toNumbers(y)]
  const cost = (i: number, j: number) => {
    let sum = 0
    for (let c = 0; c < d; c++) sum += (a[i * d + c] - b[j * d + c]) ** 2
    return sum
  }
  const best = (i: number, free: number[]): number =>
    i === n
      ? 0
      : Math.min(
          ...free.map(
            (j) =>
              cost(i, j) +
              best(
                i + 1,
                free.filter((k) => k !== j),
              ),
          ),
        )
  return (
    best(
      0,
      Array.from({ length: n }, (_, j) => j),
    ) / n
  )
}

describe('sinkhorn', () => {
  test.each([3, 5, 7])('approaches the best of all pairings of %i points', (n) => {
    const [x, y] = [cloud(n, 3, 'x'), cloud(n, 3, 'y')]
    expect(sinkhorn(x, y, tight).cost).toBeCloseTo(bruteForce(x, y), 3)
  })

  test('in one dimension it approaches the pairing of the sorted points', () => {
    const [x, y] = [cloud(100, 1, 'x'), mapped(cloud(100, 1, 'y'), (v) => 1 + 2 * v)]
    const [a, b] = [x, y].map((p) => Float64Array.from(toNumbers(p)).sort())
    const exact = a.reduce((sum, v, i) => sum + (v - b[i]) ** 2 / 100, 0)
    const { cost, violation } = sinkhorn(x, y, tight)
    expect(violation).toBeLessThan(1e-5)
    // Entropy adds at most about ε/2 per dimension to the cost.
    expect(Math.abs(cost - exact)).toBeLessThan(5e-3)
  })

  test('the lists of active pairs change nothing: a direct implementation agrees', () => {
    const [x, y, reg] = [cloud(40, 2, 'x'), cloud(30, 2, 'y'), 0.02]
    const [a, b] = [toNumbers(x), toNumbers(y)]
    const kernel = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 30 }, (_, j) => (a[2 * i] - b[2 * j]) ** 2 + (a[2 * i + 1] - b[2 * j + 1]) ** 2),
    )
    const logSum = (terms: number[]) => {
      const most = Math.max(...terms)
      return most + Math.log(terms.reduce((sum, t) => sum + Math.exp(t - most), 0))
    }
    let u = new Array<number>(40).fill(0)
    let v = new Array<number>(30).fill(0)
    for (let k = 0; k < 60; k++) {
      v = v.map((_, j) => -Math.log(30) - logSum(u.map((ui, i) => ui - kernel[i][j] / reg)))
      u = u.map((_, i) => -Math.log(40) - logSum(v.map((vj, j) => vj - kernel[i][j] / reg)))
    }
    const expected = kernel.flatMap((row, i) => row.map((m, j) => m * Math.exp(u[i] + v[j] - m / reg)))
    const { cost, iterations } = sinkhorn(x, y, { reg, iterations: 60, tolerance: 0 })
    expect(iterations).toBe(60)
    expect(cost).toBeCloseTo(
      expected.reduce((p, q) => p + q),
      10,
    )
  })

  test('stops where it is told, looking at iterations 1, 11, 21 …', () => {
    const [x, y] = [cloud(64, 2, 'x'), cloud(64, 2, 'y')]
    const { iterations, violation } = sinkhorn(x, y, { reg: 0.1 })
    expect(iterations % 10).toBe(1)
    expect(violation).toBeLessThan(1e-3)
    expect(sinkhorn(x, y, { reg: 1e-3, iterations: 4, tolerance: 0 }).iterations).toBe(4)
  })

  test('warm start and over-relaxation lead to the same plan', () => {
    const [x, y] = [cloud(60, 3, 'x'), cloud(50, 3, 'y')]
    const plain = sinkhorn(x, y, { reg: 0.05, norm: 'l1', tolerance: 1e-9, iterations: 20_000 })
    const fast = sinkhorn(x, y, {
      reg: 0.05,
      norm: 'l1',
      tolerance: 1e-9,
      iterations: 20_000,
      scaling: true,
      relaxation: 1.8,
    })
    expect(fast.cost).toBeCloseTo(plain.cost, 7)
    expect(fast.dual).toBeCloseTo(plain.dual, 7)
    expect(fast.iterations).toBeLessThan(plain.iterations)
  })

  test('says what is wrong', () => {
    expect(() => sinkhorn(full([3, 2], 0), full([3, 4], 0))).toThrow(/dimensions differ/)
    expect(() => sinkhorn(full([3], 0), full([3, 4], 0))).toThrow(/shape \[n, d\], got \[3\]/)
    expect(() => sinkhorn(full([3, 2], 0), full([3, 2], 0), { reg: 0 })).toThrow(/reg must be > 0/)
    expect(() => sinkhorn(full([1, 1], Number.NaN), full([1, 1], 0))).toThrow(/finite/)
  })
})

describe('divergences', () => {
  const shift = [0.5, -1, 0.25]

  test('moving one of two equal clouds by t costs |t|²', () => {
    const x = cloud(40, 3, 'x')
    const y = mapped(x, (v, axis) => v + shift[axis])
    const squared = shift.reduce((sum, t) => sum + t * t, 0)
    expect(sinkhornDivergence(x, y, { reg: 0.1, tolerance: 1e-6 })).toBeCloseTo(squared, 5)
    expect(Math.abs(sinkhorn(x, y, tight).cost - squared)).toBeLessThan(1e-2)
  })

  test('the debiased one is 0 for equal clouds, symmetric, positive otherwise', () => {
    const [x, y] = [cloud(30, 2, 'x'), cloud(40, 2, 'y')]
    const options = { reg: 0.2, tolerance: 1e-6 }
    expect(sinkhornDivergence(x, x, options)).toBeCloseTo(0, 10)
    expect(sinkhornDivergence(x, y, options)).toBeGreaterThan(0.001)
    expect(sinkhornDivergence(x, y, options)).toBeCloseTo(sinkhornDivergence(y, x, options), 5)
  })

  test('of two Gaussian clouds it approaches the closed form for their moments', () => {
    const x = cloud(400, 2, 'gauss x')
    const y = mapped(cloud(400, 2, 'gauss y'), (v, axis) => 2 * v + (axis === 0 ? 3 : 0))
    const closed = buresWasserstein(gaussianMoments(x), gaussianMoments(y)) ** 2
    expect(Math.abs(sinkhornDivergence(x, y, { reg: 0.5 }) / closed - 1)).toBeLessThan(0.02)
  })

  test('the one-sided one is at its floor for the truth itself, and sees a shift', () => {
    const points = cloud(600, 2, 'halves')
    const [u1, u2] = [rows(points, 0, 300), rows(points, 300, 600)]
    expect(sinkhornExcess(u1, u2)(u2)).toBe(1e-6)
    const excess = sinkhornExcess(u1, u2, { reg: 0.1, scaling: true })
    // |u2 + t - u1|² on average: |t|² more, and 2 t·(mean of u2 - mean of u1).
    const [m1, m2] = [u1, u2].map((u) => toNumbers(gaussianMoments(u).mean))
    const expected = 2 + 2 * (m2[0] - m1[0] + m2[1] - m1[1])
    expect(Math.abs(excess(mapped(u2, (v) => v + 1)) - expected)).toBeLessThan(0.02)
  })
})

describe('Bures–Wasserstein', () => {
  const gaussian = (mean: number[], covariance: number[]) => ({
    mean: ndarray(mean, [mean.length], 'float64'),
    covariance: ndarray(covariance, [mean.length, mean.length], 'float64'),
  })

  test('in one dimension it is sqrt((m1 - m2)² + (s1 - s2)²)', () => {
    expect(buresWasserstein(gaussian([1], [4]), gaussian([4], [36]))).toBeCloseTo(5, 12)
  })

  test('for commuting covariances it is the distance of their square roots', () => {
    // Both diagonal in the basis (1, 1)/√2, (1, -1)/√2 with standard deviations (3, 1) and (1, 2).
    const rotated = (p: number, q: number) => [(p + q) / 2, (p - q) / 2, (p - q) / 2, (p + q) / 2]
    const distance = buresWasserstein(gaussian([0, 0], rotated(9, 1)), gaussian([0, 2], rotated(1, 4)))
    expect(distance).toBeCloseTo(Math.sqrt(4 + 4 + 1), 12)
  })

  test('for 2 × 2 covariances the cross term is tr (S1 S2)^½ = sqrt(tr S1 S2 + 2 sqrt(det S1 S2))', () => {
    const [s1, s2] = [
      [2, 0.7, 0.7, 1],
      [1, -0.4, -0.4, 3],
    ]
    const trace = s1[0] * s2[0] + 2 * s1[1] * s2[1] + s1[3] * s2[3]
    const det = (s1[0] * s1[3] - s1[1] ** 2) * (s2[0] * s2[3] - s2[1] ** 2)
    const expected = Math.sqrt(7 - 2 * Math.sqrt(trace + 2 * Math.sqrt(det)))
    expect(buresWasserstein(gaussian([0, 0], s1), gaussian([0, 0], s2))).toBeCloseTo(expected, 12)
  })

  test('copes with singular covariances and is 0 for equal ones', () => {
    const flat = gaussian([0, 0, 0], [1, 1, 0, 1, 1, 0, 0, 0, 0])
    expect(buresWasserstein(flat, flat)).toBeLessThan(1e-6)
    expect(buresWasserstein(flat, gaussian([0, 0, 0], new Array(9).fill(0)))).toBeCloseTo(Math.sqrt(2), 12)
  })

  test('moments of points', () => {
    const { mean, covariance } = gaussianMoments(ndarray([0, 0, 2, 0, 0, 4, 2, 4], [4, 2]))
    expect(toNumbers(mean)).toEqual([1, 2])
    expect(toNumbers(covariance)).toEqual([1, 0, 0, 4])
  })
})
