import { describe, expect, it } from 'vitest'
import {
  ddim,
  ddpm,
  denoisingLoss,
  exponentialSchedule,
  gaussianDenoiser,
  karrasGrid,
  mixtureDenoiser,
  mixtureWeights,
  preconditioned,
  predictorCorrector,
  type Step,
  sigmaGrid,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import {
  broadcastTo,
  constant,
  fullLike,
  jit,
  ndarray,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { threeComponents } from '../exact/three-components.ts'
import { expectClose, f64 } from '../numbers.ts'

describe('schedules', () => {
  it('the exponential schedule takes the published values', () => {
    const images = exponentialSchedule()
    expectClose(
      [0, 0.25, 0.5, 0.75, 1].map((t) => images.sigma(t)),
      [0.001, 0.017782794, 0.316227766, 5.623413252, 100],
      1e-9,
    )
    expect(exponentialSchedule({ sigmaMax: 10 }).sigma(0.5)).toBeCloseTo(0.1, 12)
  })

  it('tensors and numbers agree', async () => {
    const schedule = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 7 })
    const t = [0, 0.1, 0.77, 1]
    const out = await jit(schedule.sigmaOf)(f64(t))
    expectClose(
      toNumbers(out),
      t.map((u) => schedule.sigma(u)),
      1e-13,
    )
  })

  it('a uniform grid in time is geometric in sigma, from high to low', () => {
    const grid = sigmaGrid(exponentialSchedule(), 5)
    expectClose(grid, [100, 10, 1, 0.1, 0.01, 0.001], 1e-12)
  })

  it("Karras' grid ends at both levels and follows Eq. 5 between", () => {
    const grid = karrasGrid(exponentialSchedule({ sigmaMin: 0.002, sigmaMax: 80 }), 2)
    expectClose(grid, [80, ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7, 0.002], 1e-10)
  })

  it('refuses levels that do not rise', () => {
    expect(() => exponentialSchedule({ sigmaMin: 1, sigmaMax: 1 })).toThrow(/sigmaMin < sigmaMax/)
    expect(() => exponentialSchedule({ sigmaMin: 0 })).toThrow(/sigmaMin/)
  })
})

describe('EDM preconditioning with sigma_data = 1', () => {
  const network = (fn: (x: Tensor, c: Tensor) => Tensor) => ({
    apply: (_params: readonly Tensor[], x: Tensor, c: Tensor) => fn(x, c),
  })
  const at = async (fn: (x: Tensor, c: Tensor) => Tensor, x: number, sigma: number) =>
    toNumbers(await jit(preconditioned(network(fn), []))(f64([x], [1, 1]), f64([sigma])))[0]

  it.each([
    { sigma: 0.5, skip: 0.8, out: 0.4472135955, in: 0.894427191, noise: -Math.LN2, lambda: 5 },
    { sigma: 10, skip: 0.0099009901, out: 0.9950371902, in: 0.099503719, noise: Math.LN10, lambda: 1.01 },
  ])('coefficients at sigma $sigma', async (golden) => {
    const skip = await at((x) => fullLike(x, 0), 1, golden.sigma)
    const out = await at((x) => fullLike(x, 1), 0, golden.sigma)
    const inner = ((await at((x) => x, 1, golden.sigma)) - skip) / out
    const noise = (await at((x, c) => broadcastTo(c, x.shape), 0, golden.sigma)) / out
    expectClose([skip, out, inner, noise], [golden.skip, golden.out, golden.in, golden.noise], 1e-9)

    const ones = jit((x: Tensor, z: Tensor, sigma: Tensor) =>
      denoisingLoss((v) => fullLike(v, 1), x, z, sigma),
    )
    const loss = await ones(f64([0, 0], [1, 2]), f64([0.3, -1], [1, 2]), f64([golden.sigma]))
    expectClose(toNumbers(loss), [golden.lambda], 1e-9)
  })

  it('the loss of the network is unit-weighted, averaged over features and batch', async () => {
    // λ ‖D − x‖² = (F − F*)² with F* = (x − c_skip xt)/c_out: F = 0 leaves the mean of F*².
    const [x, z, sigma] = [
      [0.3, -1.2, 0.8, 2],
      [0.5, -0.1, 1.4, -0.7],
      [0.2, 3],
    ]
    const target = x.map((xi, i) => {
      const s = sigma[i >> 1]
      return (xi - (xi + s * z[i]) / (s * s + 1)) / (s / Math.sqrt(s * s + 1))
    })
    const zero = network((v) => fullLike(v, 0))
    const loss = jit((x: Tensor, z: Tensor, s: Tensor) => denoisingLoss(preconditioned(zero, []), x, z, s))
    const value = await loss(f64(x, [2, 2]), f64(z, [2, 2]), f64(sigma))
    expectClose(toNumbers(value), [target.reduce((sum, f) => sum + f * f, 0) / 4], 1e-12)
  })
})

