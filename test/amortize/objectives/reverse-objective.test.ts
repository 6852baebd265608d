import { describe, expect, it } from 'vitest'
import { boundNegLogPrior, initFlowState, reverseObjective } from '../../../src/amortize/index.ts'
import { type Denoiser, gaussianDenoiser, standardGaussian } from '../../../src/diffusion/index.ts'
import { maskedCondition, realNvp } from '../../../src/flows/index.ts'
import { constantRate } from '../../../src/nn/index.ts'
import { isotropicNoise, mask } from '../../../src/operators/index.ts'
import { bernoulli, normal, stream } from '../../../src/random/index.ts'
import { flatten, mul, reshape, type Tensor, toNumbers } from '../../../src/tensor/index.ts'
import { type TrainOptions, type TrainState, trainer } from '../../../src/training/index.ts'
import { errorsOf, trained } from '../../exact/amortized.ts'

const N = 40
const arrays = {
  y: normal(stream(1, 'y'), [N, 2, 3]),
  mask: bernoulli(stream(1, 'mask'), 0.6, [N, 2, 3]),
}
const flow = realNvp({ size: 6, condition: 12, steps: 2, hidden: 6 })
const prior = gaussianDenoiser(standardGaussian(6))

const observe = ({ y, mask: m }: { y: Tensor; mask: Tensor }) => ({
  y: mul(y, m),
  A: mask(m),
  noise: isotropicNoise(0.3),
})

const condition = ({ y, mask: m }: { y: Tensor; mask: Tensor }) =>
  maskedCondition(reshape(y, [-1, 6]), reshape(m, [-1, 6]))

const options = { batch: 8, rate: constantRate(1e-3) }
const streams = (purpose: string) => stream(3, purpose)

const make = (denoiser: Denoiser = prior, how: TrainOptions = options) => {
  const measurements = { arrays, observe, condition }
  const objective = reverseObjective(flow, boundNegLogPrior(denoiser, streams), measurements, {}, streams)
  return trainer(objective, how, streams('rows'))
}

const run = async (from: TrainState, steps: readonly number[]): Promise<TrainState> => {
  const { step, release } = make()
  let state = from
  for (const i of steps) state = (await step(state, { step: i })).state
  await release()
  return state
}

const numbersOf = (state: TrainState): number[] => Object.values(flatten(state)).flatMap(toNumbers)

describe('distillation', () => {
  it('finds a Gaussian posterior from measurements alone', async () => {
    const { mean, covariance } = await errorsOf(await trained({ steps: 500, batch: 128 }))
    expect(mean).toBeLessThan(0.06)
    expect(covariance).toBeLessThan(0.15)
  })

  it('finds it from simulations of prior draws, too', async () => {
    const { mean, covariance } = await errorsOf(
      await trained({ steps: 500, batch: 128, from: 'simulations' }),
    )
    expect(mean).toBeLessThan(0.06)
    expect(covariance).toBeLessThan(0.15)
  })

  it('continues bit for bit', async () => {
    const start = initFlowState(flow.init(0))
    const through = await run(start, [0, 1, 2, 3])
    const resumed = await run(await run(start, [0, 1]), [2, 3])
    expect(numbersOf(resumed)).toEqual(numbersOf(through))
  })

  it('averages the statistics of BatchNorm', async () => {
    const start = initFlowState(flow.init(0))
    const after = await run(start, [0])
    const variances = (s: TrainState) =>
      Object.entries(flatten(s.statistics)).flatMap(([name, a]) =>
        name.endsWith('variance') ? toNumbers(a) : [],
      )
    expect(variances(start).every((v) => v === 1)).toBe(true)
    expect(variances(after).every((v) => v > 0.89 && v !== 1)).toBe(true)
  })

  it('lowers its loss', async () => {
    const { step, release } = make(prior, { batch: 32, rate: constantRate(5e-3) })
    const losses: number[] = []
    let state = initFlowState(flow.init(0))
    for (let i = 0; i < 150; i++) {
      const next = await step(state, { step: i })
      losses.push(next.terms.loss)
      state = next.state
    }
    await release()
    const average = (part: number[]) => part.reduce((a, b) => a + b) / part.length
    expect(average(losses.slice(-30))).toBeLessThan(average(losses.slice(0, 30)) - 1)
  })

  it('stops with the last good state when a number is no longer finite', async () => {
    const { step, release } = make((xt) => mul(xt, Number.NaN))
    const state = initFlowState(flow.init(0))
    const before = numbersOf(state)
    await expect(step(state, { step: 7 })).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(/the loss is NaN at lap 0, step 7 \(data \S+, prior NaN, logdet \S+\)/),
    })
    expect(numbersOf(state)).toEqual(before)
    await release()
  })

  it('refuses measurements that do not go together', () => {
    const odd = { y: arrays.y, mask: bernoulli(stream(1, 'mask'), 0.6, [N - 1, 2, 3]) }
    const measurements = { arrays: odd, observe, condition }
    const bound = boundNegLogPrior(prior, streams)
    expect(() => reverseObjective(flow, bound, measurements, {}, streams)).toThrow(/y 40, mask 39/)
  })
})
