/** Samplers in Python: x and log q are ours, for each flow that it has and each way in which it gets y. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConditionLayout, conditionShape, oneStep } from '../../src/amortize/index.ts'
import { type FlowConfig, flowOf } from '../../src/flows/index.ts'
import { readArrays, writeArrays } from '../../src/formats/index.ts'
import { bernoulli, normal, stream, uniform } from '../../src/random/index.ts'
import { openRun, type SavedSampler, saveSampler } from '../../src/run/index.ts'
import { jit, type NdArray, ndarray, reshaped, type Shape, toNumbers } from '../../src/tensor/index.ts'
import { moved } from '../exact/flow-contract.ts'
import { commandOf, evaluateAll, said, torch } from './python.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-python-'))
afterAll(() => rmSync(folder, { recursive: true }))

const samplerOf = (
  flow: FlowConfig,
  event: Shape,
  condition: ConditionLayout,
  operator: SavedSampler['operator'],
): SavedSampler => ({
  ...{ flow, params: moved(flowOf(flow)), event, range: [-1, 3], operator, condition },
  ...('outside' in flow && flow.outside ? { outside: flow.outside } : {}),
  origin: { noise: 0.1, measurements: 1, steps: 1, batch: 1, prior: 'digest' },
})

const mask = { name: 'mask', settings: {} }
const identity = { name: 'identity', settings: {} }
const masked = (event: Shape, shape: Shape): ConditionLayout => ({
  y: event,
  beside: { mask: shape },
  crossing: 'operator',
})
const alone = (y: Shape): ConditionLayout => ({ y, beside: {}, crossing: 'operator' })
const told = { from: 0.05, to: 0.4 }

const vector = { kind: 'realNvp', size: 6, condition: 12, steps: 3, hidden: 8 } as const
const small = { channels: [4], blocks: [1], emb: 4 }
const levels = { channels: [4, 6], blocks: [1, 1], emb: 4 }
const networks = (kind: 'unet' | 'unet1d', event: Shape, layout: ConditionLayout) => ({
  ...({ kind: 'network', event, condition: conditionShape(layout, 'channels'), steps: 3 } as const),
  encoder: { kind, io: 6, ...levels },
  coupling: { kind, io: 6 + event[0], ...small },
})
const observed = { variance: 0.5, rank: 3, observed: { noise: 0.3, masked: true } }

const [image, signal] = [masked([2, 4, 5], [1, 4, 5]), masked([1, 7], [1, 7])]
const withNoise = { ...image, noise: told }

const cases: readonly (readonly [string, SavedSampler])[] = [
  ['a RealNVP', samplerOf(vector, [6], masked([6], [6]), mask)],
  ['one of odd length', samplerOf({ ...vector, size: 7, condition: 14 }, [7], masked([7], [7]), mask)],
  [
    'splines, as vectors have them by default',
    samplerOf(
      { ...vector, steps: 4, transform: { kind: 'spline', bins: 16, bound: 5 } },
      [6],
      masked([6], [6]),
      mask,
    ),
  ],
  ['x > 0', samplerOf({ ...vector, range: { kind: 'positive' } }, [6], masked([6], [6]), mask)],
  [
    'x in an interval, some of it not there',
    samplerOf(
      { ...vector, range: { kind: 'interval', lo: -2, hi: 2 }, outside: [1, 4] },
      [6],
      masked([6], [6]),
      mask,
    ),
  ],
  ['a Gaussian', samplerOf({ kind: 'gaussian', size: 6, condition: 6 }, [6], alone([6]), identity)],
  [
    'a Gaussian, some of it not there',
    samplerOf({ kind: 'gaussian', size: 6, condition: 6, outside: [0, 5] }, [6], alone([6]), identity),
  ],
  ['networks over images', samplerOf(networks('unet', [2, 4, 5], image), [2, 4, 5], image, mask)],
  ['networks over signals', samplerOf(networks('unet1d', [1, 7], signal), [1, 7], signal, mask)],
  [
    'networks over images, some of it not there',
    samplerOf({ ...networks('unet', [2, 4, 5], image), outside: [1, 5, 24] }, [2, 4, 5], image, mask),
  ],
  [
    'networks that begin with the posterior of a fit',
    samplerOf({ ...networks('unet', [2, 4, 5], image), base: observed }, [2, 4, 5], image, mask),
  ],
  [
    'the same, told the noise, some of it not there',
    samplerOf(
      {
        ...networks('unet', [2, 4, 5], withNoise),
        base: { ...observed, observed: { noise: told, masked: true } },
        outside: [3, 8, 9],
      },
      [2, 4, 5],
      withNoise,
      mask,
    ),
  ],
  [
    'networks that begin with the fit itself, y coarser than x',
    samplerOf(
      { ...networks('unet', [2, 4, 6], alone([2, 2, 3])), base: { variance: 0.5, rank: 2 } },
      [2, 4, 6],
      alone([2, 2, 3]),
      { name: 'pool', settings: { factor: 2 } },
    ),
  ],
  [
    'projections',
    samplerOf(
      { ...vector, condition: 2 + 12 },
      [6],
      { y: [2], beside: { matrix: [2, 6] }, crossing: 'operator' },
      { name: 'projection', settings: {} },
    ),
  ],
  [
    'y alone, told the noise',
    samplerOf(
      { ...vector, condition: 7 },
      [6],
      { y: [6], beside: {}, crossing: 'entries', noise: told },
      {
        ...mask,
        blind: true,
      },
    ),
  ],
  ['one measurement', samplerOf({ ...vector, condition: 1 }, [6], { ...alone([6]), nothing: true }, mask)],
]

const [ROWS, DRAWS] = [2, 3]

/** What the sampler is told of two observations, and z of three draws of each. */
const inputsOf = ({ event, condition: { y, beside, noise } }: SavedSampler) => ({
  y: uniform(stream(1, 'y'), [ROWS, ...y]),
  z: normal(stream(1, 'z'), [ROWS, DRAWS, ...event]),
  ...Object.fromEntries(
    Object.entries(beside).map(([name, shape]) => [
      name,
      name === 'mask'
        ? bernoulli(stream(1, name), 0.6, [ROWS, ...shape])
        : normal(stream(1, name), [ROWS, ...shape]),
    ]),
  ),
  ...(noise ? { noise: ndarray([0.06, 0.3]) } : {}),
})

