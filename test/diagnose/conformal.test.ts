import { describe, expect, it } from 'vitest'
import { centralInterval, conformalRepair } from '../../src/diagnose/index.ts'
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
