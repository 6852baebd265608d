import { describe, expect, it } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate, mlp, type Network, unet } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { flatten, NdArray, toNumbers } from '../../src/tensor/index.ts'
import { initTrainState, type TrainOptions, type TrainState, trainer } from '../../src/training/index.ts'
import { expectClose } from '../numbers.ts'

const points = new NdArray(
  'float32',
  [48, 3],
  normal(stream(0, 'points'), [48, 3]).data.map((v) => 0.3 * v + 1),
)
const pictures = normal(stream(0, 'pictures'), [12, 1, 8, 8])
const options: TrainOptions = {
  batch: 16,
  rate: constantRate(5e-3),
  ema: 0.9,
  schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 }),
}

/** Steps `from … to − 1` by a trainer of their own. */
const train = async (
  net: Network,
  data: NdArray<'float32'>,
  more: Partial<TrainOptions> = {},
  {
    from = 0,
    to = 6,
    state = initTrainState(net.init(0)),
    seed = 0,
  }: {
    from?: number
    to?: number
    state?: TrainState
    seed?: number
  } = {},
) => {
  const { step, release } = trainer(net, { ...options, ...more }, (purpose) => stream(seed, purpose))
  const losses: number[] = []
  let now = state
  for (let i = from; i < to; i++) {
    const next = await step(now, data, { lap: 0, step: i })
    now = next.state
    losses.push(next.loss)
  }
  await release()
  return { state: now, losses }
}

const numbers = (tree: object) =>
  Object.fromEntries(Object.entries(flatten(tree)).map(([name, array]) => [name, toNumbers(array)]))

const tiny = mlp({ features: 3, hidden: [24, 24], emb: 8 })
const small = unet({ io: 1, channels: [4, 4], blocks: [1, 1], emb: 8, dropout: 0.3 })

describe('training', () => {
  it('lowers the loss', async () => {
    const { losses } = await train(tiny, points, { batch: 48 }, { to: 200 })
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    expect(mean(losses.slice(-50))).toBeLessThan(0.7 * mean(losses.slice(0, 10)))
  })

  it.each([
    ['an MLP', tiny, points, {}],
    ['an MLP on rows with replacement', tiny, points, { replacement: true }],
    [
      'a U-Net with dropout, mirrored and shifted',
      small,
      pictures,
      { batch: 8, augment: { flip: true, shift: 1 } },
    ],
  ] as const)('goes on from a state to the same bytes: %s', async (_, net, data, more) => {
    const whole = await train(net, data, more)
    const half = await train(net, data, more, { to: 3 })
    const rest = await train(net, data, more, { from: 3, state: half.state })
    expect([...half.losses, ...rest.losses]).toEqual(whole.losses)
    expect(numbers(rest.state)).toEqual(numbers(whole.state))
    const other = await train(net, data, more, { seed: 1 })
    expect(numbers(other.state)).not.toEqual(numbers(whole.state))
  })

  it('averages the weights exponentially, or not at all', async () => {
    const start = initTrainState(tiny.init(0))
    const { state } = await train(tiny, points, { ema: 0.75 }, { to: 1 })
    const [before, after, average] = [start.params, state.params, state.average].map(numbers)
    for (const name of Object.keys(average)) {
      expectClose(
        average[name],
        before[name].map((v, i) => 0.75 * v + 0.25 * after[name][i]),
        1e-6,
      )
    }
    const plain = (await train(tiny, points, { ema: 0 }, { to: 2 })).state
    expect(numbers(plain.average)).toEqual(numbers(plain.params))
  })

  it('takes the rate of each step: at rate 0 nothing moves, and Adam moves by at most about the rate', async () => {
    const still = (await train(tiny, points, { rate: () => 0 }, { to: 2 })).state
    expect(numbers(still.params)).toEqual(numbers(tiny.init(0)))
    const moved = (await train(tiny, points, { rate: (step) => (step === 1 ? 1e-2 : 0) }, { to: 2 })).state
    const [a, b] = [still.params, moved.params].map((params) => Object.values(numbers(params)).flat())
    const steps = a.map((v, i) => Math.abs(v - b[i]))
    expect(Math.max(...steps)).toBeGreaterThan(5e-3)
    expect(Math.max(...steps)).toBeLessThan(2e-2)
  })

  it('runs elsewhere to the same numbers, up to rounding', async () => {
    const [here, valid] = [
      await train(tiny, points),
      await train(tiny, points, { execute: { worker: true, threads: 1 } }),
    ]
    expectClose(valid.losses, here.losses, 1e-5)
  })

  it('stops at a loss that is no number, naming lap and step', async () => {
    const broken = new NdArray('float32', points.shape, points.data.slice().fill(Number.NaN, 0, 60))
    await expect(train(tiny, broken, { batch: 48 })).rejects.toMatchObject({
      code: 'numeric',
      message: expect.stringMatching(/the loss is NaN at lap 0, step 0/),
    })
  })
})
