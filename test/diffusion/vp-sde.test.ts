import { describe, expect, it } from 'vitest'
import {
  gaussianDenoiser,
  importanceTime,
  vpMarginal,
  vpNoise,
  vpScore,
  vpSde,
} from '../../src/diffusion/index.ts'
import { jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const sde = vpSde()

describe('the VP diffusion', () => {
  it.each([0.001, 0.1, 0.5, 1])('has the level σ/α of its marginal at t = %d, and finds t again', (t) => {
    const { alpha, sigma } = vpMarginal(t)
    expect(sde.level(t) / (sigma / alpha)).toBeCloseTo(1, 12)
    expect(sde.timeOf(sde.level(t)) / t).toBeCloseTo(1, 10)
  })

  it('integrates its rate', () => {
    const steps = 2000
    const sum = Array.from({ length: steps }, (_, i) => sde.beta((0.7 * (i + 0.5)) / steps)).reduce(
      (a, b) => a + b,
    )
    expect((sum * 0.7) / steps).toBeCloseTo(sde.integral(0.7), 10)
  })

  it('refuses rates that are not positive', () => {
    expect(() => vpSde({ betaMin: 0 })).toThrow(/0 < betaMin/)
    expect(() => vpSde({ betaMax: 0.05 })).toThrow(/betaMin <= betaMax/)
  })
})

describe('importance-sampled time', () => {
  it('takes the published values', () => {
    const { Z, time } = importanceTime(sde)
    expect(Z).toBeCloseTo(19.165386678778, 10)
    expect(importanceTime(sde, 1e-5).Z).toBeCloseTo(23.8645, 4)
    expectClose([0, 0.25, 0.5, 0.75, 1].map(time), [0.001, 0.0316864179, 0.3046314098, 0.7223333114, 1], 1e-9)
  })

  it('has density ∝ g²/σ²', () => {
    const { Z, time } = importanceTime(sde)
    for (const u of [0.1, 0.5, 0.9]) {
      const h = 1e-5
      const density = (2 * h) / (time(u + h) - time(u - h))
      const t = time(u)
      expect(density / (sde.beta(t) / vpMarginal(t).sigma ** 2 / Z)).toBeCloseTo(1, 6)
    }
  })

  it('gives tensors the levels of its times', async () => {
    const { time, levelOf } = importanceTime(sde)
    const u = [0, 0.2, 0.6, 1]
    expectClose(
      toNumbers(await jit(levelOf)(f64(u))),
      u.map((v) => sde.level(time(v))),
      1e-9,
    )
  })

  it('refuses a start outside (0, 1)', () => {
    expect(() => importanceTime(sde, 0)).toThrow(/\(0, 1\)/)
  })
})

it('noise and score of a Gaussian are those of its marginal', async () => {
  const [mean, variance, t] = [[0.3, -1], 0.7, 0.4]
  const { alpha, sigma } = vpMarginal(t)
  const prior = gaussianDenoiser({ mean: f64(mean), covariance: { kind: 'isotropic', variance } })
  const xt = [0.5, -0.2, 1.1, 2]
  const program = jit((xt: Tensor, s: Tensor) => ({
    eps: vpNoise(prior, xt, s),
    score: vpScore(prior, xt, s),
  }))
  const { eps, score } = await program(f64(xt, [2, 2]), f64([sde.level(t), sde.level(t)]))
  const want = xt.map((v, i) => -(v - alpha * mean[i % 2]) / (alpha ** 2 * variance + sigma ** 2))
  expectClose(toNumbers(score), want, 1e-10)
  expectClose(
    toNumbers(eps),
    want.map((v) => -sigma * v),
    1e-10,
  )
})
