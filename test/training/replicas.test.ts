/** Training by replicas: the outer step against its formula, averaging against steps by hand. */
import { describe, expect, it } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate, network } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { flatten, type NdArray, ndarray, type Tree } from '../../src/tensor/index.ts'
import {
  denoisingObjective,
  initReplicas,
  initTrainState,
  outerStep,
  replicaPlan,
  replicaStart,
  type TrainState,
  trainer,
} from '../../src/training/index.ts'

const stateOf = (w: number[], average = w): TrainState => ({
  ...initTrainState({ w: ndarray(w) }),
  average: { w: ndarray(average) },
})

const numbers = (tree: Tree<NdArray>): number[] =>
  Object.values(flatten(tree)).flatMap(({ data }) => Array.from(data, Number))
const weights = ({ params }: TrainState): number[] => numbers(params)

describe('the outer step', () => {
  it('is that of Nesterov on the mean of the moves', () => {
    const plan = replicaPlan({ count: 2, rate: 0.5, momentum: 0.75 })
    const shared = stateOf([1, 2])
    // Moves of the replicas: (−0.5, 0.25) and (−0.25, 0.75); Δ = (0.375, −0.5).
    const [first, replicas] = outerStep(
      shared,
      initReplicas(shared, plan),
      [stateOf([0.5, 2.25], [8, 8]), stateOf([0.75, 2.75], [4, 2])],
      plan,
      0.9,
    )
    // v = Δ, θ − 0.5 (Δ + 0.75 v) = θ − 0.875 Δ.
    expect(weights(first)).toEqual([1 - 0.875 * 0.375, 2 + 0.875 * 0.5])
    expect(numbers(first.average)).toEqual([6, 5])
    expect(numbers(replicas.velocity)).toEqual([0.375, -0.5])
    // The same moves again: v = 0.75 Δ + Δ, and θ goes by 0.5 (Δ + 0.75 · 1.75 Δ).
    const move = (state: TrainState, by: readonly number[]) =>
      stateOf(weights(state).map((w, i) => w + by[i]))
    const ends = [move(first, [-0.5, 0.25]), move(first, [-0.25, 0.75])]
    const [second] = outerStep(first, replicas, ends, plan, 0)
    const moved = 0.5 * (1 + 0.75 * 1.75)
    expect(weights(second)[0]).toBeCloseTo(weights(first)[0] - moved * 0.375, 6)
    expect(weights(second)[1]).toBeCloseTo(weights(first)[1] + moved * 0.5, 6)
    // Without a moving average it is the weights.
    expect(second.average).toEqual(second.params)
  })

  it('is plain averaging with rate 1 and no momentum', () => {
    const plan = replicaPlan({ count: 2, rate: 1, momentum: 0 })
    const shared = stateOf([1, 2])
    const ends = [stateOf([0, 2.5]), stateOf([0.5, 3.5])]
    const [next] = outerStep(shared, initReplicas(shared, plan), ends, plan, 0)
    expect(weights(next)).toEqual([0.25, 3])
  })

  it('gives the moments of Adam back to their replicas', async () => {
    const net = network({ kind: 'mlp', features: 2, hidden: [4], emb: 4 })
    const schedule = exponentialSchedule({ sigmaMin: 0.1, sigmaMax: 1 })
    const x = normal(stream(0, 'x'), [16, 2])
    const options = { batch: 4, rate: constantRate(1e-2), schedule, ema: 0.5 }
    const of = (purpose: string) => stream(1, purpose)
    const { step, release } = trainer(denoisingObjective(net, x, options, of), options, of('rows'))
    const plan = replicaPlan({ count: 1, rate: 1, momentum: 0 })
    let shared = initTrainState(net.init(0))
    let replicas = initReplicas(shared, plan)
    let alone = shared
    try {
      for (let i = 0; i < 3; i++) {
        const { state } = await step(replicaStart(shared, replicas, 0), { step: i })
        ;[shared, replicas] = outerStep(shared, replicas, [state], plan, options.ema)
        alone = (await step(alone, { step: i })).state
      }
    } finally {
      await release()
    }
    // One replica whose moves are taken whole is training alone, but for p − (p − q) in float32.
    const got = weights(shared)
    for (const [i, value] of weights(alone).entries()) expect(Math.abs(got[i] - value)).toBeLessThan(1e-6)
  })

  it.each([
    [{ count: 0 }, /number of replicas must be an integer of at least 1, got 0/],
    [{ count: 2, steps: 0 }, /steps of a round must be/],
    [{ count: 2, rate: 0 }, /rate of replicas must be positive, got 0/],
    [{ count: 2, momentum: 1 }, /momentum of replicas must be in \[0, 1\), got 1/],
  ])('refuses %o', (options, message) => {
    expect(() => replicaPlan(options)).toThrow(message)
  })
})
