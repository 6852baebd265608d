/** How far to trust samplers whose coverage is known: the posterior of a Gaussian, and one too narrow. */
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  conditionLayout,
  conditionShape,
  expectedLogq,
  freshFlow,
  restore,
  samplerDensity,
  samplerOperator,
  withBase,
} from '../../../src/amortize/index.ts'
import { exponentialSchedule, type Gaussian, gaussianDenoiser } from '../../../src/diffusion/index.ts'
import type { FlowConfig } from '../../../src/flows/index.ts'
import { isotropic } from '../../../src/linalg/index.ts'
import {
  noiseLevels,
  noiseRangeOf,
  type ObservationSet,
  observationsAt,
  observe,
  readRows,
} from '../../../src/observations/index.ts'
import { maskKinds } from '../../../src/operators/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { trustOf, trustSchema } from '../../../src/run/index.ts'
import { itemsAt, worthAt } from '../../../src/run/trust/worth.ts'
import {
  average,
  itemAt,
  NdArray,
  ndarray,
  rows,
  rowsAt,
  sizeOf,
  toNumbers,
  zeros,
} from '../../../src/tensor/index.ts'

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

describe('items', () => {
  const x = rows(truth, 0, 4)

  it('are counted once, however often they are observed', () => {
    const twice = rowsAt(x, [0, 1, 2, 3, 0, 1, 2, 3])
    expect(itemsAt(twice, [0, 1, 2, 3, 4, 5, 6, 7])).toBe(4)
    expect(itemsAt(twice, [0, 4])).toBe(1)
    expect(itemsAt(twice, [1, 2, 6])).toBe(2)
  })

  it('make the standard error: of each observed four times it is that of each observed once', async () => {
    const set = await observed()
    const some = observationsAt(set, [0, 1, 2, 3])
    const often = observationsAt(
      set,
      Array.from({ length: 16 }, (_, i) => i % 4),
    )
    const sampler = samplerFor(set, prior(VARIANCE))
    const { draws } = await restore(sampler, some, { draws: 19, seed: 1 })
    if (!draws) throw new Error('draws are kept')
    const at = Array.from({ length: 16 }, (_, i) => i % 4)
    const repeated = new NdArray('float32', [19, 16, ...EVENT], new Float32Array(19 * 16 * sizeOf(EVENT)))
    for (let k = 0; k < 19; k++) repeated.data.set(rowsAt(itemAt(draws, k), at).data, k * 16 * sizeOf(EVENT))
    const all = (n: number) => Array.from({ length: n }, (_, i) => i)
    const once = worthAt(some, { draws, truth: x }, all(4)).coverage[1]
    const again = worthAt(often, { draws: repeated, truth: rowsAt(x, at) }, all(16)).coverage[1]
    expect(again.observed).toBeCloseTo(once.observed, 9)
    // But for n − 1 in the variance of the mean of n.
    expect(again.standardError).toBeCloseTo((once.standardError ?? 0) * Math.sqrt((3 / 4) * (16 / 15)), 6)
    expect(worthAt(some, { draws, truth: x }, [2]).coverage[1].standardError).toBeUndefined()
  })
})

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

/** Least and largest. */
const ends = (values: readonly number[]) => ({ from: Math.min(...values), to: Math.max(...values) })

