/**
 * Flows of one measurement: with a Gaussian prior their optimum is the posterior N(m, C), known in closed
 * form.
 */
import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  boundNegLogPrior,
  exactNegLogPrior,
  flowParamsOf,
  initFlowState,
  type NegLogPrior,
  reverseObjective,
} from '../../src/amortize/index.ts'
import { type Flow, type FlowParams, realNvp } from '../../src/flows/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  constant,
  frozen,
  jit,
  type NdArray,
  ndarray,
  type Tensor,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'
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

  it('finds it by the exact log-density with fixed probes', async () => {
    const exact = { trace: { kind: 'hutchinson', probes: 2 }, start: 1e-3 } as const
    const { mean, covariance } = await errorsOf(await trained(120, 64, exactNegLogPrior(prior, exact)))
    expect(mean).toBeLessThan(0.05)
    expect(covariance).toBeLessThan(0.06)
  }, 120_000)
})
