import { describe, expect, it } from 'vitest'
import {
  centralInterval,
  conformalRepair,
  functionalIntervals,
  functionalRepairs,
  regionRepairs,
} from '../../src/diagnose/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

const [K, N, SIZE] = [20, 200, 30] as const

/** Truths N(0, 1) and draws N(0, sd²); each problem has a scale of its own, so that entries are dependent. */
const problem = (seed: number, sd: number) => {
  const of = (name: string, shape: number[]) => toNumbers(normal(stream(seed, name), shape))
  const scale = of('scale', [N]).map((v) => Math.exp(0.3 * v))
  const times = (x: number[], factor: number) =>
    ndarray(
      x.map((v, i) => factor * v * scale[Math.floor(i / SIZE) % N]),
      x.length === N * SIZE ? [N, SIZE] : [K, N, SIZE],
    )
  return { truth: times(of('truth', [N * SIZE]), 1), draws: times(of('draws', [K * N * SIZE]), sd) }
}

/** Share of truths inside intervals stretched by a factor. */
const inside = (draws: NdArray, truth: NdArray, level: number, factor: number): number => {
  const [values, x] = [toNumbers(draws), toNumbers(truth)]
  const held = x.filter((v, i) => {
    const own = Array.from({ length: K }, (_, k) => values[k * x.length + i]).sort((a, b) => a - b)
    const [low, median, high] = centralInterval(own, level)
    return v >= median - factor * (median - low) && v <= median + factor * (high - median)
  })
  return held.length / x.length
}

describe('conformal repair', () => {
  it.each([0.6, 1.5])('of draws %d times as wide holds on other problems what it says', (sd) => {
    const { draws, truth } = problem(0, sd)
    const repair = conformalRepair(draws, truth, { levels: [0.5, 0.9] })
    const fresh = problem(1, sd)
    for (const { level, factor, before } of repair.levels) {
      expect(inside(draws, truth, level, 1)).toBeCloseTo(before, 6)
      expect(Math.abs(before - level)).toBeGreaterThan(0.04)
      const held = inside(fresh.draws, fresh.truth, level, factor)
      expect(held).toBeGreaterThan(level - 0.015)
      expect(held).toBeLessThan(level + 0.03)
    }
  })

  it('leaves right intervals nearly as they are, and counts chosen entries only', () => {
    const { draws, truth } = problem(2, 1)
    const [{ factor }] = conformalRepair(draws, truth, { levels: [0.8] }).levels
    expect(Math.abs(factor - 1)).toBeLessThan(0.12)
    const first = ndarray(
      toNumbers(truth).map((_, i) => Number(i % SIZE === 0)),
      truth.shape,
    )
    const half = conformalRepair(draws, truth, { levels: [0.8], entries: first })
    expect(half.levels[0].before).not.toBe(conformalRepair(draws, truth, { levels: [0.8] }).levels[0].before)
  })

  it('has no factor for a level that so few problems cannot guarantee', () => {
    const { draws, truth } = problem(3, 1)
    const few = (x: NdArray, shape: number[]) => ndarray(toNumbers(x).slice(0, 5 * SIZE), shape)
    const three = Array.from({ length: K }, (_, k) =>
      toNumbers(draws).slice(k * N * SIZE, k * N * SIZE + 5 * SIZE),
    )
    const repair = conformalRepair(ndarray(three.flat(), [K, 5, SIZE]), few(truth, [5, SIZE]), {
      levels: [0.5, 0.95],
    })
    expect(repair.levels.map(({ factor }) => Number.isFinite(factor))).toEqual([true, false])
  })

  it('refuses what it cannot repair', () => {
    const { draws, truth } = problem(4, 1)
    expect(() => conformalRepair(draws, truth, { levels: [1] })).toThrow('levels lie in (0, 1), got 1')
    const one = ndarray(toNumbers(draws).slice(0, N * SIZE), [1, N, SIZE])
    expect(() => conformalRepair(one, truth)).toThrow('needs several draws')
  })
})

