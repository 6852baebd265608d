import { describe, expect, it } from 'vitest'
import { loadMnist, manifoldCutoff, smoothManifold } from '../../src/datasets/index.ts'
import { stream, uniform } from '../../src/random/index.ts'

describe('mnist', () => {
  const all = loadMnist({ split: 'all' })

  it('has the digits of the package, counted by class', () => {
    const counts = Array(10).fill(0)
    for (const label of all.labels.data) counts[label]++
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978])
    expect(all.images.shape).toEqual([10_000, 1, 28, 28])
    expect(all.images.data.every((v) => v >= 0 && v <= 1)).toBe(true)
    expect(all.images.data.some((v) => v === 1)).toBe(true)
  })

  it('splits into 9000 and 1000, of which a beginning is a fair sample', () => {
    const [train, test] = [loadMnist(), loadMnist({ split: 'test', count: 500 })]
    expect(train.images.shape).toEqual([9000, 1, 28, 28])
    expect(test.images.data).toEqual(all.images.data.subarray(9000 * 784, 9500 * 784))
    expect(test.labels.data).toEqual(all.labels.data.subarray(9000, 9500))
    const counts = Array(10).fill(0)
    for (const label of test.labels.data) counts[label]++
    expect(counts.reduce((sum: number, c: number) => sum + (c - 50) ** 2 / 50, 0)).toBeLessThan(27.9)
  })

  it('holds pictures of what the labels say: ones have the least ink, zeros much', () => {
    const ink = Array(10).fill(0)
    all.labels.data.forEach((label, i) => {
      ink[label] += all.images.data.subarray(i * 784, (i + 1) * 784).reduce((a, b) => a + b, 0)
    })
    const means = ink.map((sum, digit) => sum / all.labels.data.filter((l) => l === digit).length)
    expect(Math.min(...means)).toBe(means[1])
    expect(Math.max(...means)).toBe(means[0])
  })

  it('refuses more than there are', () => {
    expect(() => loadMnist({ split: 'test', count: 1001 })).toThrow(
      /count must be an integer in 1 … 1000 for 'test', got 1001/,
    )
  })
})

describe('smooth random manifold', () => {
  it('cuts the series at K = 10 for eps 1e-3 and alpha 3', () => {
    expect(manifoldCutoff(3, 1e-3)).toBe(10)
    expect(manifoldCutoff(2, 1e-3)).toBe(32)
    expect(manifoldCutoff(1, 1e-3)).toBe(1000)
  })

  it('fills [-2, 2] in each coordinate, and a seed fixes it', () => {
    const { data, shape } = smoothManifold({ n: 3, seed: 4, count: 500 })
    expect(shape).toEqual([500, 3])
    for (let d = 0; d < 3; d++) {
      const column = Array.from(data).filter((_, i) => i % 3 === d)
      expect(Math.min(...column)).toBe(-2)
      expect(Math.max(...column)).toBe(2)
    }
    expect(smoothManifold({ n: 3, seed: 4, count: 500 }).data).toEqual(data)
    expect(smoothManifold({ n: 3, seed: 5, count: 500 }).data).not.toEqual(data)
  })

  it('is the product of its Fourier series, here as Im exp(2πi ·) built up by powers', () => {
    const [seed, n, m, count] = [3, 2, 2, 40]
    const K = 10
    const [a, b, c] = ['a', 'b', 'c'].map((name) => uniform(stream(seed, `manifold ${name}`), [n, m, K]).data)
    const z = uniform(stream(seed, 'manifold z'), [count, m]).data
    const series = (i: number, d: number, j: number) =>
      Array.from({ length: K }, (_, k) => {
        const at = (d * m + j) * K + k
        const [turn, phase] = [2 * Math.PI * b[at] * z[i * m + j], 2 * Math.PI * c[at]]
        let [re, im] = [Math.cos(phase), Math.sin(phase)]
        for (let power = 0; power <= k; power++) {
          ;[re, im] = [re * Math.cos(turn) - im * Math.sin(turn), re * Math.sin(turn) + im * Math.cos(turn)]
        }
        return (a[at] * im) / (k + 1) ** 3
      }).reduce((sum, term) => sum + term, 0)
    const { data } = smoothManifold({ m, n, seed, count })
    for (let d = 0; d < n; d++) {
      const x = Array.from({ length: count }, (_, i) => series(i, d, 0) * series(i, d, 1))
      const [low, high] = [Math.min(...x), Math.max(...x)]
      x.forEach((value, i) => {
        expect(data[i * n + d]).toBeCloseTo((4 * (value - low)) / (high - low) - 2, 5)
      })
    }
  })

  it('is a smooth curve for m = 1: sorted along it, neighbours lie close', () => {
    const { data } = smoothManifold({ n: 5, seed: 0, count: 4000 })
    const point = (i: number) => data.subarray(5 * i, 5 * i + 5)
    const distance = (i: number, j: number) => Math.hypot(...point(i).map((v, d) => v - point(j)[d]))
    // nearest of 4000 points on a curve of length ~ 10: far nearer than the 4000^(-1/5)
    // ~ 0.2 · 4 of a filled cube
    for (let i = 0; i < 20; i++) {
      let nearest = Number.POSITIVE_INFINITY
      for (let j = 0; j < 4000; j++) if (j !== i) nearest = Math.min(nearest, distance(i, j))
      expect(nearest).toBeLessThan(0.1)
    }
  })

  it('refuses options out of range', () => {
    expect(() => smoothManifold({ eps: 1 })).toThrow(/0 < eps < 1, got .* eps 1/)
    expect(() => smoothManifold({ count: 1 })).toThrow(/count 1/)
  })
})
