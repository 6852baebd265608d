import { describe, expect, it } from 'vitest'
import { bernoulli, beta, integers, normal, stream, uniform } from '../../src/random/index.ts'
import { kolmogorov, moment, normalCdf } from './statistics.ts'

const N = 100_000

describe('normal', () => {
  const z = normal(stream(1, 'normal'), [N]).data

  it('has the moments 0, 1, 0, 3 within 5 standard errors', () => {
    const error = 5 / Math.sqrt(N)
    expect(Math.abs(moment(z, 1))).toBeLessThan(error)
    expect(Math.abs(moment(z, 2) - 1)).toBeLessThan(error * Math.sqrt(2))
    expect(Math.abs(moment(z, 3))).toBeLessThan(error * Math.sqrt(15))
    expect(Math.abs(moment(z, 4) - 3)).toBeLessThan(error * Math.sqrt(96))
  })

  it('follows the normal distribution (Kolmogorov)', () => {
    const few = z.subarray(0, 20_000)
    expect(kolmogorov(few, normalCdf)).toBeLessThan(1.95)
    expect(kolmogorov(few, (x) => normalCdf(x - 0.05))).toBeGreaterThan(1.95)
  })

  it('has independent neighbours: the two halves of a Box–Muller pair and successive pairs', () => {
    for (const lag of [1, 2, 3, 4]) {
      let sum = 0
      for (let i = 0; i + lag < N; i++) sum += z[i] * z[i + lag]
      expect(Math.abs(sum / N)).toBeLessThan(5 / Math.sqrt(N))
    }
  })

  it('reaches the tails and no further than the words allow', () => {
    const tail = Array.from(z).filter((x) => Math.abs(x) > 3).length
    expect(Math.abs(tail - 0.0027 * N)).toBeLessThan(5 * Math.sqrt(0.0027 * N))
    expect(z.every((x) => Number.isFinite(x) && Math.abs(x) < 6.8)).toBe(true)
  })
})

describe('uniform', () => {
  const u = uniform(stream(1, 'uniform'), [N]).data

  it('stays inside the open interval and follows the uniform distribution', () => {
    expect(u.every((x) => x > 0 && x < 1)).toBe(true)
    expect(kolmogorov(u, (x) => x)).toBeLessThan(1.95)
  })
})

describe('beta', () => {
  const cdf33 = (x: number) => x ** 3 * (10 - 15 * x + 6 * x * x)

  it('(3, 3) follows its distribution function x³ (10 - 15 x + 6 x²)', () => {
    expect(kolmogorov(beta(stream(1, 'beta'), 3, 3, [20_000]).data, cdf33)).toBeLessThan(1.95)
  })

  it.each([
    { a: 1, b: 4, cdf: (x: number) => 1 - (1 - x) ** 4 },
    { a: 5, b: 1, cdf: (x: number) => x ** 5 },
    { a: 0.5, b: 0.5, cdf: (x: number) => (2 / Math.PI) * Math.asin(Math.sqrt(x)) },
    { a: 2.5, b: 1, cdf: (x: number) => x ** 2.5 },
    { a: 1, b: 0.3, cdf: (x: number) => 1 - (1 - x) ** 0.3 },
  ])('($a, $b) follows its closed-form distribution function', ({ a, b, cdf }) => {
    const x = beta(stream(2, 'beta'), a, b, [20_000]).data
    expect(x.every((v) => v > 0 && v < 1)).toBe(true)
    expect(kolmogorov(x, cdf)).toBeLessThan(1.95)
  })

  it('agrees between the order statistic and the ratio of gammas: the mean and variance of (20, 30)', () => {
    const x = beta(stream(3, 'beta'), 20, 30, [20_000]).data
    const mean = moment(x, 1)
    expect(Math.abs(mean - 0.4)).toBeLessThan(5 * Math.sqrt(0.24 / 51 / 20_000))
    expect(Math.abs((moment(x, 2) - mean ** 2) / (0.24 / 51) - 1)).toBeLessThan(0.05)
  })

  it('rejects parameters that are not positive', () => {
    expect(() => beta(stream(0, 'x'), 0, 1, [1])).toThrow(/beta: a and b must be positive/)
    expect(() => beta(stream(0, 'x'), 1, Number.NaN, [1])).toThrow(/got \(1, NaN\)/)
  })
})

describe('bernoulli', () => {
  it('is 0 or 1 with frequency p, and certain at the ends', () => {
    const mask = bernoulli(stream(1, 'mask'), 0.25, [N]).data
    expect(mask.every((m) => m === 0 || m === 1)).toBe(true)
    expect(Math.abs(moment(mask, 1) - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / N))
    expect(moment(bernoulli(stream(1, 'mask'), 0, [N]).data, 1)).toBe(0)
    expect(moment(bernoulli(stream(1, 'mask'), 1, [N]).data, 1)).toBe(1)
    expect(() => bernoulli(stream(1, 'mask'), 1.1, [1])).toThrow(/bernoulli: p must lie in \[0, 1\], got 1.1/)
  })
})

describe('integers', () => {
  it('are unbiased where a plain remainder is not: n = 3 · 2^30', () => {
    // word % n would hit the lowest third twice as often as each of the others
    const n = 3 * 2 ** 30
    const x = integers(stream(1, 'integers'), -(2 ** 31), n - 2 ** 31, [30_000]).data
    const counts = [0, 0, 0]
    for (const v of x) counts[Math.floor((v + 2 ** 31) / 2 ** 30)]++
    const chi2 = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0)
    expect(chi2).toBeLessThan(13.8) // 0.001 of chi-squared with 2 degrees
  })

  it('cover lo … hi - 1 evenly', () => {
    const x = integers(stream(2, 'integers'), -2, 3, [50_000]).data
    const counts = new Map<number, number>()
    for (const v of x) counts.set(v, (counts.get(v) ?? 0) + 1)
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
    expect([...counts.values()].reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0)).toBeLessThan(18.5)
  })

  it('reject an empty interval', () => {
    expect(() => integers(stream(0, 'x'), 3, 3, [1])).toThrow(/lo 3, hi 3/)
  })
})
