/** Observation sets of every family: from simulation through the file to the operator in a program. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import {
  backProjection,
  batchedObservations,
  type ObservationSet,
  type OperatorSetting,
  observationRows,
  observationsInPriorUnits,
  observe,
  readObservations,
  simulateObservations,
  writeObservations,
} from '../../src/observations/index.ts'
import { applyAffine, familyNames, familyOf, toPrior } from '../../src/operators/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, rows, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-observe-set-'))
afterAll(() => rmSync(folder, { recursive: true }))

const N = 5
const grey = uniform(stream(0, 'grey'), [N, 1, 12, 16])
const colour = uniform(stream(0, 'colour'), [N, 3, 12, 16])

const settings: Readonly<Record<string, OperatorSetting['settings']>> = {
  box: { size: 5 },
  motion: { size: 5 },
  fourier: { phase: 0.5 },
  radon: { angles: 4 },
  blur: { sigma: 0.6, sigmaMax: 1.5 },
}
const setting = (name: string): OperatorSetting => ({ name, settings: settings[name] })
const cleanFor = (name: string) => (name === 'coils' ? grey : colour)

/** A x of latents in the set's units, and the y that programs compare with it. */
const inProgram = async (set: ObservationSet, x: NdArray): Promise<{ image: number[]; y: number[] }> => {
  const batched = batchedObservations(set)
  const program = jit((batch: Parameters<typeof batched.observation>[0], x: Tensor) => {
    const { y, A } = batched.observation(batch)
    return { y, image: A.apply(x) }
  })
  const { y, image } = await program(batched.batch(0, batched.count), x)
  await program.release()
  return { y: toNumbers(y), image: toNumbers(image) }
}

describe.each(familyNames)('a set of %s', (name) => {
  const x = cleanFor(name)
  const made = observe(x, { operator: setting(name), noise: 1e-6, seed: 3, batch: 2 })

  it('comes back from files', async () => {
    const set = await made
    for (const file of ['set.npz', 'set.safetensors']) {
      writeObservations(join(folder, `${name}.${file}`), set)
      expect(readObservations(join(folder, `${name}.${file}`))).toEqual(set)
    }
  })

  it('has the y that its operator makes, in units of the data and of the prior', async () => {
    const set = await made
    const here = await inProgram(set, x)
    expectClose(here.image, here.y, 2e-5)
    const prior = observationsInPriorUnits(set)
    const valid = await inProgram(prior, applyAffine(toPrior([0, 1]), x))
    expectClose(valid.image, valid.y, 2e-4)
    expect(prior.noise / set.noise).toBeCloseTo(familyOf(name).linear ? 4 : 1, 9)
  })

  it('does not depend on the batch, and row i not on the number of rows', async () => {
    const set = await made
    const few = await observe(rows(x, 0, 3), { operator: setting(name), noise: 1e-6, seed: 3 })
    expectClose(few.y.data, observationRows(set, 0, 3).y.data, 1e-6)
    expect(few.operator).toEqual(observationRows(set, 0, 3).operator)
  })
})

