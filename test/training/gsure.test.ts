import { describe, expect, it } from 'vitest'
import { type Denoiser, exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate, unet } from '../../src/nn/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  constant,
  full,
  item,
  jit,
  matmul,
  mean,
  mul,
  type NdArray,
  ndarray,
  reciprocal,
  sqrt,
  square,
  sub,
  type Tensor,
  tanh,
  toNumbers,
} from '../../src/tensor/index.ts'
import { gsureLoss, gsureObjective } from '../../src/training/gsure.ts'
import { initTrainState, trainer } from '../../src/training/index.ts'
import { gsureErrors } from '../exact/gsure.ts'
import { f64 } from '../numbers.ts'

const COUNT = 100_000
const NOISE = 0.5
const SIGMA = 0.8

const double = (a: NdArray): NdArray<'float64'> => ndarray(toNumbers(a), a.shape, 'float64')
const noise = (name: string) => double(normal(stream(4, name), [COUNT, 3]))

/** A denoiser that bends and mixes entries. */
const bent =
  (scale: number): Denoiser =>
  (xt) => {
    const M = constant(f64([0.7, 0.2, -0.3, 0.4, 0.9, 0.1, -0.2, 0.3, 0.5], [3, 3]))
    return add(mul(tanh(matmul(xt, M)), scale), 0.1)
  }

/** λ-weighted supervised loss on observed entries, which needs the truth. */
const supervised = (
  denoiser: Denoiser,
  x: Tensor,
  { y, mask, z, sigma }: Record<'y' | 'mask' | 'z' | 'sigma', Tensor>,
): Tensor => {
  const s = alignTo(sigma, x)
  const rest = sqrt(sub(square(s), NOISE ** 2))
  const xt = add(mul(mask, add(y, mul(rest, z))), mul(sub(1, mask), mul(s, z)))
  return mean(mul(add(reciprocal(square(s)), 1), square(mul(mask, sub(denoiser(xt, sigma), x)))))
}

describe('the loss of GSURE-Diffusion', () => {
  it('is the supervised loss and a constant that no denoiser changes', async () => {
    const program = jit(
      (x: Tensor, batch: Record<'y' | 'mask' | 'z' | 'probe' | 'sigma', Tensor>, scale: Tensor) => {
        const denoiser: Denoiser = (xt, s) => mul(bent(1)(xt, s), scale)
        return { blind: gsureLoss(denoiser, batch, NOISE), seeing: supervised(denoiser, x, batch) }
      },
    )
    const x = noise('x')
    const n = noise('n')
    const mask = double(bernoulli(stream(4, 'mask'), 0.6, [COUNT, 3]))
    const batch = {
      y: f64(
        x.data.map((v, i) => mask.data[i] * (v + NOISE * n.data[i])),
        x.shape,
      ),
      mask,
      z: noise('z'),
      probe: noise('probe'),
      sigma: full([COUNT], SIGMA, 'float64'),
    }
    const weight = 1 + 1 / SIGMA ** 2
    const shown = mask.data.reduce((a, b) => a + b, 0) / mask.size
    const constantTerm = weight * NOISE ** 2 * shown
    for (const scale of [0.3, 1, 2]) {
      const { blind, seeing } = await program(x, batch, f64([scale], []))
      expect(item(blind) - constantTerm - item(seeing)).toBeLessThan(0.02)
      expect(item(blind) - constantTerm - item(seeing)).toBeGreaterThan(-0.02)
      // The divergence is no decoration: without it the loss would miss by twice s² its mean.
      const without = await program(
        x,
        { ...batch, probe: f64(new Float64Array(x.size), x.shape) },
        f64([scale], []),
      )
      expect(item(seeing) - (item(without.blind) - constantTerm)).toBeGreaterThan(0.1 * scale)
    }
    await program.release()
  })

  it('never looks at hidden entries of y', async () => {
    const program = jit((y: Tensor, mask: Tensor, z: Tensor, probe: Tensor, sigma: Tensor) =>
      gsureLoss(bent(1), { y, mask, z, probe, sigma }, 0.1),
    )
    const rest = [
      f64([1, 0, 1], [1, 3]),
      f64([0.2, -0.4, 1], [1, 3]),
      f64([1, 0.3, -1], [1, 3]),
      f64([0.5]),
    ] as const
    const loss = item(await program(f64([0.5, 0, 2], [1, 3]), ...rest))
    expect(item(await program(f64([0.5, 9, 2], [1, 3]), ...rest))).toBe(loss)
    await program.release()
  })

  it('refuses noise levels below that of the observations', () => {
    const net = unet({ io: 1, channels: [4], blocks: [1], emb: 8 })
    const y = normal(stream(5, 'y'), [4, 1, 8, 8])
    const { sigma } = exponentialSchedule({ sigmaMin: 0.02, sigmaMax: 10 })
    expect(() => gsureObjective(net, { y, mask: y }, { noise: 0.2, sigma }, (p) => stream(0, p))).toThrow(
      'gsure: noise levels must not lie below that of the observations, 0.2, got 0.02',
    )
  })

  it('takes a schedule that starts at that noise, up to rounding, and masks of one channel', async () => {
    const net = unet({ io: 2, channels: [4], blocks: [1], emb: 8 })
    const y = normal(stream(5, 'y'), [4, 2, 8, 8])
    const mask = bernoulli(stream(5, 'mask'), 0.5, [4, 1, 8, 8])
    for (const noise of [0.08, 0.04, 0.2, 1 / 3]) {
      const { sigma } = exponentialSchedule({ sigmaMin: noise, sigmaMax: 10 })
      const objective = gsureObjective(net, { y, mask }, { noise, sigma }, (p) => stream(0, p))
      const { step, release } = trainer(objective, { batch: 4, rate: constantRate(1e-3) }, stream(0, 'rows'))
      const { terms } = await step(initTrainState(net.init(0)), { step: 0 })
      expect(terms.loss).toBeGreaterThan(0)
      await release()
    }
  })
})

it('in k-space: the loss is its closed form on Gaussian images, least for the true denoiser', async () => {
  const { risk, gain } = await gsureErrors(4096)
  expect(risk).toBeLessThan(0.02)
  expect(gain).toBeLessThan(0.03)
})