describe('what tells observations apart without the truth', () => {
  it('has ranges over the observations of each cell', async () => {
    const set = await observed()
    const sampler = samplerFor(set, prior(VARIANCE))
    const how = { seed: 1, draws: 19 }
    const { cells, expectedLogq: b = [] } = trustSchema.parse(await trustOf(sampler, set, truth, how))
    const { logq } = await restore(sampler, set, how)
    const { kind, mask } = set.operator.parameters
    const levels = toNumbers(noiseLevels(set) ?? zeros([0]))
    for (const { masks, noise, observations, evidence } of cells) {
      const at = levels.flatMap((s, i) => {
        const isOf = masks === undefined || maskKinds[kind.data[i]] === masks
        return isOf && (!noise || (s >= noise.from && s <= noise.to)) ? [i] : []
      })
      expect(at.length).toBe(observations)
      const seen = at.map((i) => average(mask.data.subarray(i * N, (i + 1) * N)))
      const excess = at.map((i, n) => {
        const mean = average(Array.from({ length: 19 }, (_, k) => logq?.data[k * COUNT + i] ?? 0))
        return mean - expectedLogq(b, { seen: seen[n], noise: levels[i] })
      })
      expect(evidence).toMatchObject({
        seen: ends(seen),
        noise: ends(at.map((i) => levels[i])),
        excess: { from: expect.closeTo(ends(excess).from, 3), to: expect.closeTo(ends(excess).to, 3) },
      })
    }
    const of = (name: string) => cells.find(({ masks }) => masks === name)?.evidence
    // A box has fewer edges than single pixels, however many these are.
    expect(of('box')?.edges?.to).toBeLessThan(of('random')?.edges?.from ?? 0)
    // Draws fit y on average, by the posterior's share of the noise.
    expect(of('random')?.residual?.from).toBeLessThan(1)
  })

  it('is the noise alone for operators that delete nothing', async () => {
    const operator = { name: 'identity' }
    const set = await observe(truth, { operator, noise: RANGE, range: [0, 1], seed: 2 })
    const { cells } = await trustOf(samplerFor(set, prior(VARIANCE)), set, truth, { draws: 19 })
    expect(Object.keys(cells[0].evidence ?? {}).sort()).toEqual(['excess', 'noise', 'residual'])
  })
})

describe('MMPS beside a sampler', () => {
  const learned = {
    denoiser: gaussianDenoiser(prior(VARIANCE)),
    event: EVENT,
    mean: zeros([N]),
    schedule: exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 }),
    range: [0, 1],
  } as const

  it('is judged on the same observations with as many draws, and is exact here', async () => {
    const set = await observed()
    const sampler = samplerFor(set, prior(VARIANCE / 4))
    const asked = { prior: learned, observations: 48 }
    const trust = trustSchema.parse(await trustOf(sampler, set, truth, { seed: 5, beside: asked }))
    const { beside } = trust
    expect(beside).toMatchObject({ method: 'mmps', draws: 19, lost: 0 })
    const [all, ...parts] = beside?.cells ?? []
    expect(all.observations).toBe(48)
    expect(parts.map(({ masks, noise }) => masks ?? noise?.from)).toEqual(
      trust.cells.slice(1).map(({ masks, noise }) => masks ?? noise?.from),
    )
    const [, most] = all.coverage
    expect(Math.abs(most.observed - 0.9)).toBeLessThan(4 * (most.standardError ?? 0))
    // The sampler is too narrow, as on all observations.
    expect(Math.abs(all.sampler.coverage[1].observed - 0.589)).toBeLessThan(0.05)
    // Draws of the exact posterior are farther from the truth than narrow ones; means are as near.
    expect(all.psnrDraw).toBeLessThan(all.sampler.psnrDraw)
    expect(Math.abs(all.psnrMean - all.sampler.psnrMean)).toBeLessThan(0.5)
    // What stands there of the sampler is what is measured of these observations alone.
    const first = readRows(set, 0, 48)
    const [alone] = (await trustOf(sampler, first, rows(truth, 0, 48), { seed: 5, draws: 19 })).cells
    expect(all.sampler.coverage).toEqual(alone.coverage)
    expect(all.sampler.psnrMean).toBeCloseTo(alone.psnrMean, 5)
  })
})

it('what was written before there was evidence is still read', () => {
  const cell = { observations: 8, coverage: [{ level: 0.9, observed: 0.88 }], psnrMean: 20, psnrDraw: 17 }
  const written = { draws: 39, residual: { from: 0.9, to: 1.1 }, cells: [cell, { ...cell, masks: 'box' }] }
  expect(trustSchema.parse(written)).toEqual(written)
})
