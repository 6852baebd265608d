import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { TweedieError } from '../../src/error.ts'
import { encodePng, writeArrays } from '../../src/formats/index.ts'
import {
  maskedBy,
  type ObservationSet,
  observationsFromArrays,
  observationsFromImages,
  observationsOf,
  projectedBy,
  readObservations,
  unchanged,
  writeObservations,
} from '../../src/observations/index.ts'
import { full, type NdArray, ndarray, scalar, zeros } from '../../src/tensor/ndarray.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-observations-'))
afterAll(() => rmSync(folder, { recursive: true }))
const inFolder = (name: string) => join(folder, name)

const y = ndarray([0.5, 0, 0.25, 0, 1, 0, 0.125, 0], [2, 1, 2, 2])
const mask = ndarray([1, 0, 1, 0, 1, 0, 1, 0], [2, 1, 2, 2])
const noise = scalar(0.05, 'float64')

const sets: Record<string, ObservationSet> = {
  mask: { y, operator: maskedBy(mask, [1, 2, 2]), noise: 0.05, range: [0, 1] },
  'mask shared by channels': {
    y: zeros([2, 3, 2, 2]),
    operator: maskedBy(mask, [3, 2, 2]),
    noise: 1e-3,
    range: [-1, 1],
  },
  projection: {
    y: ndarray([1, 2, 3, 4], [2, 2]),
    operator: projectedBy(ndarray([...Array(12).keys()], [2, 2, 3])),
    noise: 0.01,
    range: [-2, 2],
  },
  identity: { y, operator: unchanged([1, 2, 2]), noise: 0.1, range: [0, 255] },
}

describe.each(Object.entries(sets))('observations by %s', (_, set) => {
  it.each(['set.npz', 'set.safetensors'])('come back from %s', (name) => {
    writeObservations(inFolder(name), set)
    expect(readObservations(inFolder(name))).toEqual(set)
  })
})

describe('a file of observations', () => {
  it('may hold float64, masks of any dtype and no range', () => {
    for (const dtype of ['bool', 'uint8', 'int64', 'float64'] as const) {
      const arrays = {
        y: ndarray(y.data, y.shape, 'float64'),
        mask: ndarray(mask.data, mask.shape, dtype),
        noise,
      }
      expect(observationsOf(arrays, 'f')).toEqual(sets.mask)
    }
  })

  const broken = (at: number, value: number): NdArray => {
    const data = Float32Array.from(y.data)
    data[at] = value
    data[7] = value
    return ndarray(data, y.shape)
  }

  it.each<[string, Record<string, NdArray>, RegExp]>([
    [
      'NaN',
      { y: broken(5, Number.NaN), mask, noise },
      /field 'y' has 2 values that are NaN or infinite, the first at \[1, 0, 0, 1\]; write 0 there/,
    ],
    [
      'infinity',
      { y: broken(7, Number.POSITIVE_INFINITY), noise },
      /field 'y' has 1 values .* the first at \[1, 0, 1, 1\]/,
    ],
    [
      'float64 beyond float32',
      { y: ndarray([1e300, 0], [1, 2], 'float64'), noise },
      /field 'y' has 1 values that are NaN or inf/,
    ],
    [
      'integers',
      { y: ndarray([1, 2], [1, 2], 'int32'), noise },
      /field 'y' must have dtype float32 or float64, got int32/,
    ],
    [
      'a grey mask',
      { y, mask: full(y.shape, 0.5), noise },
      /field 'mask' must be 0 or 1 \(1 = observed\), got 0.5 at \[0, 0, 0, 0\]/,
    ],
    ['a mask of 255', { y, mask: full(y.shape, 255, 'uint8'), noise }, /got 255 at/],
    ['a NaN mask', { y, mask: full(y.shape, Number.NaN), noise }, /must be 0 or 1 \(1 = observed\), got NaN/],
    [
      'a mask of another size',
      { y, mask: full([2, 1, 2, 3], 1), noise },
      /field 'mask' must have the shape of y, \[2,1,2,2\], got \[2,1,2,3\]/,
    ],
    ['one mask for all', { y, mask: full([1, 1, 2, 2], 1), noise }, /got \[1,1,2,2\]/],
    ['no noise', { y }, /an observation set needs the field 'noise'/],
    ['no y', { noise }, /an observation set needs the field 'y'/],
    [
      'noise 0',
      { y, noise: scalar(0) },
      /field 'noise' must be a positive standard deviation in units of y, got 0/,
    ],
    ['negative noise', { y, noise: scalar(-1) }, /got -1/],
    ['noise NaN', { y, noise: scalar(Number.NaN) }, /got NaN/],
    [
      'many noises',
      { y, noise: ndarray([1, 2]) },
      /'noise' must be one number, or of the shape of y, \[2,1,2,2\], or of one of its items, got \[2\]/,
    ],
    [
      'an empty range',
      { y, noise, range: ndarray([1, 1]) },
      /field 'range' must be two numbers, low < high, got \[1,1\]/,
    ],
    [
      'mask and projection',
      { y, noise, mask, projection: zeros([2, 1, 1]) },
      /has both 'mask' and 'projection'/,
    ],
    [
      'a projection of another size',
      { y: zeros([2, 3]), noise, projection: zeros([2, 2, 5]) },
      /'projection' must be \[N, M, D\] for y \[N, M\], got \[2,2,5\] for y \[2,3\]/,
    ],
    [
      'an infinite projection',
      { y: zeros([2, 1]), noise, projection: full([2, 1, 2], Number.NaN) },
      /field 'projection' has 4 values/,
    ],
    ['an unknown field', { y, noise, maks: mask }, /unknown field 'maks'; did you mean 'mask'\?/],
    [
      'no observations',
      { y: zeros([0, 1, 2, 2]), noise },
      /field 'y' must be \[N, ...\] with at least one value, got shape \[0,1,2,2\]/,
    ],
    ['a vector', { y: zeros([4]), noise }, /got shape \[4\]/],
  ])('is refused with %s', (_, arrays, message) => {
    const read = () => observationsOf(arrays, 'obs.npz')
    expect(read).toThrow(TweedieError)
    expect(read).toThrow(/^obs\.npz: /)
    expect(read).toThrow(message)
  })

  it('is not written when unsound', () => {
    expect(() => writeObservations(inFolder('bad.npz'), { ...sets.mask, noise: 0 })).toThrow(
      /bad.npz: field 'noise'/,
    )
    expect(readdirSync(folder)).not.toContain('bad.npz')
  })
})

