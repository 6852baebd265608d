/**
 * Observation sets simulated from clean data, by every family: what is drawn, what is made
 * of it, and how noisy it is.
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { covarianceFactor } from '../../src/linalg/index.ts'
import {
  backProjection,
  batchedObservations,
  checkObservations,
  type ObservationSet,
  type ObserveOptions,
  type OperatorSetting,
  observationRows,
  observationWriter,
  observe,
  readObservations,
} from '../../src/observations/index.ts'
import { applyAffine, isLinear, toPrior } from '../../src/operators/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import type { Settings } from '../../src/settings.ts'
import { jit, type NdArray, ndarray, rows, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { completed, operatorExamples } from '../contract/lists/families.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from '../run/scratch.ts'

const N = 5
const grey = uniform(stream(0, 'grey'), [N, 1, 12, 16])
const colour = uniform(stream(0, 'colour'), [N, 3, 12, 16])

/** A x of latents in the units of the data or of a prior, and the y that programs compare with it. */
const inProgram = async (
  set: ObservationSet,
  x: NdArray,
  units: 'raw' | 'observation',
): Promise<{ image: number[]; y: number[]; noise: number }> => {
  const batched = batchedObservations(set)
  const program = jit((batch: Parameters<typeof batched.raw>[0], x: Tensor) => {
    const { y, A } = batched[units](batch)
    return { y, image: A.apply(x), noise: covarianceFactor(batched.observation(batch).noise, y) }
  })
  const { y, image, noise } = await program(batched.batch(0, batched.count), x)
  await program.release()
  const at = toNumbers(y).findIndex((v) => v !== 0)
  return { y: toNumbers(y), image: toNumbers(image), noise: toNumbers(noise)[at] / toNumbers(y)[at] }
}

describe.each(operatorExamples)('a set of $title', (example) => {
  const { spec: operator, event } = example
  const x = uniform(stream(0, 'clean'), [N, ...event])
  const made = observe(x, { operator, noise: 1e-6, seed: 3, batch: 2 })

  it('has the y that its operator makes, in units of the data and of the prior', async () => {
    const set = await made
    const data = await inProgram(set, x, 'raw')
    expectClose(data.image, data.y, 2e-5)
    const prior = await inProgram(set, applyAffine(toPrior([0, 1]), x), 'observation')
    expectClose(prior.image, prior.y, 2e-4)
    expect(prior.noise / set.noise).toBeCloseTo(isLinear(completed(example)) ? 4 : 1, 5)
  })

  it('does not depend on the batch, and row i not on the number of rows', async () => {
    const set = await made
    const few = await observe(rows(x, 0, 3), { operator, noise: 1e-6, seed: 3 })
    expectClose(few.y.data, observationRows(set, 0, 3).y.data, 1e-6)
    expect(few.operator).toEqual(observationRows(set, 0, 3).operator)
  })
})

const images = normal(stream(0, 'images'), [40, 3, 6, 5])
const vectors = normal(stream(0, 'vectors'), [2000, 7])
const operators: OperatorSetting[] = [
  { name: 'mask', settings: { keep: 0.3 } },
  { name: 'projection', settings: { dimension: 2 } },
  { name: 'identity' },
]
const rms = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length)

describe.each(operators)('simulated observations, $name', (operator) => {
  const simulated = (x: NdArray<'float32'>, seed = 1) => observe(x, { operator, noise: 0.2, seed })

  it.each([
    ['images', images],
    ['vectors', vectors],
  ])(
    'are sound, the same for the same seed, and row i does not depend on the number of rows: %s',
    async (_, x) => {
      const all = await simulated(x)
      checkObservations(all, 'here')
      const few = await simulated(rows(x, 0, 9))
      expect(few.y.data).toEqual(rows(all.y, 0, 9).data)
      expect(few.operator).toEqual(observationRows(all, 0, 9).operator)
      expect((await simulated(x)).y.data).toEqual(all.y.data)
      expect((await simulated(x, 2)).y.data).not.toEqual(all.y.data)
    },
  )

  it('differ from A x by noise of the given size, like nothing else', async () => {
    const set = await simulated(vectors)
    const { mask, matrix } = set.operator.parameters
    const [n, d] = vectors.shape
    const m = set.y.shape[1]
    const gaps: number[] = []
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const x = vectors.data.subarray(i * d, (i + 1) * d)
        if (mask?.data[i * m + j] === 0) continue
        const A = matrix?.data.subarray((i * m + j) * d)
        const clean = A ? x.reduce((sum, v, k) => sum + A[k] * v, 0) : x[j]
        gaps.push(set.y.data[i * m + j] - clean)
      }
    }
    const tolerance = 5 / Math.sqrt(2 * gaps.length)
    expect(rms(gaps) / 0.2).toBeGreaterThan(1 - tolerance)
    expect(rms(gaps) / 0.2).toBeLessThan(1 + tolerance)
    expect(Math.abs(gaps.reduce((a, b) => a + b, 0) / gaps.length)).toBeLessThan(1 / Math.sqrt(gaps.length))
  })
})

