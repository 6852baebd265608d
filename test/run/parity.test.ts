/** The rows that priors and samplers keep of what they compute, in closed form. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { flowOf } from '../../src/flows/index.ts'
import { readArrays } from '../../src/formats/index.ts'
import { isotropic } from '../../src/linalg/index.ts'
import { network } from '../../src/nn/index.ts'
import { loadPrior, type PriorParts, type SavedSampler, writePrior } from '../../src/run/index.ts'
import { crossingOf, priorParity, samplerParity } from '../../src/run/parity.ts'
import { NdArray, type Shape, sizeOf, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from './scratch.ts'

const net = { kind: 'mlp', features: 6, hidden: [8], emb: 8 } as const
const prior: PriorParts = {
  ...{ net, params: network(net).init(0), gaussian: standardGaussian(6), event: [6], laps: 0 },
  ...{ sigmaMin: 0.5, sigmaMax: 8, range: [0, 1] },
}

const events: readonly Shape[] = [[6], [3, 20, 30]]

describe('the rows of a prior', () => {
  it.each(events)('are E[x | xt] at three levels, of an input that repeats: event %j', async (...event) => {
    const n = sizeOf(event)
    const denoiser = gaussianDenoiser({ mean: standardGaussian(n).mean, covariance: isotropic(2) })
    const rows = await priorParity({ denoiser, event, sigmaMin: 0.5, sigmaMax: 8 })
    const m = Math.min(n, 509)
    expect([rows.xt.shape, rows.xhat.shape]).toEqual([
      [3, m],
      [3, m],
    ])
    expect(toNumbers(rows.sigma)).toEqual([0.5, 2, 8])
    const want = [0.25, 4, 64].flatMap((s2, row) =>
      Array.from({ length: m }, (_, k) => {
        const entry = Math.floor((k * n) / m)
        return (Number(rows.xt.data[row * m + (entry % m)]) * 2) / (2 + s2)
      }),
    )
    expectClose(toNumbers(rows.xhat), want, 1e-6)
  })

  it('are the same bytes whenever they are written, and are left aside when they are read', async () => {
    const [one, two] = ['one.safetensors', 'two.safetensors'].map((name) => join(scratch(), name))
    await writePrior(one, prior)
    await writePrior(two, prior)
    expect(readFileSync(two)).toEqual(readFileSync(one))
    const loaded = loadPrior(one)
    await writePrior(two, loaded)
    expect(readArrays(two)).toEqual(readArrays(one))
    expect(Object.keys(readArrays(one)).filter((name) => name.startsWith('parity.'))).toEqual([
      'parity.sigma',
      'parity.xhat',
      'parity.xt',
    ])
    expect(Object.keys(loaded)).not.toContain('parity')
  })
})

const gaussian = { kind: 'gaussian', size: 6, condition: 6 } as const
const sampler: SavedSampler = {
  ...{ flow: gaussian, params: flowOf(gaussian).init(0), event: [6], range: [-1, 3] },
  operator: { name: 'identity', settings: {} },
  condition: { y: [6], beside: {}, crossing: 'operator' },
  origin: { noise: 0.1, measurements: 1, steps: 1, batch: 1, prior: 'digest' },
}

describe('the rows of a sampler', () => {
  it('are draws by their z, in the units of the data: a fresh flow gives z itself', async () => {
    const { y, z, x, logq } = await samplerParity(sampler)
    if (!(x instanceof NdArray && y instanceof NdArray && z instanceof NdArray && logq instanceof NdArray))
      return expect.fail('these are arrays')
    expectClose(
      toNumbers(x),
      toNumbers(z).map((v) => v + 1),
      1e-6,
    )
    expect(toNumbers(y).every((v) => v > -1 && v < 3)).toBe(true)
    const squares = [0, 1].map((row) => toNumbers(z).slice(6 * row, 6 * row + 6))
    const density = squares.map((v) => -v.reduce((a, b) => a + b * b, 0) / 2 - 3 * Math.log(2 * Math.PI))
    expectClose(toNumbers(logq), density, 1e-6)
  })

  it('have masks of 0 and 1, and a noise of the range, where the sampler is told them', async () => {
    const { beside, noise } = await samplerParity({
      ...sampler,
      ...{ flow: { ...gaussian, condition: 13 }, params: flowOf({ ...gaussian, condition: 13 }).init(0) },
      operator: { name: 'mask', settings: {} },
      condition: { y: [6], beside: { mask: [6] }, crossing: 'operator', noise: { from: 0.1, to: 0.4 } },
    })
    if (beside instanceof NdArray || !(noise instanceof NdArray)) return expect.fail('of other kinds')
    expect([...new Set(toNumbers(beside.mask))].sort()).toEqual([0, 1])
    expectClose(toNumbers(noise), [0.2, 0.2], 1e-6)
  })
})

it('A 1 is kept of operators that are the same in all observations, and no reader knows', async () => {
  const pool = { name: 'pool', settings: { factor: 2 } }
  const images = { ...sampler, event: [1, 4, 6], condition: { ...sampler.condition, y: [1, 2, 3] } }
  const { crossing } = await crossingOf({ ...images, operator: pool })
  expect(crossing.shape).toEqual([1, 2, 3])
  expectClose(toNumbers(crossing), new Array<number>(6).fill(1), 1e-6)
  expect(await crossingOf(sampler)).toEqual({})
  expect(
    await crossingOf({ ...images, operator: pool, condition: { ...images.condition, crossing: 'entries' } }),
  ).toEqual({})
})
