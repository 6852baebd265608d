import { describe, expect, it } from 'vitest'
import { gaussianDenoiser, integrate, likelihood, mixtureDenoiser } from '../../src/diffusion/index.ts'
import { NdArray, ndarray, rows, toNumbers } from '../../src/tensor/index.ts'
import { gradientError, hutchinsonScore, odeError } from '../exact/likelihood.ts'
import { expectClose, f64, wave } from '../numbers.ts'

describe('Dormand–Prince', () => {
  const decay = async (_t: Float64Array, y: Float64Array): Promise<Float64Array> => y.map((v) => -v)

  it('solves y′ = −y, forwards and backwards', async () => {
    const tight = { rtol: 1e-10, atol: 1e-12 }
    const { y } = await integrate(decay, new Float64Array([1]), 1, [0, 2], tight)
    expect(y[0]).toBeCloseTo(Math.exp(-2), 9)
    const back = await integrate(decay, y, 1, [2, 0], tight)
    expect(back.y[0]).toBeCloseTo(1, 9)
  })

  it('is of order 5', async () => {
    // One step of length h on y′ = y: the local error is of order h⁶.
    const error = async (h: number): Promise<number> => {
      const open = { rtol: 1e9, atol: 1e9, firstStep: h }
      const { y, evaluations } = await integrate(
        async (_t, v) => v.slice(),
        new Float64Array([1]),
        1,
        [0, h],
        open,
      )
      expect(evaluations).toBe(7)
      return Math.abs(y[0] - Math.exp(h))
    }
    expect(Math.log2((await error(0.4)) / (await error(0.2)))).toBeGreaterThan(5.7)
  })

  it('follows time where the slope depends on it', async () => {
    const { y } = await integrate(async (t) => t.map(Math.cos), new Float64Array([0]), 1, [0, 1], {
      rtol: 1e-8,
    })
    expect(y[0]).toBeCloseTo(Math.sin(1), 6)
  })

  it('gives a row the same whatever the others need', async () => {
    const rate = [1, 60]
    const slope = async (_t: Float64Array, y: Float64Array) => y.map((v, i) => -rate[i] * (v - Math.sin(v)))
    const alone = await integrate(
      async (_t, y) => y.map((v) => -rate[0] * (v - Math.sin(v))),
      new Float64Array([2]),
      1,
      [0, 1],
    )
    const both = await integrate(slope, new Float64Array([2, 2]), 2, [0, 1])
    expect(both.y[0]).toBe(alone.y[0])
    expect(both.evaluations).toBeGreaterThan(alone.evaluations)
  })

  it('keeps the error near the tolerance', async () => {
    for (const rtol of [1e-3, 1e-6, 1e-9]) {
      const { y } = await integrate(decay, new Float64Array([1]), 1, [0, 3], { rtol, atol: 0 })
      expect(Math.abs(y[0] * Math.exp(3) - 1)).toBeLessThan(10 * rtol)
    }
  })

  it('stops where there is no solution, and when it is told to', async () => {
    const blowUp = integrate(async (_t, y) => y.map((v) => v * v), new Float64Array([1]), 1, [0, 2])
    await expect(blowUp).rejects.toMatchObject({ code: 'numeric' })
    const nan = integrate(async (_t, y) => y.map(() => Number.NaN), new Float64Array([1]), 1, [0, 2])
    await expect(nan).rejects.toMatchObject({ code: 'numeric' })
    const stopped = integrate(decay, new Float64Array([1]), 1, [0, 2], { signal: AbortSignal.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
  })
})

/** Of mean 0: another mean m would show as α_1 m·z in log p, z the state at time 1. */
const mixture = { weights: [0.3, 0.7], means: [1.12, -0.56, -0.48, 0.24], variances: [0.09, 0.25] }
const prior = mixtureDenoiser({
  weights: f64(mixture.weights),
  means: f64(mixture.means, [2, 2]),
  variances: f64(mixture.variances),
})

/** log p and its gradient, written out. */
const truth = ([a, b]: number[]): { log: number; gradient: number[] } => {
  const parts = mixture.weights.map((weight, k) => {
    const v = mixture.variances[k]
    const [da, db] = [a - mixture.means[2 * k], b - mixture.means[2 * k + 1]]
    const p = (weight / (2 * Math.PI * v)) * Math.exp(-(da ** 2 + db ** 2) / (2 * v))
    return { p, ga: -da / v, gb: -db / v }
  })
  const total = parts.reduce((sum, { p }) => sum + p, 0)
  return {
    log: Math.log(total),
    gradient: [
      parts.reduce((sum, { p, ga }) => sum + (p * ga) / total, 0),
      parts.reduce((sum, { p, gb }) => sum + (p * gb) / total, 0),
    ],
  }
}

describe('the log-density by the probability-flow ODE', () => {
  const points = [
    [1, -0.5],
    [0.1, 0.2],
    [-0.8, 1.1],
    [0.6, -0.1],
  ]
  const x = f64(points.flat(), [4, 2])

  it('is that of a mixture, with its gradient', async () => {
    const { withGradient } = likelihood(prior, {
      trace: { kind: 'exact' },
      integrate: { rtol: 1e-6, atol: 1e-8 },
    })
    const { logDensity, gradient } = await withGradient(x)
    expectClose(
      toNumbers(logDensity),
      points.map((p) => truth(p).log),
      1e-4,
    )
    expectClose(
      toNumbers(gradient),
      points.flatMap((p) => truth(p).gradient),
      1e-3,
    )
  })

  it('is within 1e-3 nats per dimension at the default tolerances', async () => {
    const { logDensity } = likelihood(prior, { trace: { kind: 'exact' } })
    expectClose(
      toNumbers(await logDensity(x)),
      points.map((p) => truth(p).log),
      2e-3,
    )
    expect(await odeError()).toBeLessThan(1e-3)
  })

  it('has the gradient of a correlated Gaussian', async () => {
    expect(await gradientError()).toBeLessThan(1e-2)
  })

  it('is estimated without bias by single probes', async () => {
    expect(Math.abs(await hutchinsonScore(64))).toBeLessThan(3)
  })

  it('takes other probes at another address, the same at the same', async () => {
    const { logDensity, withGradient } = likelihood(prior, { trace: { kind: 'hutchinson', probes: 1 } })
    const at = async (step: number, lap = 0) => toNumbers(await logDensity(x, { lap, step }))
    expect(await at(3)).toEqual(await at(3))
    expect(await at(0)).toEqual(toNumbers(await logDensity(x)))
    expect(await at(3)).not.toEqual(await at(4))
    expect(await at(3)).not.toEqual(await at(3, 1))
    expect(toNumbers((await withGradient(x, { step: 3 })).logDensity)).toEqual(await at(3))
  })

  it('has the gradient of its own estimate when the trace is estimated', async () => {
    const options = {
      trace: { kind: 'hutchinson', probes: 2 },
      integrate: { rtol: 1e-6, atol: 1e-8 },
    } as const
    const { withGradient, logDensity } = likelihood(prior, options)
    const at = [0.3, 0.1]
    const { gradient } = await withGradient(f64(at, [1, 2]))
    const h = 1e-2
    const slopes = await Promise.all(
      [0, 1].map(async (i) => {
        const moved = (by: number) =>
          f64(
            at.map((v, j) => (i === j ? v + by : v)),
            [1, 2],
          )
        const [up, down] = [await logDensity(moved(h)), await logDensity(moved(-h))]
        return (up.data[0] - down.data[0]) / (2 * h)
      }),
    )
    expectClose(toNumbers(gradient), slopes, 5e-3)
  })

  it('gives a row the same alone, in float32 and for events of any shape', async () => {
    const gaussian = gaussianDenoiser({
      mean: ndarray([0, 0, 0, 0]),
      covariance: { kind: 'isotropic', variance: 0.5 },
    })
    const batch = ndarray(wave(12), [3, 1, 2, 2])
    const { logDensity } = likelihood(gaussian, { trace: { kind: 'exact' } })
    const together = toNumbers(await logDensity(batch))
    const alone = toNumbers(await logDensity(rows(batch, 0, 1)))
    expect(Math.abs(together[0] - alone[0])).toBeLessThan(1e-5)
    const want = [0, 1, 2].map((r) =>
      wave(12)
        .slice(4 * r, 4 * r + 4)
        .reduce((sum, v) => sum - v * v - Math.log(Math.PI) / 2, 0),
    )
    expectClose(together, want, 4e-3)
  })

  it('refuses what it cannot use', async () => {
    expect(() => likelihood(prior, { start: 0 })).toThrow(/\(0, 1\)/)
    const { logDensity } = likelihood(prior, { trace: { kind: 'hutchinson', probes: 0 } })
    await expect(logDensity(x)).rejects.toMatchObject({ code: 'input' })
    const whole = new NdArray('int32', [1, 2], new Int32Array(2))
    await expect(likelihood(prior).logDensity(whole)).rejects.toMatchObject({ code: 'shape' })
  })
})