describe('masks', () => {
  const made = observe(images, { operator: operators[0], noise: 0.2, seed: 1 })

  it('are shared by the channels of an image, and y is 0 where nothing was kept', async () => {
    const { y, operator } = await made
    const { mask } = operator.parameters
    expect(mask.shape).toEqual([40, 1, 6, 5])
    for (let i = 0; i < y.size; i++) {
      const kept = mask.data[Math.floor(i / 90) * 30 + (i % 30)]
      expect(y.data[i] === 0).toBe(kept === 0)
    }
  })

  it('keep the given fraction, each its own', async () => {
    const { mask } = (await made).operator.parameters
    const fraction = mask.data.reduce((a, b) => a + b, 0) / mask.size
    expect(Math.abs(fraction - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / mask.size))
    const patterns = new Set(Array.from({ length: 40 }, (_, i) => rows(mask, i, i + 1).data.join('')))
    expect(patterns.size).toBe(40)
  })

  it.each([
    ['box', { size: 5 }, 12 * 16 - 25],
    ['mask', { keep: 0.02, exact: true }, 192 - Math.floor(0.98 * 192)],
  ] as const)('of a %s keep so many: %j', async (name, settings, kept) => {
    const { operator } = await observe(colour, { operator: { name, settings }, noise: 0.1, seed: 9 })
    const { mask } = operator.parameters
    expect(mask.shape).toEqual([N, 1, 12, 16])
    expect(mask.data.reduce((a, b) => a + b, 0)).toBe(N * kept)
  })

  it('keep nothing of what is no entry of x', async () => {
    const valid = ndarray(
      Array.from({ length: 12 * 16 }, (_, i) => (i % 3 ? 1 : 0)),
      [12, 16],
    )
    for (const name of ['mask', 'vertices', 'box']) {
      const x = name === 'vertices' ? ndarray(colour.data, [N, 3, 192]) : colour
      const mesh = name === 'vertices' ? ndarray(valid.data, [192]) : valid
      const settings: Settings = name === 'box' ? { size: 3 } : { keep: 0.9 }
      const set = await observe(x, { operator: { name, settings }, noise: 0.1, valid: mesh, seed: 9 })
      expect(set.valid).toBe(mesh)
      const { mask } = set.operator.parameters
      expect(mask.data.every((m, i) => m === 0 || valid.data[i % 192] === 1)).toBe(true)
      expect(set.y.data.every((v, i) => valid.data[i % 192] === 1 || v === 0)).toBe(true)
    }
  })
})

describe('projections', () => {
  it('are onto unit directions, uniform on the sphere', async () => {
    const { operator } = await observe(vectors, { operator: operators[1], noise: 0.1, seed: 1 })
    const { data } = operator.parameters.matrix
    const second = new Float64Array(49)
    for (let row = 0; row < 4000; row++) {
      const a = data.subarray(7 * row, 7 * row + 7)
      expect(Math.abs(Math.hypot(...a) - 1)).toBeLessThan(1e-6)
      for (let i = 0; i < 7; i++) for (let j = 0; j < 7; j++) second[7 * i + j] += (7 * a[i] * a[j]) / 4000
    }
    expectClose(
      second,
      Array.from({ length: 49 }, (_, i) => (i % 8 === 0 ? 1 : 0)),
      0.12,
    ) // E[a aᵀ] = I/7
  })

  it('of images are of their entries in order', async () => {
    const { y, operator } = await observe(grey, { operator: operators[1], noise: 1e-9, seed: 1 })
    const [first] = [operator.parameters.matrix.data.subarray(0, 192)]
    expect(operator.event).toEqual([1, 12, 16])
    expect(first.reduce((sum, a, i) => sum + a * grey.data[i], 0)).toBeCloseTo(y.data[0], 5)
  })
})

