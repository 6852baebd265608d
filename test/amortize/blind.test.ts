/**
 * Blind restoration: the share of the vertices that was lost differs between observations, and the flow is
 * conditioned on y alone.
 */
import { describe, expect, it } from 'vitest'
import {
  boundNegLogPrior,
  conditionLayout,
  conditionShape,
  flowParamsOf,
  initFlowState,
  measurementsOf,
  restore,
  reverseObjective,
  samplerOperator,
} from '../../src/amortize/index.ts'
import { gaussianDenoiser } from '../../src/diffusion/index.ts'
import { type FlowConfig, flowOf } from '../../src/flows/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import type { ObservationSet } from '../../src/observations/index.ts'
import { observe } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'
import { trainer } from '../../src/training/index.ts'

const POINTS = 20
const RANGE = [-2, 2] as const // the units of the prior

/** x_j = a cos(j/4) + b sin(j/4) + 0.05 noise, a, b standard normal, for points 0 … 19. */
const waves = Array.from({ length: POINTS }, (_, j) => [Math.cos(j / 4), Math.sin(j / 4)])
const signals = (count: number, seed: number): NdArray<'float32'> => {
  const [ab, noise] = ['ab', 'noise'].map((name) => normal(stream(seed, name), [count, POINTS]).data)
  const data = Float32Array.from({ length: count * POINTS }, (_, i) => {
    const [row, j] = [Math.floor(i / POINTS), i % POINTS]
    const [a, b] = [ab[row * POINTS], ab[row * POINTS + 1]]
    return a * waves[j][0] + b * waves[j][1] + 0.05 * noise[i]
  })
  return new NdArray('float32', [count, 1, POINTS], data)
}

const prior = gaussianDenoiser({
  mean: ndarray(new Array(POINTS).fill(0)),
  covariance: lowRank(0.05 ** 2, ndarray(waves.flat(), [POINTS, 2])),
})

const observed = (x: NdArray<'float32'>, seed: number): Promise<ObservationSet> =>
  observe(x, {
    operator: { name: 'vertices', settings: { keep: 0.4, keepMax: 0.7 }, blind: true },
    noise: 0.1,
    range: RANGE,
    seed,
  })

const truthOf = ({ operator }: ObservationSet) => {
  if (!operator.truth) throw new Error('a blind set was asked for')
  return operator.truth.mask
}

describe('vertices with a share of their own', () => {
  it('keep between 40 and 70 %, exactly so many of each, all shares alike', async () => {
    const { data } = truthOf(await observed(signals(400, 1), 1))
    const kept = Array.from({ length: 400 }, (_, i) =>
      data.subarray(i * POINTS, (i + 1) * POINTS).reduce((a, b) => a + b, 0),
    )
    expect([Math.min(...kept), Math.max(...kept)]).toEqual([8, 14])
    expect(kept.reduce((a, b) => a + b) / 400 / POINTS).toBeCloseTo(0.55, 1)
    for (let n = 9; n < 14; n++) expect(kept.filter((k) => k === n).length).toBeGreaterThan(400 / 12)
  })

  it('refuse a largest share below the smallest', async () => {
    const settings = { keep: 0.7, keepMax: 0.4 }
    await expect(
      observe(signals(2, 1), { operator: { name: 'vertices', settings }, noise: 0.1, seed: 1 }),
    ).rejects.toThrow(/operator 'vertices': 'keepMax' must be at least 'keep' \(0.7\), got 0.4/)
  })
})

describe('a blind flow', () => {
  it('restores from y alone, whatever mask it was', async () => {
    const set = await observed(signals(4096, 1), 1)
    const layout = conditionLayout(set, false)
    expect(layout).toEqual({ y: [1, POINTS], beside: {}, crossing: 'entries' })
    const [condition] = conditionShape(layout, 'vector')
    const config: FlowConfig = { kind: 'realNvp', size: POINTS, condition, steps: 2, hidden: 48 }
    const measurements = measurementsOf(set, { layout, condition: [condition], blind: true })
    expect(Object.keys(measurements.arrays).sort()).toEqual(['parameter.mask', 'y'])
    const steps = 500
    const options = { batch: 64, rate: exponentialRate(5e-3, 1e-4, steps) }
    const streamOf = (purpose: string) => stream(0, purpose)
    const flow = flowOf(config)
    const objective = reverseObjective(flow, boundNegLogPrior(prior, streamOf), measurements, {}, streamOf)
    const { step, release } = trainer(objective, options, streamOf('rows'))
    let state = initFlowState(flow.init(0))
    for (let i = 0; i < steps; i++) state = (await step(state, { step: i })).state
    await release()

    const x = signals(64, 2)
    const test = await observed(x, 2)
    const sampler = {
      flow: config,
      params: flowParamsOf(state),
      event: [1, POINTS],
      range: RANGE,
      operator: samplerOperator(test.operator, true),
      condition: layout,
    }
    const { mean } = await restore(sampler, test, { draws: 32, seed: 0 })
    const seen = truthOf(test).data
    const errorOf = (guess: (i: number) => number): number => {
      const gaps = Array.from(x.data.keys()).filter((i) => seen[i] === 0)
      return Math.sqrt(gaps.reduce((sum, i) => sum + (guess(i) - x.data[i]) ** 2, 0) / gaps.length)
    }
    const error = errorOf((i) => mean.data[i])
    expect(error).toBeLessThan(errorOf(() => 0) / 2) // of vertices that nothing was seen of
  }, 120_000)
})
