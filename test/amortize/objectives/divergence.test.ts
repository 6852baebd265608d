import { describe, expect, it } from 'vitest'
import { annealed, boundOn, klTerms, misfit } from '../../../src/amortize/index.ts'
import {
  type ElboNoise,
  gaussianDenoiser,
  negativeElbo,
  standardGaussian,
} from '../../../src/diffusion/index.ts'
import { diagonalNoise, isotropicNoise, mask } from '../../../src/operators/index.ts'
import { constant, item, jit, mean, type Tensor, toNumbers, vjp } from '../../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../../numbers.ts'

const x = f64(wave(6), [2, 3])
const y = f64([0.5, 0, -1, 0, 0.2, 0.3], [2, 3])
const keep = f64([1, 0, 1, 0, 1, 1], [2, 3])

describe('the misfit', () => {
  it('is half the squared residual in units of the noise', async () => {
    const stds = [0.1, 0.5, 2]
    const program = jit((x: Tensor, y: Tensor, m: Tensor) => ({
      same: misfit({ y, A: mask(m), noise: isotropicNoise(0.2) }, x),
      each: misfit({ y, A: mask(m), noise: diagonalNoise(f64(stds)) }, x),
    }))
    const { same, each } = await program(x, y, keep)
    const by = (std: (i: number) => number) =>
      [0, 1].map((r) =>
        [0, 1, 2].reduce((sum, i) => {
          const at = 3 * r + i
          return sum + (y.data[at] - keep.data[at] * x.data[at]) ** 2 / (2 * std(i) ** 2)
        }, 0),
      )
    expectClose(
      toNumbers(same),
      by(() => 0.2),
      1e-12,
    )
    expectClose(
      toNumbers(each),
      by((i) => stds[i]),
      1e-12,
    )
  })
})

describe('the objective', () => {
  const prior = gaussianDenoiser(standardGaussian(3, f64([0.1, 0.2, 0.3])))
  const random: ElboNoise<ReturnType<typeof f64>> = {
    time: f64([0.3, 0.8]),
    noise: f64(wave(6, 1), [2, 3]),
    first: f64(wave(6, 2), [2, 3]),
    last: f64(wave(6, 3), [2, 3]),
  }
  const seen = (y: Tensor) => ({ y, A: mask(constant(keep)), noise: isotropicNoise(0.2) })
  const drawn = (x: Tensor) => ({ x, logdet: constant(f64([1, 3])) })

  it('adds up: weighted data, prior, less the log-determinant', async () => {
    const program = jit((x: Tensor, y: Tensor, noise: ElboNoise, w: Tensor) => ({
      ...klTerms(seen(y), drawn(x), boundOn(prior, x, noise), w),
      misfit: mean(misfit(seen(y), x)),
    }))
    const out = await program(x, y, random, f64([0.25], []))
    expect(item(out.logdet)).toBe(2)
    expect(item(out.data)).toBeCloseTo(item(out.misfit), 12)
    expect(item(out.loss)).toBeCloseTo(0.25 * item(out.data) + item(out.prior) - 2, 12)
  })

  it('has the whole bound when asked', async () => {
    const program = jit((x: Tensor, y: Tensor, noise: ElboNoise) => ({
      terms: klTerms(seen(y), drawn(x), boundOn(prior, x, noise, { bound: 'full' })),
      bound: mean(negativeElbo(prior, x, noise)),
    }))
    const out = await program(x, y, random)
    expect(item(out.terms.prior)).toBeCloseTo(item(out.bound), 10)
  })

  it('goes through the Jacobian of the denoiser', async () => {
    // With N(m, I), ε − z = (x − m) s/(1 + s²) − z/(1 + s²): the gradient of (Z/2)‖ε −
    // z‖² is Z s/(1 + s²) (ε − z).
    const program = jit((x: Tensor, y: Tensor, noise: ElboNoise) => {
      const { prior: bound } = klTerms(seen(y), drawn(x), boundOn(prior, x, noise))
      return vjp(bound, x, constant(f64([1], [])))
    })
    const got = toNumbers(await program(x, y, random))
    const Z = 19.165386678778
    const low = Math.log(Math.expm1(0.1 * 1e-3 + (19.9 * 1e-6) / 2))
    const want = got.map((_, i) => {
      const s = Math.exp((low + Z * random.time.data[Math.floor(i / 3)]) / 2)
      const error = ((x.data[i] - [0.1, 0.2, 0.3][i % 3]) * s - random.noise.data[i]) / (1 + s * s)
      return (Z * error * s) / (1 + s * s) / 2 // the mean over two rows
    })
    expectClose(got, want, 1e-9)
  })
})

it('annealing is a sigmoid of the step', () => {
  const weight = annealed()
  expect(weight(12000)).toBe(0.5)
  expect(weight(0)).toBeCloseTo(1 / (1 + Math.exp(24)), 14)
  expect(annealed({ rate: 0.1, pivot: 10 })(20)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12)
})
