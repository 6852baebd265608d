import { describe, expect, it } from 'vitest'
import {
  continuousVp,
  discreteVp,
  discreteVpLevels,
  gaussianDenoiser,
  standardGaussian,
  type VpOptions,
  vpDenoiser,
  vpMarginal,
} from '../../src/diffusion/index.ts'
import {
  add,
  alignTo,
  jit,
  mul,
  rsqrt,
  square,
  type Tensor,
  toNumbers,
  vjp,
  zeros,
} from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const published = [
  { t: 0.001, alpha: 0.9999450265, sigma: 0.0104854163 },
  { t: 0.1, alpha: 0.9467217988, sigma: 0.3220525355 },
  { t: 0.5, alpha: 0.2811828808, sigma: 0.9596542021 },
  { t: 1, alpha: 0.0065715865, sigma: 0.9999784069 },
]

describe('the continuous schedule', () => {
  it.each(published)('has the published marginal at t = $t', ({ t, alpha, sigma }) => {
    const got = vpMarginal(t)
    expectClose([got.alpha, got.sigma], [alpha, sigma], 1e-10)
    expect(got.alpha ** 2 + got.sigma ** 2).toBeCloseTo(1, 14)
  })

  it('finds the time of a noise level', async () => {
    const label = jit((s: Tensor) => continuousVp().labelOf(s))
    const times = [1e-6, 1e-3, 0.1, 0.5, 1]
    const levels = times.map((t) => vpMarginal(t)).map(({ alpha, sigma }) => sigma / alpha)
    const got = toNumbers(await label(f64(levels)))
    expectClose(
      got.map((v) => v / 999),
      times,
      1e-12,
    )
  })
})

describe('the discrete schedule', () => {
  it('has the levels of the running product of 1 − β', () => {
    const levels = discreteVpLevels()
    expect(levels).toHaveLength(1000)
    expect(levels[0]).toBeCloseTo(Math.sqrt(1e-4 / (1 - 1e-4)), 12)
    // The known end of the schedule: ᾱ = 4.0358e-5 after 1000 steps.
    expect(1 / (1 + levels[999] ** 2)).toBeCloseTo(4.0358e-5, 9)
  })

  it('labels its own levels by index, levels between by interpolation, and stops at the ends', async () => {
    const label = jit((s: Tensor) => discreteVp().labelOf(s))
    const levels = discreteVpLevels()
    const own = [0, 1, 2, 500, 998, 999]
    expectClose(toNumbers(await label(f64(own.map((i) => levels[i])))), own, 1e-6)
    const between = Math.sqrt(levels[10] * levels[11])
    expectClose(toNumbers(await label(f64([between, 1e-6, 1e6]))), [10.5, 0, 999], 1e-9)
  })
})

/** The network that is right for x ~ N(0, 1) in its own units: E[ε | u] = √(1 − α²) u, α² = 1/(1 + s²). */
const right = (u: Tensor, label: Tensor, sigma: Tensor): Tensor => {
  const [s, t] = [sigma, label].map((v) => alignTo(v, u))
  return add(mul(u, mul(s, rsqrt(add(square(s), 1)))), mul(t, 0))
}

const evaluated = async (options: VpOptions, x: number[], sigma: number) => {
  const { scale = 1 } = options
  const program = jit((xt: Tensor, s: Tensor) => {
    const D = vpDenoiser((u, label) => right(u, label, mul(s, scale)), options)
    const xhat = D(xt, s)
    return { xhat, slope: vjp(xhat, xt, add(mul(xt, 0), 1)) }
  })
  const { xhat, slope } = await program(f64(x, [x.length, 1]), f64(x.map(() => sigma)))
  return { xhat: toNumbers(xhat), slope: toNumbers(slope) }
}

describe('a noise-predicting network', () => {
  it.each([0.01, 0.3, 1, 10, 100])(
    'is the Gaussian denoiser where the data are Gaussian, σ = %s',
    async (sigma) => {
      const program = jit((x: Tensor, s: Tensor) =>
        gaussianDenoiser(standardGaussian(1, zeros([1], 'float64')))(x, s),
      )
      const x = wave(5).map((v) => v * Math.hypot(1, sigma))
      const want = toNumbers(await program(f64(x, [5, 1]), f64(x.map(() => sigma))))
      for (const schedule of [continuousVp(), discreteVp()]) {
        expectClose((await evaluated({ schedule }, x, sigma)).xhat, want, 1e-12)
      }
    },
  )

  it('in other units: data scale · x + shift', async () => {
    // Its data are N(0, 1), so in ours x ~ N(−shift/scale, scale⁻²).
    const [scale, shift, sigma] = [0.25, 0.5, 0.8]
    const x = wave(4)
    const gain = 1 / scale ** 2 / (1 / scale ** 2 + sigma ** 2)
    const want = x.map((v) => -shift / scale + gain * (v + shift / scale))
    expectClose((await evaluated({ scale, shift }, x, sigma)).xhat, want, 1e-12)
  })

  it('clips inside the graph: no gradient where it saturates', async () => {
    const { xhat, slope } = await evaluated({ clip: [-2, 2] }, [0.5, 9, -9], 0.5)
    expectClose(xhat, [0.4, 2, -2], 1e-12)
    expectClose(slope, [0.8, 0, 0], 1e-12)
  })

  it('refuses impossible units', () => {
    const eps = (u: Tensor) => u
    expect(() => vpDenoiser(eps, { scale: 0 })).toThrow('vpDenoiser: scale must be positive, got 0')
    expect(() => vpDenoiser(eps, { clip: [1, -1] })).toThrow('clip must be [low, high], got [1,-1]')
  })
})