const fileOf = (i: number): string => join(folder, `${String(i).padStart(2, '0')}.safetensors`)

const ours = async (sampler: SavedSampler) => {
  const { y, z, noise, ...beside } = inputsOf(sampler)
  const program = jit(oneStep(sampler))
  const given = { y, beside, ...(noise ? { noise } : {}) }
  const found = await program(given, reshaped(z, [ROWS * DRAWS, ...sampler.event]))
  await program.release()
  return found
}

const written = async (sampler: SavedSampler, path: string): Promise<void> => {
  const run = openRun(mkdtempSync(join(folder, 'run-')), { config: {} })
  renameSync(await saveSampler(run, sampler), path)
  run.close()
}

beforeAll(async () => {
  for (const [i, [, sampler]] of cases.entries()) {
    await written(sampler, fileOf(i))
    writeArrays(fileOf(i).replace('.safetensors', '.npz'), inputsOf(sampler))
  }
  evaluateAll(folder)
}, 60_000)

/** The largest difference, over the largest entry above 1. */
const relative = (got: NdArray, want: NdArray): number => {
  const [a, b] = [toNumbers(got), toNumbers(want)]
  expect(a.length).toBe(b.length)
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0) / Math.max(1, ...b.map(Math.abs))
}

describe.skipIf(!torch)(`a sampler in Python${said}`, () => {
  it.each(cases.map(([name, sampler], i) => ({ name, sampler, i })))('$name', async ({ sampler, i }) => {
    const theirs = readArrays(fileOf(i).replace('.safetensors', '.out.npz'))
    const { x, logq } = await ours(sampler)
    expect(theirs.x.shape).toEqual([ROWS, DRAWS, ...sampler.event])
    expect(relative(theirs.x, x)).toBeLessThan(1e-5)
    expect(relative(theirs.logq, logq ?? x)).toBeLessThan(1e-5)
  })

  it('agrees with the rows that files hold', () => {
    const files = cases.map((_, i) => fileOf(i))
    const found = commandOf(torch ?? '', 'check', files)
    for (const file of files) expect(found[file]).toEqual([0, expect.stringMatching(/agrees, at most/), ''])
  })
})
