import { describe, expect, it } from 'vitest'
import { fitPareto, paretoSmoothed, paretoThreshold } from '../../src/amortize/index.ts'
import { stream, uniform } from '../../src/random/index.ts'

const uniforms = (seed: number, count: number): number[] =>
  Array.from(uniform(stream(seed, 'u'), [count]).data, Number)

/**
 * x ~ Exp(1) against a target Exp(rate): the ratios r e^((1 − rate) x) have exactly a
 * Pareto tail, of shape 1 − rate.
 */
const exponentials = (rate: number, count: number, seed = 1) => {
  const x = uniforms(seed, count).map((u) => -Math.log1p(-u))
  return { x, logs: x.map((v) => Math.log(rate) + (1 - rate) * v) }
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe('the generalised Pareto fit', () => {
  it.each([-0.3, 0.2, 0.5, 1])('finds shape %f and scale from quantiles', (k) => {
    const n = 4000
    const z = Array.from({ length: n }, (_, i) => {
      const p = (i + 0.5) / n
      return (2 * ((1 - p) ** -k - 1)) / k
    })
    const fit = fitPareto(z)
    expect(Math.abs(fit.k - k)).toBeLessThan(0.02)
    expect(Math.abs(fit.scale / 2 - 1)).toBeLessThan(0.02)
  })

  it('refuses what is no tail', () => {
    expect(() => fitPareto([1, 2, 3])).toThrow(/at least 5 exceedances/)
    expect(() => fitPareto([3, 2, 1, 4, 5])).toThrow(/ascending/)
  })
})

describe('Pareto smoothing', () => {
  it.each([0.7, 0.5, 0.2])('knows the tail of exponentials, target rate %f', (rate) => {
    const ks = Array.from({ length: 60 }, (_, seed) => paretoSmoothed(exponentials(rate, 4000, seed).logs).k)
    expect(Math.abs(mean(ks) - (1 - rate))).toBeLessThan(0.05)
  })

  it('has a tail that ends when the target is narrower', () => {
    expect(paretoSmoothed(exponentials(3, 2000).logs).k).toBeLessThan(0.3)
  })

  it('estimates the mean 1/rate with weights that add up to 1', () => {
    const { x, logs } = exponentials(0.7, 20_000)
    const { weights, effective } = paretoSmoothed(logs)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
    expect(weights.reduce((sum, w, i) => sum + w * x[i], 0)).toBeCloseTo(1 / 0.7, 1)
    // 1/E[w²] = 1/∫ r² e^((1 − 2r) x) = (2r − 1)/r² of the draws.
    expect(effective / 20_000 / (0.4 / 0.49)).toBeCloseTo(1, 1)
  })

  it('keeps the order and everything below the tail, and never exceeds the largest ratio', () => {
    const { logs } = exponentials(0.3, 400)
    const { weights } = paretoSmoothed(logs)
    const order = Array.from(logs.keys()).sort((a, b) => logs[a] - logs[b])
    for (let j = 1; j < order.length; j++)
      expect(weights[order[j]]).toBeGreaterThanOrEqual(weights[order[j - 1]])
    const ratio = (i: number, j: number) => Math.log(weights[order[i]] / weights[order[j]])
    expect(ratio(100, 200)).toBeCloseTo(logs[order[100]] - logs[order[200]], 9)
    expect(ratio(399, 200)).toBeLessThanOrEqual(logs[order[399]] - logs[order[200]] + 1e-9)
  })

  it('does not change with the scale of the ratios', () => {
    const { logs } = exponentials(0.5, 500)
    const far = paretoSmoothed(logs.map((v) => v - 5000))
    expect(far.k).toBeCloseTo(paretoSmoothed(logs).k, 8)
  })

  it('leaves equal ratios alone, says when there are too few, and refuses what is no number', () => {
    expect(paretoSmoothed(new Float64Array(100).fill(-7))).toMatchObject({
      k: 0,
      effective: expect.closeTo(100, 9),
    })
    expect(paretoSmoothed([0, 1, 2]).k).toBeNaN()
    expect(() => paretoSmoothed([0, Number.NaN])).toThrow(/log-ratios/)
  })

  it('has the thresholds of the paper', () => {
    expect([100, 1000, 100_000].map(paretoThreshold)).toEqual([0.5, expect.closeTo(2 / 3, 12), 0.7])
  })
})