describe('sets of masks, projections and the identity', () => {
  it.each([
    [
      { name: 'mask', settings: { keep: 0.4 } },
      { kind: 'mask', keep: 0.4 },
    ],
    [
      { name: 'projection', settings: { dimension: 3 } },
      { kind: 'projection', dimension: 3 },
    ],
    [{ name: 'identity' }, { kind: 'identity' }],
  ] as const)('are those of simulateObservations: %j', async (operator, plain) => {
    const set = await observe(colour, { operator, noise: 0.1, seed: 9 })
    expect(set).toEqual(simulateObservations(colour, { operator: plain, noise: 0.1, seed: 9 }))
  })

  it('box masks and exact masks are sets of masks too', async () => {
    const box = await observe(colour, {
      operator: { name: 'box', settings: { size: 5 } },
      noise: 0.1,
      seed: 9,
    })
    const exact = await observe(colour, {
      operator: { name: 'mask', settings: { keep: 0.02, exact: true } },
      noise: 0.1,
      seed: 9,
    })
    for (const [set, kept] of [
      [box, 12 * 16 - 25],
      [exact, 192 - Math.floor(0.98 * 192)],
    ] as const) {
      if (set.operator.kind !== 'mask') throw new Error('a mask was asked for')
      expect(set.operator.mask.shape).toEqual([N, 1, 12, 16])
      expect(set.operator.mask.data.reduce((a, b) => a + b, 0)).toBe(N * kept)
    }
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
  const blind = (name: string, more: OperatorSetting['settings']) =>
    observe(colour, { operator: { name, settings: more, blind: true }, noise: 1e-6, seed: 3 })

  it('hold what was drawn apart, and an operator that is its mean', async () => {
    const set = await blind('mask', { keep: 0.4, keepMax: 0.7 })
    if (set.operator.kind !== 'family' || !set.operator.truth) throw new Error('a blind set was asked for')
    const { parameters, truth } = set.operator
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
    const { image, y } = await inProgram(set, colour)
    const gap = Math.max(...image.map((v, i) => Math.abs(v - y[i])))
    expect(gap).toBeGreaterThan(0.01)
  })

  it('of scans hide the phase, not what was sampled', async () => {
    const set = await blind('fourier', { phase: 1 })
    if (set.operator.kind !== 'family') throw new Error('a family was asked for')
    const { parameters, truth } = set.operator
    expect([parameters.mask.shape[0], parameters.phase.shape[0], Object.keys(truth ?? {})]).toEqual([
      N,
      1,
      ['phase'],
    ])
  })

  it('need something to be blind to', async () => {
    await expect(blind('pool', { factor: 2 })).rejects.toThrow(/operator 'pool' .* has no parameters/)
  })
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

  it('reaches programs, in units of the prior', async () => {
    const std = ndarray(
      normal(stream(0, 'std'), [1, 1, 12, 16]).data.map((v) => 0.1 + Math.abs(v)),
      [1, 1, 12, 16],
    )
    const set = { ...(await observe(grey, { operator: { name: 'identity' }, noise: 1, seed: 1 })), std }
    writeObservations(join(folder, 'std.npz'), set)
    const back = readObservations(join(folder, 'std.npz'))
    expect(back.std).toEqual(std)
    expect(back.noise).toBeCloseTo(Math.sqrt(std.data.reduce((a, s) => a + s * s, 0) / 192), 6)
    const batched = batchedObservations(observationsInPriorUnits(back))
    const program = jit((batch: Parameters<typeof batched.observation>[0], v: Tensor) =>
      batched.observation(batch).noise.apply(v),
    )
    const got = toNumbers(await program(batched.batch(1, 3), rows(grey, 1, 3)))
    expectClose(
      got,
      Array.from(rows(grey, 1, 3).data, (v, i) => v * (4 * std.data[i % 192]) ** 2),
      1e-4,
    )
  })
})

describe('files of families', () => {
  const file = join(folder, 'bad.npz')
  const text = (value: unknown) => ndarray([...Buffer.from(JSON.stringify(value))], undefined, 'uint8')
  const good = { name: 'pool', linear: true, event: [1, 12, 16], settings: { factor: 4 } }
  const y = { y: ndarray(new Float32Array(N * 12), [N, 1, 3, 4]), noise: ndarray([0.1]) }
  const load = (arrays: Readonly<Record<string, NdArray>>) => {
    writeArrays(file, { ...y, ...arrays })
    return batchedObservations(readObservations(file))
  }

  it('hold the operator as JSON, and its parameters beside it', () => {
    expect(load({ operator: text(good) }).event).toEqual([1, 12, 16])
  })

  it.each<[string, Readonly<Record<string, NdArray>>, RegExp]>([
    ['another type', { operator: ndarray([1, 2]) }, /field 'operator' must be the JSON text .* got float32/],
    [
      'no JSON',
      { operator: ndarray([123, 4], undefined, 'uint8') },
      /field 'operator' must be the JSON text/,
    ],
    [
      'no name',
      { operator: text({ ...good, name: undefined }) },
      /must be the JSON text of a name, linear, event and settings/,
    ],
    ['nested settings', { operator: text({ ...good, settings: { factor: [4] } }) }, /must be the JSON text/],
    [
      'a huge event',
      { operator: text({ ...good, event: [1, 1e9, 1e9] }) },
      /event must be the shape of one x, got \[1,1000000000/,
    ],
    [
      'units without scale',
      { operator: text({ ...good, units: [0, 1] }) },
      /units must be \[scale, offset\], got \[0,1\]/,
    ],
    [
      'an unknown family',
      { operator: text({ ...good, name: 'pol' }) },
      /unknown operator 'pol'; did you mean 'pool'/,
    ],
    [
      'an unknown setting',
      { operator: text({ ...good, settings: { facto: 4 } }) },
      /unknown setting 'facto'; did you mean 'factor'/,
    ],
    [
      'a bad setting',
      { operator: text({ ...good, settings: { factor: 0 } }) },
      /'factor' must be an integer of at least 1, got 0/,
    ],
    [
      'another event',
      { operator: text({ ...good, event: [1, 12, 12] }) },
      /^pool: makes observations \[1,3,3\] of \[1,12,12\], y is \[1,3,4\]/,
    ],
    [
      'a wrong claim',
      { operator: text({ ...good, linear: false }) },
      /operator 'pool': 'linear' must be true/,
    ],
    [
      'a missing parameter',
      { operator: text({ ...good, name: 'motion', settings: {} }) },
      /operator 'motion': parameter 'kernel' is missing/,
    ],
    [
      'a parameter of another length',
      { operator: text(good), 'parameter.kernel': ndarray([1, 2]) },
      /field 'parameter.kernel' must be \[5, \.\.\.\] or \[1, \.\.\.\], got \[2\]/,
    ],
    [
      'a parameter that does not fit',
      {
        operator: text({ ...good, name: 'motion', settings: {} }),
        'parameter.kernel': ndarray([1, 2, 3, 4, 5]),
      },
      /^blur: kernels \[1\] do not fit/,
    ],
    [
      'a parameter alone',
      { 'parameter.kernel': ndarray([1]) },
      /field 'parameter.kernel' belongs to the field 'operator', which is missing/,
    ],
    ['two operators', { operator: text(good), mask: ndarray([1]) }, /has both 'mask' and 'operator'/],
  ])('are refused with %s', (_, arrays, message) => {
    expect(() => load(arrays)).toThrow(expect.objectContaining({ code: 'input' }))
    expect(() => load(arrays)).toThrow(message)
  })
})
