import { describe, expect, it } from 'vitest'
import { rankHistogram } from '../../src/diagnose/index.ts'

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)

/** P(C = c) of Binomial(n, p), by products. */
const pmf = (n: number, p: number, c: number): number => choose(n, c) * p ** c * (1 - p) ** (n - c)

describe('rankHistogram', () => {
  it('counts ranks over what they should be, in bars of whole ranks', () => {
    // Six values 0 … 5 in five bars of 2, 1, 1, 1, 1 ranks.
    const bars = rankHistogram([0, 0, 1, 5], 5)
    const widths = bars.map(({ width }) => width)
    expect(bars).toHaveLength(5)
    expect(widths.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    for (const width of widths) expect(6 * width).toBeCloseTo(Math.round(6 * width), 12)
    // Heights times widths are the shares of the problems.
    expect(bars.reduce((sum, { height, width }) => sum + height * width, 0)).toBeCloseTo(1, 12)
    expect(bars[0].height * bars[0].width).toBeCloseTo([0, 0, 1].length / 4, 12)
    expect(bars[4].height * bars[4].width).toBeCloseTo(1 / 4, 12)
  })

  it('has bands with the exact tails of the binomial, level 1 − α over all bars by Bonferroni', () => {
    const [n, draws, level] = [60, 9, 0.95]
    const bars = rankHistogram(
      Array.from({ length: n }, (_, i) => i % 10),
      draws,
      level,
    )
    const tail = (1 - level) / (2 * bars.length)
    for (const { width, low, high } of bars) {
      const [l, h] = [Math.round(low * n * width), Math.round(high * n * width)]
      const below = (c: number) =>
        Array.from({ length: c }, (_, i) => pmf(n, width, i)).reduce((a, b) => a + b, 0)
      const above = (c: number) => 1 - below(c + 1)
      expect(below(l)).toBeLessThanOrEqual(tail)
      expect(below(l + 1)).toBeGreaterThan(tail)
      expect(above(h)).toBeLessThanOrEqual(tail)
      expect(above(h - 1)).toBeGreaterThan(tail)
    }
  })

  it('has at most 20 bars, and fewer for few problems or draws', () => {
    const bars = (n: number, draws: number) => rankHistogram(new Int32Array(n), draws).length
    expect([bars(1000, 99), bars(1000, 3), bars(120, 99), bars(10, 99)]).toEqual([20, 4, 12, 5])
  })

  it('refuses what are no ranks', () => {
    for (const ranks of [[], [20], [-1], [0.5], [Number.NaN]])
      expect(() => rankHistogram(ranks, 19)).toThrow(/ranks: expected/)
  })
})
