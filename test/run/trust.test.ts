/** How far to trust samplers whose coverage is known: the posterior of a Gaussian, and one too narrow. */
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  conditionLayout,
  conditionShape,
  freshFlow,
  samplerDensity,
  samplerOperator,
  withBase,
} from '../../src/amortize/index.ts'
import type { Gaussian } from '../../src/diffusion/index.ts'
import type { FlowConfig } from '../../src/flows/index.ts'
import { isotropic } from '../../src/linalg/index.ts'
import { noiseRangeOf, type ObservationSet, observe } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { trustOf, trustSchema } from '../../src/run/index.ts'
import { type NdArray, ndarray, toNumbers, zeros } from '../../src/tensor/index.ts'

const EVENT = [1, 6, 6]
const N = 36
const COUNT = 320
const RANGE = { from: 0.01, to: 0.3 }
const VARIANCE = 0.16 // of x' = 4 x − 2: a standard deviation of 0.1 in the units of the data

/** Entries are independent: of a hidden one the posterior is the prior. */
const prior = (variance: number): Gaussian => ({ mean: zeros([N]), covariance: isotropic(variance) })

const truth: NdArray<'float32'> = ndarray(
  toNumbers(normal(stream(3, 'x'), [COUNT, ...EVENT])).map((v) => 0.5 + 0.1 * v),
  [COUNT, ...EVENT],
)

const observed = (): Promise<ObservationSet> =>
  observe(truth, { operator: { name: 'masks' }, noise: RANGE, range: [0, 1], seed: 2 })

const levels = { channels: [4], blocks: [1], emb: 4 }

const samplerFor = (set: ObservationSet, gaussian: Gaussian): AmortizedSampler => {
  const layout = conditionLayout(set, true, noiseRangeOf(set))
  const plain: FlowConfig = {
    kind: 'network',
    event: EVENT,
    condition: conditionShape(layout, 'channels'),
    encoder: { kind: 'unet', io: 4, ...levels },
    coupling: { kind: 'unet', io: 5, ...levels },
    steps: 1,
  }
  const flow = withBase(plain, gaussian, set, layout)
  const params = freshFlow(flow, gaussian, 0)
  return {
    flow,
    params,
    event: EVENT,
    range: [0, 1],
    operator: samplerOperator(set.operator),
    condition: layout,
  }
}

describe('trust in the exact posterior', () => {
  it('finds intervals that hold what they say, of every kind and noise, and residuals around 1', async () => {
    const set = await observed()
    const sampler = samplerFor(set, prior(VARIANCE))
    const trust = trustSchema.parse(await trustOf(sampler, set, truth, { seed: 5 }))
    const [all, ...parts] = trust.cells
    expect(all.observations).toBe(COUNT)
    expect(parts.map(({ masks }) => masks)).toEqual(['random', 'box', 'strokes', 'lines', ...Array(3)])
    const sum = (cells: typeof parts) => cells.reduce((n, { observations }) => n + observations, 0)
    expect([sum(parts.slice(0, 4)), sum(parts.slice(4))]).toEqual([COUNT, COUNT])
    for (const { coverage } of trust.cells)
      for (const { level, observed, standardError = 0 } of coverage)
        expect(Math.abs(observed - level)).toBeLessThan(4 * standardError + 0.002)
    // The noise falls into thirds of a log scale, as it was drawn.
    const [low, middle, high] = parts.slice(4).map(({ noise }) => noise)
    expect([low?.from, middle?.from, high?.to]).toEqual([
      sampler.condition.noise?.from,
      expect.closeTo(Math.cbrt((low?.from ?? 0) ** 2 * (high?.to ?? 0)), 6),
      expect.closeTo(sampler.condition.noise?.to ?? 0, 6),
    ])
    // 3.01 dB in the mean square error, whatever the posterior.
    expect(all.psnrMean - all.psnrDraw).toBeGreaterThan(2)
    expect(trust.residual.from).toBeLessThan(1)
    expect(trust.residual.to).toBeGreaterThan(1)
    const ofTruth = toNumbers(await samplerDensity(sampler, set, truth))
    const inside = ofTruth.filter((v) => trust.logq && v >= trust.logq.from && v <= trust.logq.to).length
    expect(inside / COUNT).toBeGreaterThan(0.95)
  })

  it('finds a sampler too narrow: half the spread holds 2 Φ(z/2) − 1', async () => {
    const set = await observed()
    const narrow = samplerFor(set, prior(VARIANCE / 4))
    const { cells } = await trustOf(narrow, set, truth, { seed: 5, draws: 199 })
    const [half, most] = cells[0].coverage
    expect(half.observed).toBeCloseTo(0.264, 1)
    expect(most.observed).toBeCloseTo(0.589, 1)
    expect(Math.abs(most.observed - 0.589)).toBeLessThan(0.02)
    expect(Math.abs(half.observed - 0.264)).toBeLessThan(0.02)
  })

  it('is the same for the same seed, and wants draws enough', async () => {
    const set = await observed()
    const sampler = samplerFor(set, prior(VARIANCE))
    const how = { seed: 1, draws: 19 }
    expect(await trustOf(sampler, set, truth, how)).toEqual(await trustOf(sampler, set, truth, how))
    await expect(trustOf(sampler, set, truth, { draws: 18 })).rejects.toThrow(/at least 19 draws, got 18/)
  })
})