describe('impossible observations', () => {
  it.each<ObserveOptions>([
    { operator: { name: 'identity' }, noise: 0, seed: 0 },
    { operator: { name: 'identity' }, noise: Number.NaN, seed: 0 },
    { operator: { name: 'mask', settings: { keep: 0 } }, noise: 1, seed: 0 },
    { operator: { name: 'mask', settings: { keep: 1.1 } }, noise: 1, seed: 0 },
    { operator: { name: 'projection', settings: { dimension: 1.5 } }, noise: 1, seed: 0 },
    { operator: { name: 'compose' }, noise: 1, seed: 0 },
    { operator: { name: 'scale', of: [{ name: 'identity' }, { name: 'identity' }] }, noise: 1, seed: 0 },
    { operator: { name: 'scale', settings: { factor: 0 }, of: [{ name: 'identity' }] }, noise: 1, seed: 0 },
    { operator: { name: 'identity', of: [{ name: 'identity' }] }, noise: 1, seed: 0 },
    { operator: { name: 'compose', of: [{ name: 'identiy' }] }, noise: 1, seed: 0 },
    { operator: { name: 'mask' }, noise: 1, valid: ndarray([1, 0, 1]), seed: 0 },
    { operator: { name: 'mask' }, noise: 1, valid: ndarray(new Float32Array(7).fill(0.5)), seed: 0 },
  ])('are refused: $operator, noise $noise', async (options) => {
    await expect(observe(vectors, options)).rejects.toMatchObject({ code: 'input' })
  })
})

describe('what y says by itself', () => {
  const picture = async (name: string, settings: OperatorSetting['settings'] = {}) => {
    const set = await observe(grey, { operator: { name, settings }, noise: 1e-6, seed: 3 })
    return { set, x: await backProjection(set, { batch: 2 }) }
  }

  it('is y where y is like x', async () => {
    const { set, x } = await picture('motion')
    expect(x).toBe(set.y)
  })

  it('is the pseudo-inverse, or the adjoint: all of x where all was seen', async () => {
    const pooled = await picture('pool', { factor: 2 })
    const first = pooled.x?.data.subarray(0, 2)
    expectClose(first ?? [], [pooled.set.y.data[0], pooled.set.y.data[0]], 1e-5)
    for (const name of ['fourier', 'coils']) {
      const whole = await picture(name, { acceleration: 1 })
      expectClose(whole.x?.data ?? [], grey.data, 1e-4)
    }
  })

  it('is nothing to be shown of magnitudes', async () => {
    expect((await picture('phase')).x).toBeUndefined()
  })
})

describe('blind sets', () => {
  const blind = (name: string, more: OperatorSetting['settings'], of?: OperatorSetting['of']) =>
    observe(colour, { operator: { name, settings: more, of, blind: true }, noise: 1e-6, seed: 3 })

  it('hold what was drawn apart, and an operator that is its mean', async () => {
    const set = await blind('mask', { keep: 0.4, keepMax: 0.7 })
    const { parameters, truth } = set.operator
    if (!truth) throw new Error('a blind set was asked for')
    expect([parameters.mask.shape, truth.mask.shape]).toEqual([
      [1, 1, 12, 16],
      [N, 1, 12, 16],
    ])
    // 192 pixels, each the mean of 256 masks that keep 40 … 70 %.
    const mean = parameters.mask.data.reduce((a, b) => a + b, 0) / 192
    expect(Math.abs(mean - 0.55)).toBeLessThan(0.03)
    const want = colour.data.map((v, i) => v * truth.mask.data[Math.floor(i / 576) * 192 + (i % 192)])
    expectClose(set.y.data, want, 1e-5)
  })

  it('give samplers the nominal operator only', async () => {
    const set = await blind('blur', { sigma: 0.5, sigmaMax: 2 })
    const batched = batchedObservations(set)
    expect(Object.keys(batched.batch(0, 2).parameters)).toEqual(['kernel'])
    expect(batched.batch(0, 2).parameters.kernel.shape[0]).toBe(1)
    const { image, y } = await inProgram(set, colour, 'raw')
    const gap = Math.max(...image.map((v, i) => Math.abs(v - y[i])))
    expect(gap).toBeGreaterThan(0.01)
  })

  it('of scans hide the phase, not what was sampled', async () => {
    const { parameters, truth } = (await blind('fourier', { phase: 1 })).operator
    expect([parameters.mask.shape[0], parameters.phase.shape[0], Object.keys(truth ?? {})]).toEqual([
      N,
      1,
      ['phase'],
    ])
  })

  it('of compositions hide what each part hides', async () => {
    const of = [{ name: 'motion', settings: { size: 3 } }, { name: 'fourier' }]
    const { parameters, truth } = (await blind('compose', {}, of)).operator
    expect([
      parameters['1.mask'].shape[0],
      parameters['0.kernel'].shape[0],
      Object.keys(truth ?? {}),
    ]).toEqual([N, 1, ['0.kernel']])
  })

  it('of compositions may hide what one part hides', async () => {
    const of: OperatorSetting[] = [
      { name: 'motion', settings: { size: 3 } },
      { name: 'mask', settings: { keep: 0.5 }, blind: true },
    ]
    const operator = { name: 'scale', of: [{ name: 'compose', of }] }
    const { parameters, truth } = (await observe(colour, { operator, noise: 0.1, seed: 3 })).operator
    expect(Object.keys(parameters).sort()).toEqual(['0.0.kernel', '0.1.mask'])
    expect([parameters['0.0.kernel'].shape[0], parameters['0.1.mask'].shape[0]]).toEqual([N, 1])
    expect(Object.entries(truth ?? {}).map(([name, array]) => [name, array.shape[0]])).toEqual([
      ['0.1.mask', N],
    ])
  })

  it('need something to be blind to', async () => {
    await expect(blind('pool', { factor: 2 })).rejects.toThrow(/operator 'pool' .* has no parameters/)
  })
})

