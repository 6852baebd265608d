/** Observation sets through files: every family, every form that 0.1 wrote, and files that lie. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Arrays, writeArrays } from '../../src/formats/index.ts'
import { covarianceTimes } from '../../src/linalg/index.ts'
import {
  batchedObservations,
  maskedBy,
  type ObservationBatch,
  type ObservationSet,
  observationsOf,
  observe,
  projectedBy,
  readObservations,
  unchanged,
  type View,
  writeObservations,
} from '../../src/observations/index.ts'
import type { OperatorSpec } from '../../src/operators/index.ts'
import { bernoulli, normal, stream, uniform } from '../../src/random/index.ts'
import { full, jit, NdArray, ndarray, rows, scalar, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { operatorExamples } from '../contract/lists/families.ts'
import { expectClose } from '../numbers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-codec-'))
afterAll(() => rmSync(folder, { recursive: true }))

const FILES = ['set.npz', 'set.safetensors'] as const
const throughFile = (file: string, set: ObservationSet): ObservationSet => {
  writeObservations(join(folder, file), set)
  return readObservations(join(folder, file))
}

const N = 5
const grey = uniform(stream(0, 'grey'), [N, 1, 12, 16])
const text = (value: unknown) => ndarray([...Buffer.from(JSON.stringify(value))], undefined, 'uint8')

describe.each(FILES)('%s', (file) => {
  it.each(operatorExamples)('brings back a set of $title', async ({ spec, event }) => {
    const x = uniform(stream(0, 'x'), [3, ...event])
    const set = await observe(x, { operator: spec, noise: 0.1, range: [-1, 1], seed: 3 })
    expect(throughFile(file, set)).toEqual(set)
  })

  it('brings back blind sets, within compositions too', async () => {
    const of = [{ name: 'motion', settings: { size: 3 } }, { name: 'mask' }]
    for (const operator of [
      { name: 'mask', settings: { keep: 0.4, keepMax: 0.7 }, blind: true },
      { name: 'compose', of, blind: true },
      { name: 'compose', of: [{ name: 'motion', settings: { size: 3 }, blind: true }, { name: 'mask' }] },
    ]) {
      const set = await observe(grey, { operator, noise: 0.1, seed: 3 })
      expect(set.operator.truth).toBeDefined()
      expect(throughFile(file, set)).toEqual(set)
    }
  })

  const views: readonly [View, number[]][] = [
    [{ kind: 'image' }, [1, 4, 6]],
    [{ kind: 'globe', rows: 4, columns: 6 }, [1, 30]],
    [{ kind: 'mesh', mesh: 'bunny' }, [3, 24]],
    [{ kind: 'signal' }, [24]],
  ]
  it.each(views)('brings back what x looks like: %j', async (view, event) => {
    const x = uniform(stream(0, 'x'), [3, ...event])
    const valid = bernoulli(stream(0, 'valid'), 0.8, event.slice(1))
    const made = await observe(x, { operator: { name: 'identity' }, noise: 0.1, view, seed: 3 })
    const set = event.length > 1 ? { ...made, valid } : made
    expect(throughFile(file, set)).toEqual(set)
  })

  it('brings back the noise of each entry, of each observation or of all', async () => {
    const made = await observe(grey, { operator: { name: 'mask' }, noise: 0.1, photons: 30, seed: 3 })
    const back = throughFile(file, made)
    expect(back).toEqual(made)
    expect(back.std?.shape).toEqual(grey.shape)
    const shared = { ...made, std: full([1, 1, 12, 16], 0.25), noise: 0.25 }
    expect(throughFile(file, shared)).toEqual(shared)
  })
})

it('noise that differs between entries reaches programs in units of the prior', async () => {
  const std = ndarray(
    normal(stream(0, 'std'), [1, 1, 12, 16]).data.map((v) => 0.1 + Math.abs(v)),
    [1, 1, 12, 16],
  )
  const set = { ...(await observe(grey, { operator: { name: 'identity' }, noise: 1, seed: 1 })), std }
  const back = throughFile('std.npz', set)
  expect(back.std).toEqual(std)
  expect(back.noise).toBeCloseTo(Math.sqrt(std.data.reduce((a, s) => a + s * s, 0) / 192), 6)
  const batched = batchedObservations(back)
  const program = jit((batch: ObservationBatch<Tensor>, v: Tensor) =>
    covarianceTimes(batched.observation(batch).noise, v),
  )
  const got = toNumbers(await program(batched.batch(1, 3), rows(grey, 1, 3)))
  await program.release()
  expectClose(
    got,
    Array.from(rows(grey, 1, 3).data, (v, i) => v * (4 * std.data[i % 192]) ** 2),
    1e-4,
  )
})

describe('files of version 0.1', () => {
  const mask = bernoulli(stream(0, 'mask'), 0.5, [N, 1, 12, 16])
  const noise = scalar(0.1, 'float64')
  const common = { noise: 0.1, range: [0, 1] } as const

  it('had masks in a field of their own', () => {
    const arrays = { y: grey, noise, mask: ndarray(mask.data, mask.shape, 'bool') }
    const want = { y: grey, operator: maskedBy(mask, [1, 12, 16]), ...common }
    expect(observationsOf(arrays, 'f')).toEqual(want)
  })

  it('had matrices in a field of their own', () => {
    const [y, projection] = [normal(stream(0, 'y'), [N, 2]), normal(stream(0, 'matrix'), [N, 2, 7])]
    const want = { y, operator: projectedBy(projection), ...common }
    expect(observationsOf({ y, noise, projection }, 'f')).toEqual(want)
  })

  it('had nothing where y is x with noise', () => {
    const want = { y: grey, operator: unchanged([1, 12, 16]), ...common }
    expect(observationsOf({ y: grey, noise }, 'f')).toEqual(want)
  })

  it('said of families whether they are linear', async () => {
    const kernel = (
      await observe(grey, { operator: { name: 'motion', settings: { size: 5 } }, noise: 0.1, seed: 1 })
    ).operator.parameters.kernel
    const settings = { size: 5, intensity: 0.5, shared: false, boundary: 'reflect' }
    const operator = text({ name: 'motion', linear: true, event: [1, 12, 16], settings })
    expect(observationsOf({ y: grey, noise, operator, 'parameter.kernel': kernel }, 'f')).toEqual({
      y: grey,
      operator: { name: 'motion', settings, event: [1, 12, 16], parameters: { kernel } },
      ...common,
    })
  })

  it('said of vertices which of them there are', () => {
    const y = normal(stream(0, 'y'), [N, 1, 24])
    const [nominal, truth] = [full([1, 1, 24], 0.55), bernoulli(stream(0, 'truth'), 0.5, [N, 1, 24])]
    const settings = { keep: 0.4, keepMax: 0.7, points: 20, sea: false }
    const operator = text({ name: 'vertices', linear: true, event: [1, 24], settings })
    const arrays = { y, noise, operator, 'parameter.mask': nominal, 'truth.mask': truth }
    expect(observationsOf(arrays, 'f').operator).toEqual({
      name: 'vertices',
      settings: { keep: 0.4, keepMax: 0.7 },
      event: [1, 24],
      parameters: { mask: nominal },
      truth: { mask: truth },
    })
  })

  // There, x' = 2 x − 6 of data in [2, 4]: y is that of x, the noise that of x' where y is linear in x.
  it.each([
    { name: 'blur', linear: true, noise: 0.2, std: [0.2, 0.4], settings: { sigma: 1 } },
    { name: 'clip', linear: false, noise: 0.1, std: [0.1, 0.2], settings: { gain: 2, low: 2, high: 4 } },
  ])('in the units of a prior are read in those of the data: $name', ({ noise, std, ...described }) => {
    const operator = text({ ...described, event: [1, 12, 16], units: [2, -6] })
    const range = ndarray([-2, 2])
    const set = observationsOf({ y: grey, operator, noise: scalar(noise, 'float64'), range }, 'f')
    const { name, settings } = described
    expect(set).toEqual({
      y: grey,
      operator: { name, settings, event: [1, 12, 16], parameters: {} },
      noise: 0.1,
      range: [2, 4],
    })
    const each = ndarray(
      Array.from({ length: 192 }, (_, i) => std[i % 2]),
      [1, 12, 16],
    )
    const own = observationsOf({ y: grey, operator, noise: each, range }, 'f').std
    expectClose(
      own?.data ?? [],
      Array.from({ length: 192 }, (_, i) => [0.1, 0.2][i % 2]),
      1e-6,
    )
  })
})

describe('files of operators', () => {
  const file = join(folder, 'bad.npz')
  const good = { name: 'pool', event: [1, 12, 16], settings: { factor: 4 } }
  const motion = { ...good, name: 'motion', settings: {} }
  const y = { y: ndarray(new Float32Array(N * 12), [N, 1, 3, 4]), noise: ndarray([0.1]) }
  const load = (arrays: Arrays) => {
    writeArrays(file, { ...y, ...arrays })
    return batchedObservations(readObservations(file))
  }
  const nested = (depth: number): OperatorSpec => ({
    name: 'scale',
    settings: {},
    of: depth > 0 ? [nested(depth - 1)] : [{ name: 'identity', settings: {} }],
  })
  const tower = (depth: number): NdArray => {
    const floor = '{"name":"scale","settings":{},"event":[1,3,4],"of":['
    const bytes = Buffer.from(`${floor.repeat(depth)}${']}'.repeat(depth)}`)
    return new NdArray('uint8', [bytes.length], new Uint8Array(bytes))
  }

  it('hold the operator as JSON, and its parameters beside it', () => {
    expect(load({ operator: text(good) }).event).toEqual([1, 12, 16])
    expect(load({ operator: text({ ...good, linear: true }) }).event).toEqual([1, 12, 16])
  })

  it.each<[string, Arrays, RegExp]>([
    ['another type', { operator: ndarray([1, 2]) }, /field 'operator' must be the JSON text .* got float32/],
    [
      'no JSON',
      { operator: ndarray([123, 4], undefined, 'uint8') },
      /field 'operator' must be the JSON text/,
    ],
    [
      'no name',
      { operator: text({ ...good, name: undefined }) },
      /must be the JSON text of a name, an event and settings/,
    ],
    [
      'a field twice',
      {
        operator: ndarray(
          [...Buffer.from('{"name":"pool","name":"blur","event":[1],"settings":{}}')],
          undefined,
          'uint8',
        ),
      },
      /must be the JSON text/,
    ],
    ['nested settings', { operator: text({ ...good, settings: { factor: [4] } }) }, /must be the JSON text/],
    ['parts that are none', { operator: text({ ...good, name: 'stack', of: [4] }) }, /must be the JSON text/],
    ['no parts', { operator: text({ ...good, name: 'stack', of: [] }) }, /must be the JSON text/],
    [
      'parts where there are none',
      { operator: text({ ...good, of: [good] }) },
      /operator 'pool': is not made of others, got 1/,
    ],
    [
      'too many parts',
      { operator: text({ ...good, name: 'scale', settings: {}, of: [good, good] }) },
      /operator 'scale': needs 1 of them in 'of', got 2/,
    ],
    ['a tower of parts', { operator: text({ ...nested(40), event: [1, 3, 4] }) }, /must be the JSON text/],
    ['a high tower of parts', { operator: tower(100_000) }, /must be the JSON text/],
    [
      'an unknown family in a part',
      { operator: text({ ...good, name: 'compose', settings: {}, of: [{ name: 'pol', settings: {} }] }) },
      /unknown operator 'pol'; did you mean 'pool'/,
    ],
    [
      'a parameter of a part that is missing',
      {
        operator: text({
          ...good,
          name: 'compose',
          settings: {},
          of: [good, { name: 'mask', settings: {} }],
        }),
      },
      /operator 'mask': parameter 'mask' is missing/,
    ],
    [
      'a parameter of a part that there is not',
      {
        operator: text({ ...good, name: 'compose', settings: {}, of: [good] }),
        'parameter.1.mask': full([N, 1, 3, 4], 1),
      },
      /field 'parameter.1.mask': operator 'compose' has no such parameter/,
    ],
    [
      'a grey mask of a part',
      {
        operator: text({
          ...good,
          name: 'compose',
          settings: {},
          of: [good, { name: 'mask', settings: {} }],
        }),
        'parameter.1.mask': full([N, 1, 3, 4], 0.5),
      },
      /field 'parameter.1.mask' must be 0 or 1 \(1 = observed\), got 0.5 at/,
    ],
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
      /^.*bad.npz: operator 'pool': makes observations \[1,3,3\] of \[1,12,12\], y is \[1,3,4\]/,
    ],
    [
      'a wrong claim',
      { operator: text({ ...good, linear: false }) },
      /operator 'pool': 'linear' must be true/,
    ],
    ['a missing parameter', { operator: text(motion) }, /operator 'motion': parameter 'kernel' is missing/],
    [
      'a parameter of another length',
      { operator: text(motion), 'parameter.kernel': ndarray([1, 2]) },
      /field 'parameter.kernel' must be \[5, \.\.\.\] or \[1, \.\.\.\], got \[2\]/,
    ],
    [
      'a parameter that is not finite',
      { operator: text(motion), 'parameter.kernel': full([N, 1, 3, 3], Number.NaN) },
      /field 'parameter.kernel' has 45 values that are NaN or infinite/,
    ],
    [
      'a parameter that does not fit',
      { operator: text(motion), 'parameter.kernel': ndarray([1, 2, 3, 4, 5]) },
      /^.*bad.npz: blur: kernels \[1\] do not fit/,
    ],
    [
      'a parameter of another family',
      { operator: text(good), 'parameter.kernel': full([N, 1, 3, 3], 1) },
      /field 'parameter.kernel': operator 'pool' has no such parameter/,
    ],
    [
      'a parameter alone',
      { 'parameter.kernel': ndarray([1]) },
      /field 'parameter.kernel' belongs to the field 'operator', which is missing/,
    ],
    [
      'a true mask that is grey',
      {
        operator: text({ name: 'mask', event: [1, 3, 4], settings: {} }),
        'parameter.mask': full([1, 1, 3, 4], 0.5),
        'truth.mask': full([N, 1, 3, 4], 0.5),
      },
      /field 'truth.mask' must be 0 or 1 \(1 = observed\), got 0.5/,
    ],
    ['two operators', { operator: text(good), mask: ndarray([1]) }, /has both 'mask' and 'operator'/],
    [
      'a view that is none',
      { operator: text(good), view: text({ kind: 'map' }) },
      /field 'view' must be the JSON text/,
    ],
    [
      'a view without a grid',
      { operator: text(good), view: text({ kind: 'globe' }) },
      /field 'view' must be/,
    ],
    [
      'a globe of images',
      { operator: text(good), view: text({ kind: 'globe', rows: 2, columns: 2 }) },
      /field 'view': x of shape \[1,12,16\] is no \{"kind":"globe","rows":2,"columns":2\}/,
    ],
    [
      'a globe of more points than there are',
      { y: full([1, 1, 12], 0), view: text({ kind: 'globe', rows: 3, columns: 5 }) },
      /field 'view': x of shape \[1,12\] is no/,
    ],
    [
      'valid entries of another shape',
      { operator: text(good), valid: full([12, 12], 1, 'bool') },
      /field 'valid' must have the last axes of x, which is \[1,12,16\], got \[12,12\]/,
    ],
    [
      'entries that are half valid',
      { operator: text(good), valid: full([12, 16], 0.5) },
      /field 'valid' must be 0 or 1, got 0.5/,
    ],
  ])('are refused with %s', (_, arrays, message) => {
    expect(() => load(arrays)).toThrow(expect.objectContaining({ code: 'input' }))
    expect(() => load(arrays)).toThrow(message)
    expect(() => load(arrays)).toThrow(/^.*bad.npz: /)
  })
})
