import { describe, expect, it } from 'vitest'
import {
  type ElboNoise,
  gaussianDenoiser,
  negativeElbo,
  scoreLoss,
  vpMarginal,
} from '../../src/diffusion/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import {
  constant,
  full,
  jit,
  type NdArray,
  ndarray,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { elboGap } from '../exact/likelihood.ts'
import { f64 } from '../numbers.ts'

const [mean, variance] = [[0.4, -0.3, 1], 0.5]
const prior = gaussianDenoiser({ mean: f64(mean), covariance: { kind: 'isotropic', variance } })
const point = [1.2, 0.1, -0.4]
const count = 40000

const as = (array: NdArray): NdArray => ndarray(toNumbers(array), array.shape, 'float64')
const repeated = (row: number[]): NdArray => f64(Array.from({ length: count }, () => row).flat(), [count, 3])
const random = (): ElboNoise<NdArray> => ({
  time: as(uniform(stream(1, 'time'), [count])),
  noise: as(normal(stream(1, 'noise'), [count, 3])),
  first: as(normal(stream(1, 'first'), [count, 3])),
  last: as(normal(stream(1, 'last'), [count, 3])),
})

const logDensity = (x: number[]): number =>
  x.reduce((sum, v, i) => sum - ((v - mean[i]) ** 2 / variance + Math.log(2 * Math.PI * variance)) / 2, 0)

const summary = (values: number[]): { mean: number; error: number } => {
  const mean = values.reduce((a, b) => a + b) / values.length
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1)
  return { mean, error: Math.sqrt(spread / values.length) }
}

describe('the evidence lower bound', () => {
  it('is the log-density of a Gaussian on average', async () => {
    const program = jit((x: Tensor, noise: ElboNoise) => negativeElbo(prior, x, noise))
    const got = summary(toNumbers(await program(repeated(point), random())))
    expect(got.error).toBeLessThan(0.1)
    expect(Math.abs(got.mean + logDensity(point))).toBeLessThan(3 * got.error + 1e-3)
  })

  it('is that of a correlated Gaussian in 32 dimensions, too', async () => {
    const { gap, error } = await elboGap(4000)
    expect(Math.abs(gap)).toBeLessThan(3 * error + 0.5)
  })

  it('has terms at both ends that are exactly what the formula says', async () => {
    // With D(u, s) = u − s z the network sees the noise itself: only the ends and the constants are left.
    const x = [0.7, -1.1]
    const { alpha, sigma } = vpMarginal(1)
    const noise: ElboNoise<NdArray> = {
      time: f64([0.5]),
      noise: f64([0.2, 0.4], [1, 2]),
      first: f64([0, 0], [1, 2]),
      last: f64([1.5, -0.5], [1, 2]),
    }
    const program = jit((x: Tensor, noise: ElboNoise) => negativeElbo((u) => u, x, noise))
    const [got] = toNumbers(await program(f64(x, [1, 2]), noise))
    // D(u) = u: ε = 0, so ‖ε − z‖² − ‖z‖² = 0 and ‖ε₀ − z₀‖² = 0. σ² at u = 1/2 is that of t = 0.3046314098.
    const atT = x.reduce(
      (sum, v, i) => sum + (alpha * v + sigma * [1.5, -0.5][i]) ** 2 / 2,
      Math.log(2 * Math.PI),
    )
    const middle = (19.165386678778 / 2) * 2 * vpMarginal(0.3046314098).sigma ** 2
    const at0 = -2 * Math.log(vpMarginal(1e-3).alpha) - 1
    expect(got).toBeCloseTo(atT + middle + at0, 7)
  })

  it('has the gradient of −log p on average, through the denoiser', async () => {
    const program = jit((x: Tensor, noise: ElboNoise) => {
      const loss = scoreLoss(prior, x, noise)
      return vjp(loss, x, constant(full([count], 1, 'float64')))
    })
    const gradients = toNumbers(await program(repeated(point), random()))
    for (const [i, v] of point.entries()) {
      const got = summary(gradients.filter((_, j) => j % 3 === i))
      const want = (v - mean[i]) / variance
      expect(got.error).toBeLessThan(0.1 * Math.abs(want))
      expect(Math.abs(got.mean - want)).toBeLessThan(3 * got.error + 1e-3)
    }
  })
})