describe('own data', () => {
  it('from y.npy and mask.npy, with or without the channel axis', () => {
    writeArrays(inFolder('y.npy'), { y: ndarray(y.data, [2, 2, 2]) })
    writeArrays(inFolder('mask.npy'), { mask: ndarray(mask.data, mask.shape, 'bool') })
    expect(observationsFromArrays(inFolder('y.npy'), inFolder('mask.npy'), 0.05)).toEqual(sets.mask)
    const all = observationsFromArrays(inFolder('y.npy'), undefined, 0.1, [0, 255])
    expect(all).toEqual(sets.identity)
    expect(() => observationsFromArrays(inFolder('y.npy'), inFolder('mask.npy'), 0)).toThrow(
      /y.npy with .*mask.npy: field 'noise'/,
    )
  })

  it('from damaged images and masks of the same names', () => {
    const [damaged, masks] = [inFolder('damaged'), inFolder('masks')]
    for (const path of [damaged, masks]) mkdirSync(path)
    const write = (path: string, values: number[], shape: number[]) =>
      writeFileSync(path, encodePng(ndarray(values, shape)))
    write(join(damaged, 'a.png'), [0, 0.2, 0.4, 1], [2, 2])
    write(join(masks, 'a.png'), [0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1], [3, 2, 2])
    const set = observationsFromImages(damaged, masks, 0.02)
    expect(set.y).toEqual(
      ndarray(
        [0, 0.2, 0.4, 1].map((v) => Math.fround(v)),
        [1, 1, 2, 2],
      ),
    )
    expect(set.operator).toEqual(maskedBy(ndarray([0, 1, 1, 1], [1, 1, 2, 2]), [1, 2, 2]))
    write(join(damaged, 'b.png'), [0, 0, 0, 0], [2, 2])
    expect(() => observationsFromImages(damaged, masks, 0.02)).toThrow(
      /masks\/b.png: missing; images and masks need the same names/,
    )
    write(join(masks, 'b.png'), [0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0], [3, 2, 2])
    expect(() => observationsFromImages(damaged, masks, 0.02)).toThrow(
      /masks: masks of grey images must be black and white/,
    )
    for (const name of ['a.png', 'b.png']) write(join(masks, name), [0, 1, 1, 0.5], [2, 2])
    expect(() => observationsFromImages(damaged, masks, 0.02)).toThrow(
      /field 'mask' must be 0 or 1 \(1 = observed\), got 0.50/,
    )
  })
})