describe('preconditioning by a Gaussian', () => {
  const gaussian = { mean: ndarray([0.5, -1], [2]), covariance: lowRank(0.2, ndarray([0.6, 0.3], [2, 1])) }
  const [x, sigma] = [f64([0.7, -0.4, 2, 1], [2, 2]), f64([0.3, 4])]
  const of = (value: number) => ({
    apply: (_params: readonly Tensor[], v: Tensor) => fullLike(v, value),
  })

  it('is the denoiser of the Gaussian, and a correction that grows with the noise', async () => {
    const own = toNumbers(await jit(gaussianDenoiser(gaussian))(x, sigma))
    const silent = toNumbers(await jit(preconditioned(of(0), [], { skip: gaussian }))(x, sigma))
    expectClose(silent, own, 1e-12)
    const speaking = toNumbers(await jit(preconditioned(of(1), [], { skip: gaussian }))(x, sigma))
    const scale = [0.3, 0.3, 4, 4].map((s) => s / Math.sqrt(s * s + 1))
    expectClose(
      speaking.map((v, i) => v - own[i]),
      scale,
      1e-12,
    )
  })

  it('with N(0, I) is that of EDM', async () => {
    const skip = standardGaussian(2)
    const edm = toNumbers(await jit(preconditioned(of(1), []))(x, sigma))
    expectClose(toNumbers(await jit(preconditioned(of(1), [], { skip }))(x, sigma)), edm, 1e-12)
  })
})

describe('the mixture of three Gaussians', () => {
  const { mixture, xt, sigma } = threeComponents

  it('weights, mean and covariance', async () => {
    const weights = await jit((x: Tensor, s: Tensor) => mixtureWeights(mixture, x, s))(xt, sigma)
    expectClose(toNumbers(weights), [0.6636152644, 0.0106236981, 0.3257610375], 1e-9)
    const mean = await jit(mixtureDenoiser(mixture))(xt, sigma)
    expectClose(toNumbers(mean), [0.7372306515, -0.3823090346], 1e-9)
    const rows = jit((x: Tensor, s: Tensor, v: Tensor) => vjp(mixtureDenoiser(mixture)(x, s), x, v))
    const j0 = toNumbers(await rows(xt, sigma, f64([1, 0], [1, 2])))
    const j1 = toNumbers(await rows(xt, sigma, f64([0, 1], [1, 2])))
    expectClose(
      [...j0, ...j1].map((v) => 0.25 * v),
      [0.1390321018, 0.1543017846, 0.1543017846, 0.3083056416],
      1e-9,
    )
  })

  it('survives float32 at the smallest noise level', async () => {
    const f32 = {
      weights: ndarray([1 / 3, 1 / 3, 1 / 3]),
      means: ndarray([1, 0, -1, 0.5, 0.3, -1.2], [3, 2]),
      variances: ndarray([1e-4, 1e-4, 1e-4]),
    }
    const out = await jit(mixtureDenoiser(f32))(ndarray([-1.004, 0.507], [1, 2]), ndarray([1e-3]))
    const share = 1e-4 / (1e-4 + 1e-6)
    expectClose(toNumbers(out), [-1 - share * 0.004, 0.5 + share * 0.007], 1e-6)
  })
})

describe('one step from 0.5 to 0.2', () => {
  const { xt } = threeComponents
  const D = (x: Tensor) => broadcastTo(constant(f64([0.7372306515, -0.3823090346], [1, 2])), x.shape)
  const z = f64([0.7, -1.1], [1, 1, 2])
  const take = async (step: Step, denoiser = D) => {
    const program = jit(
      (x: Tensor, t: Tensor, s: Tensor, z: Tensor) =>
        step.step(denoiser, { x, memory: [] }, { t, s, before: t }, z).x,
    )
    return toNumbers(await program(xt, f64([0.5], []), f64([0.2], []), z))
  }

  it('DDPM', async () => {
    expectClose(await take(ddpm()), [0.8115858667, -0.5707729196], 1e-9)
  })
  it('DDIM with eta 1 is DDPM', async () => {
    expectClose(await take(ddim({ eta: 1 })), [0.8115858667, -0.5707729196], 1e-9)
  })
  it('DDIM', async () => {
    expectClose(await take(ddim()), [0.6023383909, -0.3493854208], 1e-9)
  })
  it("the corrector's Langevin step", async () => {
    let calls = 0
    const still = (x: Tensor) => (calls++ === 0 ? x : D(x)) // the predictor stays where it is
    expectClose(await take(predictorCorrector(), still), [0.4963329685, -0.4066178945], 1e-9)
  })
  it('a step that needs noise says so', () => {
    const x = constant(xt)
    const level = constant(f64([1], []))
    expect(() => ddpm().step(D, { x, memory: [] }, { t: level, s: level, before: level }, undefined)).toThrow(
      /needs noise/,
    )
  })
})
