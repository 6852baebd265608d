import { describe, expect, it } from 'vitest'
import { exponentialSchedule, gaussianDenoiser, type SampleRequest } from '../../src/diffusion/index.ts'
import {
  identity,
  isotropicNoise,
  type LinearOperator,
  mask,
  type Observation,
} from '../../src/operators/index.ts'
import { compileMethod, noise2score, redDiff, redDiffGradient } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, mul, type NdArray, ndarray, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const own = 0.6 // the prior's variance
const gaussian = (dtype: 'float32' | 'float64') =>
  gaussianDenoiser({ mean: zeros([1], dtype), covariance: { kind: 'isotropic', variance: own } })
const prior = gaussian('float32')
const std = 0.5
const seen = ({ y }: { y: Tensor }): Observation => ({ y, A: identity([1]), noise: isotropicNoise(std) })

const runs = 64
const request: SampleRequest = {
  shape: [runs, 1],
  noise: (step) => normal(stream(2, 'noise'), [runs, 1], { step: step + 1 }),
}
const repeated = (value: number): NdArray => ndarray(Array<number>(runs).fill(value), [runs, 1])
const average = (x: NdArray): number => toNumbers(x).reduce((a, b) => a + b) / x.size

describe('RED-diff', () => {
  it('has the gradient of the published loss', async () => {
    // d/dμ of ‖y − μ‖²/2 + 0.25 σ (ε̂ − z) μ in one dimension, ε̂ = (xt − D)/σ and D = own/(own + σ²) xt.
    const program = jit((mu: Tensor, sigma: Tensor, z: Tensor, y: Tensor) =>
      redDiffGradient(gaussian('float64'), seen({ y }), { mu, sigma, z, weight: 0.25 }),
    )
    for (const [mu, sigma, z, y] of [
      [0.4, 0.7, -1.2, 1],
      [-1, 3, 0.5, 0.2],
    ]) {
      const xt = mu + sigma * z
      const eps = (xt - (own / (own + sigma ** 2)) * xt) / sigma
      const got = await program(f64([mu], [1, 1]), f64([sigma], []), f64([z], [1, 1]), f64([y], [1, 1]))
      expectClose(toNumbers(got), [-(y - mu) + 0.25 * sigma * (eps - z)], 1e-12)
    }
  })

  it('lands where data and prior balance: at the posterior mean when the weight makes it so', async () => {
    // At a fixed σ the expected gradient is μ − y + w μ σ²/(own + σ²); with w = s²(own + σ²)/(own σ²) its
    // zero is the posterior mean y own/(own + s²).
    const sigma = 0.5
    const weight = (std ** 2 * (own + sigma ** 2)) / (own * sigma ** 2)
    const grid = Array.from({ length: 801 }, (_, i) => sigma * (1 + 1e-6 * (800 - i)))
    const restore = compileMethod(redDiff({ rate: 0.02, weight }), prior, seen, { grid })
    const x = await restore({ y: repeated(1.5) }, request)
    await restore.release()
    expect(Math.abs(average(x) - (1.5 * own) / (own + std ** 2))).toBeLessThan(0.03)
  })

  it('with the published weight the prior lets go as σ falls: the end is the observation', async () => {
    const end = async (sigmaMin: number) => {
      const schedule = exponentialSchedule({ sigmaMin, sigmaMax: 10 })
      const restore = compileMethod(redDiff(), prior, seen, { steps: 200, schedule })
      const x = average(await restore({ y: repeated(1.5) }, request))
      await restore.release()
      return x
    }
    expect(Math.abs((await end(1e-3)) - 1.5)).toBeLessThan(0.01)
    const early = await end(1)
    expect(early).toBeGreaterThan((1.5 * own) / (own + std ** 2))
    expect(early).toBeLessThan(1.4)
  })

  it('starts at the least-squares answer where the operator has no pseudo-inverse', async () => {
    const double: LinearOperator = {
      name: 'double',
      linear: true,
      inShape: [1],
      outShape: [1],
      apply: (x) => mul(x, 2),
      adjoint: (y) => mul(y, 2),
    }
    const of = ({ y }: { y: Tensor }): Observation => ({ y, A: double, noise: isotropicNoise(0.01) })
    const restore = compileMethod(redDiff({ rate: 1e-6 }), prior, of, { steps: 1 })
    expectClose(toNumbers(await restore({ y: repeated(3) }, request)).slice(0, 2), [1.5, 1.5], 1e-3)
    await restore.release()
  })

  it('refuses rates and weights that are not positive', () => {
    expect(() => redDiff({ rate: 0 })).toThrow("red-diff: 'rate' must be a number above 0, got 0")
    expect(() => redDiff({ weight: -1 })).toThrow("red-diff: 'weight' must be a number above 0, got -1")
  })
})

describe('Noise2Score', () => {
  it('is the posterior mean under denoising, in one evaluation', async () => {
    const denoise = compileMethod(noise2score(), prior, seen)
    const got = toNumbers(await denoise({ y: ndarray([1.5, -0.2], [2, 1]) }, { ...request, shape: [2, 1] }))
    await denoise.release()
    expectClose(
      got,
      [1.5, -0.2].map((y) => (y * own) / (own + std ** 2)),
      1e-6,
    )
  })

  it('only denoises', async () => {
    const of = ({ y }: { y: Tensor }): Observation => ({ y, A: mask(y), noise: isotropicNoise(std) })
    await expect(compileMethod(noise2score(), prior, of)({ y: repeated(1) }, request)).rejects.toThrow(
      "noise2score only denoises: it needs the identity, got operator 'mask'",
    )
  })
})