describe('repair by region', () => {
  it('gives each its own factor, which holds there', () => {
    // The draws are half as wide as they should be in the first third, and twice in the last.
    const faulty = (seed: number) => {
      const { draws, truth } = problem(seed, 1)
      const sd = (i: number) => [0.5, 1, 2][Math.floor((3 * (i % SIZE)) / SIZE)]
      return {
        truth,
        draws: ndarray(
          toNumbers(draws).map((v, i) => sd(i) * v),
          draws.shape,
        ),
      }
    }
    const { draws, truth } = faulty(5)
    const map = Array.from({ length: SIZE }, (_, i) => 10 * Math.floor((3 * i) / SIZE))
    const repairs = regionRepairs(draws, truth, ndarray(map, [SIZE]), { levels: [0.8] })
    expect(repairs.map(({ label }) => label)).toEqual([0, 10, 20])
    const factors = repairs.map(({ levels: [{ factor }] }) => factor)
    for (const [i, expected] of [2, 1, 0.5].entries())
      expect(Math.abs(factors[i] / expected - 1)).toBeLessThan(0.15)
    const fresh = faulty(6)
    for (const { label, levels } of repairs) {
      const part = (x: NdArray, lead: number[]) =>
        ndarray(
          toNumbers(x).filter((_, i) => map[i % SIZE] === label),
          [...lead, SIZE / 3],
        )
      const held = inside(part(fresh.draws, [K, N]), part(fresh.truth, [N]), 0.8, levels[0].factor)
      expect(Math.abs(held - 0.8)).toBeLessThan(0.04)
    }
    const first = ndarray(
      Array.from({ length: N * SIZE }, (_, i) => Number(map[i % SIZE] === 0)),
      truth.shape,
    )
    expect(regionRepairs(draws, truth, ndarray(map, [SIZE]), { entries: first }).length).toBe(1)
    expect(() =>
      regionRepairs(
        draws,
        truth,
        ndarray(
          map.map((v) => v / 4),
          [SIZE],
        ),
      ),
    ).toThrow('whole numbers')
  })
})

describe('repair of functionals', () => {
  const mean = (signal: Float64Array) => signal.reduce((sum, v) => sum + v / signal.length, 0)
  const ends = (signal: Float64Array) => [mean(signal), Math.max(...signal)]

  it('holds other problems as often as it says, each number by itself', () => {
    const { draws, truth } = problem(7, 0.6)
    const repairs = functionalRepairs(draws, truth, ends, { levels: [0.8] })
    expect(repairs.length).toBe(2)
    const fresh = problem(8, 0.6)
    const [x, values] = [toNumbers(fresh.truth), toNumbers(fresh.draws)]
    const held = [0, 0]
    for (let i = 0; i < N; i++) {
      const own = Array.from({ length: K }, (_, k) =>
        values.slice((k * N + i) * SIZE, (k * N + i + 1) * SIZE),
      )
      const intervals = functionalIntervals(repairs, ndarray(own.flat(), [K, SIZE]), ends)
      const actual = ends(Float64Array.from(x.slice(i * SIZE, (i + 1) * SIZE)))
      for (const [q, [{ low, high }]] of intervals.entries())
        if (actual[q] >= low && actual[q] <= high) held[q]++
    }
    // Two standard errors of a share of 200, of both samples, are 0.08.
    for (const hits of held) expect(Math.abs(hits / N - 0.8)).toBeLessThan(0.09)
    expect(repairs[0].levels[0].before).toBeLessThan(0.7)
  })

  it('is split conformal prediction: the factor is the ⌈0.8 (n + 1)⌉-th of those needed', () => {
    const { draws, truth } = problem(9, 1)
    const [
      {
        levels: [{ factor }],
      },
    ] = functionalRepairs(draws, truth, mean, { levels: [0.8] })
    const [values, x] = [toNumbers(draws), toNumbers(truth)]
    const of = (all: number[], row: number) =>
      mean(Float64Array.from(all.slice(row * SIZE, (row + 1) * SIZE)))
    const needed = Array.from({ length: N }, (_, i) => {
      const own = Array.from({ length: K }, (_, k) => of(values, k * N + i)).sort((a, b) => a - b)
      const [low, median, high] = centralInterval(own, 0.8)
      const t = of(x, i)
      return t < median ? (median - t) / (median - low) : (t - median) / (high - median)
    }).sort((a, b) => a - b)
    expect(factor).toBeCloseTo(needed[Math.ceil(0.8 * (N + 1)) - 1], 9)
  })

  it('refuses a functional that gives now more, now fewer, and another number of draws', () => {
    const { draws, truth } = problem(9, 1)
    expect(() => functionalRepairs(draws, truth, (s) => (s[0] > 0 ? [1, 2] : [1]))).toThrow('as many numbers')
    const repairs = functionalRepairs(draws, truth, mean)
    expect(() => functionalIntervals(repairs, ndarray([1, 2], [2, 1]), mean)).toThrow('1 numbers of 2 draws')
  })
})

describe('repair without truth', () => {
  it.each([0.5, 2])('finds the factor from noisy observations of the truth, draws %d times as wide', (sd) => {
    const { draws, truth } = problem(10, sd)
    const noise = 0.5
    const n = toNumbers(normal(stream(10, 'noise'), truth.shape))
    const y = ndarray(
      toNumbers(truth).map((v, i) => v + noise * n[i]),
      truth.shape,
    )
    const [{ factor }] = conformalRepair(draws, y, { levels: [0.8], noise }).levels
    const [{ factor: known }] = conformalRepair(draws, truth, { levels: [0.8] }).levels
    expect(Math.abs(factor / known - 1)).toBeLessThan(0.12)
    const fresh = problem(11, sd)
    const held = inside(fresh.draws, fresh.truth, 0.8, factor)
    expect(Math.abs(held - 0.8)).toBeLessThan(0.04)
    expect(() => conformalRepair(draws, y, { noise: -1 })).toThrow('noise must be at least 0')
  })
})
