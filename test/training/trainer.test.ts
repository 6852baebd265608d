import { describe, expect, it } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate, mlp, type Network, unet } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  flatten,
  leavesOf,
  mean,
  mul,
  NdArray,
  ndarray,
  sqrt,
  square,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import {
  type DenoisingTraining,
  denoisingObjective,
  initTrainState,
  type Objective,
  type TrainState,
  trainer,
} from '../../src/training/index.ts'
import { expectClose } from '../numbers.ts'

const points = new NdArray(
  'float32',
  [48, 3],
  normal(stream(0, 'points'), [48, 3]).data.map((v) => 0.3 * v + 1),
)
const pictures = normal(stream(0, 'pictures'), [12, 1, 8, 8])
const options: DenoisingTraining = {
  batch: 16,
  rate: constantRate(5e-3),
  ema: 0.9,
  schedule: exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 }),
}

/** Steps `from … to − 1` by a trainer of their own. */
const train = async (
  net: Network,
  data: NdArray<'float32'>,
  more: Partial<DenoisingTraining> = {},
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
  const how = { ...options, ...more }
  const streamOf = (purpose: string) => stream(seed, purpose)
  const { step, release } = trainer(denoisingObjective(net, data, how, streamOf), how, streamOf('rows'))
  const losses: number[] = []
  let now = state
  for (let i = from; i < to; i++) {
    const next = await step(now, { lap: 0, step: i })
    now = next.state
    losses.push(next.terms.loss)
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
    const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    expect(average(losses.slice(-50))).toBeLessThan(0.7 * average(losses.slice(0, 10)))
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

  it('takes the rate of each step: at 0 nothing moves, else Adam moves by about the rate', async () => {
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

describe('any objective', () => {
  /** Σ (w − y)²/B, the count of batches as a statistic, w as a term; batches come after a while. */
  const y = [1, 2, 3, 6]
  let released = 0
  const squares: Objective<{ readonly y: Tensor }> = {
    count: y.length,
    batch: async ({ rows }) => ({ y: ndarray(rows.map((i) => y[i])) }),
    loss: ({ params, statistics }, batch) => {
      const [w] = leavesOf(params)
      const [batches] = leavesOf(statistics)
      const loss = mean(square(sub(w, batch.y)))
      return { terms: { loss, w }, statistics: { batches: add(batches, 1) } }
    },
    release: async () => {
      released++
    },
  }

  it('hands back its terms, its statistics and the norm of its gradient', async () => {
    const { step, release } = trainer(squares, { batch: 4, rate: constantRate(0.5) }, stream(0, 'rows'))
    const start = initTrainState({ w: ndarray([1], []) }, { batches: ndarray([0], []) })
    const one = await step(start, { step: 0 })
    expect(one.terms).toEqual({ loss: 7.5, w: 1 })
    expect(one.gradient).toBe(4) // 2 (w − 3)
    expectClose(Object.values(numbers(one.state.params)).flat(), [1.5], 1e-5) // Adam's first step is the rate
    expect(one.state.average).toBe(one.state.params)
    const two = await step(one.state, { step: 1 })
    expect(numbers(two.state.statistics)).toEqual({ batches: [2] })
    expect(numbers(start)).toMatchObject({ 'params.w': [1], 'statistics.batches': [0] })
    await release()
    expect(released).toBe(1)
  })

  it('stops when its gradient is no number, though its loss is one', async () => {
    const root: Objective<{ readonly y: Tensor }> = {
      ...squares,
      loss: ({ params }, batch) => ({
        terms: { loss: add(sqrt(leavesOf(params)[0]), mul(mean(batch.y), 0)) },
      }),
    }
    const { step, release } = trainer(root, { batch: 4, rate: constantRate(0.5) }, stream(0, 'rows'))
    await expect(step(initTrainState({ w: ndarray([0], []) }), { lap: 2, step: 3 })).rejects.toThrow(
      'training: the loss is 0 at lap 2, step 3, its gradient has norm Infinity',
    )
    await release()
  })
})
