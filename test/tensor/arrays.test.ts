import { describe, expect, test } from 'vitest'
import {
  flatten,
  full,
  input,
  item,
  leavesOf,
  mapArrays,
  mapTensors,
  mul,
  NdArray,
  ndarray,
  reshaped,
  rows,
  scalar,
  toNumbers,
  unflatten,
  zeros,
} from '../../src/tensor/index.ts'

describe('NdArray', () => {
  test('holds exactly the elements of its shape', () => {
    expect(() => new NdArray('float32', [2, 3], new Float32Array(5))).toThrow(
      'array of shape [2,3] needs 6 elements, got 5',
    )
    expect(() => ndarray([1, 2, 3], [2])).toThrow('array of shape [2] needs 2 elements, got 3')
    expect(new NdArray('float32', [], new Float32Array(1)).size).toBe(1)
    expect(zeros([0, 4]).size).toBe(0)
  })

  test('every dtype takes and gives plain numbers', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const) {
      expect(toNumbers(ndarray([0, 1, 1], [3], dtype))).toEqual([0, 1, 1])
      expect(toNumbers(full([2], 1, dtype))).toEqual([1, 1])
      expect(item(scalar(1, dtype))).toBe(1)
    }
    expect(ndarray([1], [1], 'int64').data[0]).toBe(1n)
  })

  test('rows and reshaped are views', () => {
    const a = ndarray([1, 2, 3, 4, 5, 6], [3, 2])
    const last = rows(a, 1, 9)
    expect(last.shape).toEqual([2, 2])
    expect(toNumbers(last)).toEqual([3, 4, 5, 6])
    last.data[0] = 30
    reshaped(a, [6]).data[0] = 10
    expect(toNumbers(a)).toEqual([10, 2, 30, 4, 5, 6])
    expect(() => reshaped(a, [5])).toThrow('needs 5 elements, got 6')
  })

  test('item wants one element', () => {
    expect(() => item(zeros([2]))).toThrow('item() needs one element, got shape [2]')
  })
})

describe('records of arrays', () => {
  const tree = { b: ndarray([1]), a: [ndarray([2, 3]), { c: scalar(4) }] } as const

  test('flatten names leaves by their paths, in the order as written', () => {
    expect(Object.keys(flatten(tree))).toEqual(['b', 'a.0', 'a.1.c'])
  })

  test('unflatten is the inverse', () => {
    expect(unflatten(tree, flatten(tree))).toEqual(tree)
  })

  test('unflatten refuses missing and wrong arrays', () => {
    const flat = flatten(tree)
    const { b, ...missing } = flat
    expect(() => unflatten(tree, missing, 'x.safetensors')).toThrow("x.safetensors: 'b' is missing")
    expect(() => unflatten(tree, { ...flat, b: ndarray([1, 2]) })).toThrow(
      "arrays: 'b' should be float32[1], got float32[2]",
    )
    expect(() => unflatten(tree, { ...flat, b: ndarray([1], [1], 'float64') })).toThrow('got float64[1]')
    expect(() => unflatten({ toString: b }, {})).toThrow("'toString' is missing")
  })

  test('mapArrays and mapTensors keep the nesting', () => {
    expect(toNumbers(mapArrays((a) => full(a.shape, 7), tree).a[0])).toEqual([7, 7])
    const tensors = { p: input('float32', [2]), q: [input('float32', [])] }
    const products = mapTensors((a, b) => mul(a, b), tensors, tensors)
    expect(leavesOf(products).map((t) => t.op.name)).toEqual(['mul', 'mul'])
    expect(products.q[0].shape).toEqual([])
  })

  test('wrong leaves are named', () => {
    expect(() => flatten({ a: { b: 'text' } })).toThrow(
      "expected an array or a record of arrays at 'a.b', got string",
    )
    expect(() => flatten({ a: input('float32', []) })).toThrow("did not expect a symbolic tensor at 'a'")
    expect(() => leavesOf({ a: [scalar(1)] })).toThrow("did not expect an array at 'a.0'")
  })
})
