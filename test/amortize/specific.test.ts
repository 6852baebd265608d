/**
 * Flows of one measurement: with a Gaussian prior their optimum is the posterior N(m, C), known in closed
 * form.
 */
import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  boundNegLogPrior,
  type ExactOptions,
  exactNegLogPrior,
  flowParamsOf,
  initFlowState,
  type NegLogPrior,
  reverseObjective,
} from '../../src/amortize/index.ts'
import type { Denoiser } from '../../src/diffusion/index.ts'
import { type Flow, type FlowParams, realNvp } from '../../src/flows/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  constant,
  frozen,
  jit,
  matmul,
  mul,
  type NdArray,
  ndarray,
  reciprocal,
  square,
  type Tensor,
  tanh,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'
import { wave } from '../numbers.ts'
import { errorsAgainst, KEPT, momentsOf, NOISE, posterior, prior, SIZE, Y } from './gaussian-problem.ts'

const flow: Flow = realNvp({ size: SIZE, condition: 1, steps: 2, hidden: 16 })
const measurement = {
  arrays: { y: ndarray(Y, [1, SIZE]) },
  observe: ({ y }: { y: Tensor }) => ({
    y,
    A: mask(constant(ndarray(KEPT, [1, SIZE]))),
    noise: isotropicNoise(NOISE),
  }),
  condition: ({ y }: { y: Tensor }) => constant(zeros([y.shape[0], 1])), // nothing of y
}

const streamOf = (purpose: string) => stream(0, purpose)

const MIXING = ndarray(wave(SIZE * SIZE), [SIZE, SIZE])

/** A denoiser that bends and mixes: the gradient of the estimated divergence depends on the probes. */
const bent: Denoiser = (xt, sigma) =>
  mul(matmul(tanh(xt), constant(MIXING)), reciprocal(add(square(alignTo(sigma, xt)), 1)))

const trained = async <P>(steps: number, batch: number, negLogPrior: NegLogPrior<P>) => {
  const options = { batch, rate: exponentialRate(2e-2, 2e-4, steps) }
  const objective = reverseObjective(flow, negLogPrior, measurement, {}, streamOf)
  const { step, release } = trainer(objective, options, streamOf('rows'))
  let state = initFlowState(flow.init(0))
  for (let i = 0; i < steps; i++) state = (await step(state, { step: i })).state
  await release()
  return flowParamsOf(state)
}

/** Errors of the moments of 8192 draws. */
const errorsOf = async (params: FlowParams<NdArray>) => {
  const count = 8192
  const draw = jit((z: Tensor) => flow.sample(frozen(params), constant(zeros([count, 1])), z).x)
  const x = toNumbers(await draw(normal(stream(5, 'z'), [count, SIZE])))
  await draw.release()
  return errorsAgainst(momentsOf(Matrix.from1DArray(count, SIZE, x)), posterior)
}

describe('a flow of one measurement', () => {
  it('finds the posterior by the bound', async () => {
    const { mean, covariance } = await errorsOf(await trained(600, 128, boundNegLogPrior(prior, streamOf)))
    expect(mean).toBeLessThan(0.05)
    expect(covariance).toBeLessThan(0.05)
  }, 120_000)

  it('finds it by the exact log-density with new probes in each step', async () => {
    const exact = { trace: { kind: 'hutchinson', probes: 2 }, start: 1e-3 } as const
    const { mean, covariance } = await errorsOf(await trained(120, 64, exactNegLogPrior(prior, exact)))
    expect(mean).toBeLessThan(0.05)
    expect(covariance).toBeLessThan(0.06)
  }, 120_000)

  it('has one tangent in each step with fixed probes alone; new ones err about the true one', async () => {
    const integrate = { rtol: 1e-6, atol: 1e-8 }
    const options = { trace: { kind: 'hutchinson', probes: 1 }, start: 1e-3, integrate } as const
    const x = normal(stream(6, 'x'), [1, SIZE])
    const gradients = async (exact: ExactOptions, steps: number): Promise<Matrix> => {
      const { batch, release } = exactNegLogPrior(bent, exact)
      const rows: number[][] = []
      for (let step = 0; step < steps; step++) {
        const made = await batch({ at: { step }, shape: [1, SIZE], draw: async () => x })
        if (typeof made.gradient === 'number') expect.fail('a gradient has entries')
        rows.push(toNumbers(made.gradient))
      }
      await release?.()
      return new Matrix(rows)
    }
    const fixed = await gradients({ ...options, fixedProbes: true }, 2)
    expect(fixed.getRow(0)).toEqual(fixed.getRow(1))
    const count = 48
    const anew = await gradients(options, count)
    expect(anew.getRow(0)).toEqual(fixed.getRow(0)) // those of the first step
    const truth = (await gradients({ ...options, trace: { kind: 'exact' } }, 1)).getRow(0)
    const [mean, sd] = [anew.mean('column'), anew.standardDeviation('column')]
    for (const [i, g] of truth.entries()) {
      expect(sd[i]).toBeGreaterThan(1e-3)
      expect(Math.abs(mean[i] - g)).toBeLessThan((4 * sd[i]) / Math.sqrt(count) + 1e-3)
    }
  }, 120_000)
})