it('blurs that differ between observations are of signals too: an impulse becomes its kernel', async () => {
  const impulse = ndarray(
    Array.from({ length: 66 }, (_, i) => (i % 33 === 16 ? 1 : 0)),
    [2, 1, 33],
  )
  const operator = { name: 'blur', settings: { sigma: 1, sigmaMax: 2 } }
  const { y, operator: made } = await observe(impulse, { operator, noise: 1e-6, seed: 3 })
  const { kernel } = made.parameters
  expect(kernel.shape).toEqual([2, 1, 17])
  expect(kernel.data[8]).not.toBeCloseTo(kernel.data[17 + 8], 3)
  for (const i of [0, 1])
    expectClose(y.data.subarray(33 * i + 8, 33 * i + 25), kernel.data.subarray(17 * i, 17 * (i + 1)), 1e-5)
})

describe('noise that differs between entries', () => {
  it('is what photons make: simulated from A x, told from y', async () => {
    const bright = ndarray(new Float32Array(4000).fill(0.6), [1, 1, 40, 100])
    const set = await observe(bright, { operator: { name: 'identity' }, noise: 0.05, photons: 30, seed: 1 })
    const variance = set.y.data.reduce((total, v) => total + (v - 0.6) ** 2, 0) / 4000
    const want = 0.6 / 30 + 0.05 ** 2
    expect(Math.abs(variance / want - 1)).toBeLessThan(5 * Math.sqrt(2 / 4000))
    expectClose(
      set.std?.data ?? [],
      set.y.data.map((v) => Math.sqrt(Math.max(v, 1 / 30) / 30 + 0.0025)),
      1e-6,
    )
  })
})

describe('data in parts', () => {
  const COUNT = 11
  it.each(operatorExamples)('are observed by $title as if they were together', async ({ spec, event }) => {
    const x = uniform(stream(0, 'x'), [COUNT, ...event])
    const options = { operator: spec, noise: 0.1, range: [-1, 1], seed: 3 } as const
    const whole = await observe(x, options)
    for (const [from, to] of [
      [0, 3],
      [3, 8],
      [9, COUNT],
    ])
      expect(await observe(rows(x, from, to), { ...options, first: from })).toEqual(
        observationRows(whole, from, to),
      )
  })

  it.each(['.npz', '.safetensors'])('are written part by part to a %s', async (extension) => {
    const path = join(scratch(), `set${extension}`)
    const x = uniform(stream(0, 'x'), [COUNT, 1, 6, 6])
    const operators: readonly OperatorSetting[] = [
      { name: 'mask', settings: { keep: 0.6 } },
      { name: 'mask', settings: { keep: 0.6 }, blind: true },
      { name: 'motion', settings: { size: 3, shared: true } },
    ]
    for (const operator of operators)
      for (const counts of [{}, { photons: 40 }]) {
        const options = { operator, noise: 0.1, ...counts, seed: 3 }
        const whole = await observe(x, options)
        const writer = observationWriter(path, COUNT)
        for (let first = 0; first < COUNT; first += 5)
          writer.append(await observe(rows(x, first, first + 5), { ...options, first }))
        writer.close()
        expect(readObservations(path)).toEqual(whole)
      }
  })

  it('leave nothing behind when some are missing', async () => {
    const folder = scratch()
    const x = uniform(stream(0, 'x'), [2, 1, 6, 6])
    const writer = observationWriter(join(folder, 'set.npz'), 4)
    writer.append(await observe(x, { operator: { name: 'identity' }, noise: 0.1, seed: 3 }))
    expect(() => writer.close()).toThrow("field 'y': 2 rows were written of [4,1,6,6]")
    expect(readdirSync(folder)).toEqual([])
  })
})
