import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeNpy, decodeNpz, readArrays, readSafetensors } from '../../src/formats/index.ts'
import { toNumbers } from '../../src/tensor/ndarray.ts'

/** Files that NumPy wrote (fixtures/make.py). */
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

const six = (f: (i: number) => number) => [0, 1, 2, 3, 4, 5].map(f)
const expected: Record<string, { dtype: string; shape: number[]; values: number[] }> = {
  f4: { dtype: 'float32', shape: [2, 3], values: six((i) => i / 4 - 0.5) },
  f8: { dtype: 'float64', shape: [2, 3], values: six((i) => i / 3) },
  i4: { dtype: 'int32', shape: [2, 3], values: six((i) => i - 3) },
  i8: { dtype: 'int64', shape: [2, 3], values: six((i) => i * 2 ** 40 - 7) },
  u1: { dtype: 'uint8', shape: [2, 3], values: six((i) => i * 51) },
  b1: { dtype: 'bool', shape: [2, 3], values: [0, 1, 0, 1, 0, 1] },
  f2: {
    dtype: 'float32',
    shape: [2, 3],
    values: [0, -0.5, 1.0009765625, 65504, 2 ** -24, Number.POSITIVE_INFINITY],
  },
  i1: { dtype: 'int32', shape: [2, 3], values: six((i) => i - 3) },
  i2: { dtype: 'int32', shape: [2, 3], values: six((i) => i * 1000 - 3000) },
  u2: { dtype: 'int32', shape: [2, 3], values: six((i) => i * 13107) },
  u4: { dtype: 'int64', shape: [2, 3], values: six((i) => i * 858993459) },
  big: { dtype: 'float32', shape: [2, 3], values: six((i) => i / 4 - 0.5) },
  fortran: { dtype: 'int32', shape: [2, 3, 4], values: Array.from({ length: 24 }, (_, i) => i) },
  scalar: { dtype: 'float64', shape: [], values: [0.05] },
  empty: { dtype: 'float32', shape: [0, 3], values: [] },
  vector: { dtype: 'float32', shape: [5], values: [0, 1, 2, 3, 4] },
}

describe.each(['numpy-stored.npz', 'numpy-deflated.npz', 'numpy-zip64.npz'])('%s', (name) => {
  const arrays = readArrays(fixture(name))

  it('has the arrays that NumPy wrote', () => {
    expect(Object.keys(arrays)).toEqual(Object.keys(expected))
  })

  it.each(Object.keys(expected))('%s', (key) => {
    expect(arrays[key].dtype).toBe(expected[key].dtype)
    expect(arrays[key].shape).toEqual(expected[key].shape)
    expect(toNumbers(arrays[key])).toEqual(expected[key].values)
  })
})

describe('npy', () => {
  it.each(['numpy.npy', 'numpy-version2.npy'])('reads %s', (name) => {
    const array = decodeNpy(readFileSync(fixture(name)), name)
    expect(array.shape).toEqual([2, 3])
    expect(toNumbers(array)).toEqual(expected.f4.values)
  })

  it('names the one array of a .npy after its file', () => {
    expect(Object.keys(readArrays(fixture('numpy.npy')))).toEqual(['numpy'])
  })

  it('refuses pickled objects and complex numbers by name', () => {
    expect(() => readArrays(fixture('numpy-objects.npy'))).toThrow(
      /numpy-objects.npy: dtype must be one of .* got '\|O' \(objects are pickled/,
    )
    expect(() => readArrays(fixture('numpy-complex.npy'))).toThrow(
      /numpy-complex.npy: holds complex numbers, real ones are needed here/,
    )
  })
})

describe('safetensors', () => {
  const { arrays, metadata } = readSafetensors(fixture('by-hand.safetensors'))

  it('reads the metadata', () => {
    expect(metadata).toEqual({ unit: 'K', note: 'a "quoted" note' })
  })

  it.each(['f4', 'i8', 'f2', 'u1', 'b1', 'scalar'])('reads %s', (key) => {
    expect(arrays[key].dtype).toBe(expected[key].dtype)
    expect(arrays[key].shape).toEqual(expected[key].shape)
    expect(toNumbers(arrays[key])).toEqual(expected[key].values)
  })

  it('reads bfloat16', () => {
    const [one, minus, large] = toNumbers(arrays.bf2)
    expect([one, minus]).toEqual([1, -2.5])
    expect(Math.abs(large / 3e38 - 1)).toBeLessThan(2 ** -7)
  })
})

describe('npz', () => {
  it('is named in every message', () => {
    const bytes = readFileSync(fixture('numpy-deflated.npz'))
    expect(() => decodeNpz(bytes.subarray(0, 500), 'cut.npz')).toThrow(
      /^cut.npz: not a zip archive, or truncated/,
    )
  })
})
