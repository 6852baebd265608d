/** What is drawn for each observation: masks, columns, kernels, phases. */
import { describe, expect, it } from 'vitest'
import { columnDensity } from '../../../src/operators/drawn/column-masks.ts'
import {
  boxMasks,
  columnMasks,
  exactMasks,
  motionKernels,
  smoothPhases,
} from '../../../src/operators/index.ts'
import { type NdArray, rows } from '../../../src/tensor/index.ts'

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)
const row = (array: NdArray<'float32'>, i: number) => rows(array, i, i + 1).data

describe.each<[string, (count: number, seed: number) => NdArray<'float32'>]>([
  ['boxes', (count, seed) => boxMasks(count, { height: 9, width: 12, size: 4, seed })],
  ['exact masks', (count, seed) => exactMasks(count, { entries: 50, kept: 20, seed })],
  ['columns', (count, seed) => columnMasks(count, { width: 64, acceleration: 4, seed })],
  ['motion kernels', (count, seed) => motionKernels(count, { size: 9, seed })],
  ['phases', (count, seed) => smoothPhases(count, { height: 6, width: 5, std: 1, seed })],
])('%s', (_, draw) => {
  it('are the same for the same seed, and row i does not depend on their number', () => {
    expect(rows(draw(7, 3), 0, 4)).toEqual(draw(4, 3))
    expect(draw(4, 3).data).not.toEqual(draw(4, 4).data)
    expect(row(draw(4, 3), 0)).not.toEqual(row(draw(4, 3), 1))
  })
})

describe('boxes', () => {
  it('are whole squares, everywhere that the margin allows', () => {
    const masks = boxMasks(400, { height: 9, width: 12, size: 4, margin: 2, seed: 0 })
    const tops = new Set<number>()
    const lefts = new Set<number>()
    for (let i = 0; i < 400; i++) {
      const hole = Array.from(row(masks, i).entries()).flatMap(([at, v]) => (v === 0 ? [at] : []))
      expect(hole.length).toBe(16)
      const [top, left] = [Math.floor(hole[0] / 12), hole[0] % 12]
      expect(hole).toEqual(
        Array.from({ length: 16 }, (_, k) => (top + Math.floor(k / 4)) * 12 + left + (k % 4)),
      )
      tops.add(top)
      lefts.add(left)
    }
    expect([[...tops].sort(), [...lefts].sort()]).toEqual([
      [2, 3],
      [2, 3, 4, 5, 6],
    ])
  })

  it('must fit', () => {
    expect(() => boxMasks(1, { height: 9, width: 12, size: 10, seed: 0 })).toThrow(
      /does not fit images of 9×12/,
    )
  })
})

it('exact masks keep so many, each entry as often', () => {
  const masks = exactMasks(2000, { entries: 10, kept: 3, seed: 0 })
  const kept = new Float64Array(10)
  for (let i = 0; i < 2000; i++) {
    expect(sum(row(masks, i))).toBe(3)
    for (const [j, v] of row(masks, i).entries()) kept[j] += v
  }
  for (const n of kept) expect(Math.abs(n - 600)).toBeLessThan(5 * Math.sqrt(2000 * 0.3 * 0.7))
})

describe('columns of a scan', () => {
  // The table of the paper's code for 320 columns.
  it.each([
    [4, 30, 0.1724137931],
    [6, 20, 0.1111111111],
    [8, 16, 0.0819672131],
    [16, 8, 0.04],
    [32, 4, 0.0197628458],
  ])('R = %i: %i in the centre, the others with probability %f', (acceleration, centre, probability) => {
    const density = columnDensity(320, acceleration)
    expect(density.centre).toBe(centre)
    expect(density.probability).toBeCloseTo(probability, 9)
    const masks = columnMasks(300, { width: 320, acceleration, seed: 1 })
    for (let i = 0; i < 300; i++) {
      expect(sum(row(masks, i).subarray(160 - centre / 2, 160 + centre / 2))).toBe(centre)
    }
    const expected = centre + (320 - centre) * density.probability
    const error = Math.sqrt((320 * probability) / 300)
    expect(Math.abs(sum(masks.data) / 300 - expected)).toBeLessThan(5 * error)
    if (60 % acceleration === 0) expect(expected).toBeCloseTo(320 / acceleration, 9)
  })

  it('all of them without acceleration, at any width', () => {
    expect(columnMasks(2, { width: 33, acceleration: 1, seed: 0 }).data).toEqual(new Float32Array(66).fill(1))
    expect(() => columnMasks(1, { width: 33, acceleration: 0.5, seed: 0 })).toThrow(
      /acceleration must be at least 1, got 0.5/,
    )
  })
})

describe('motion kernels', () => {
  it.each([9, 61])('of size %i are positive with sum 1, centred on average', (size) => {
    const count = size === 9 ? 200 : 12
    const kernels = motionKernels(count, { size, seed: 0 })
    expect(kernels.shape).toEqual([count, 1, size, size])
    let [x, y] = [0, 0]
    for (let i = 0; i < count; i++) {
      const kernel = row(kernels, i)
      expect(sum(kernel)).toBeCloseTo(1, 5)
      expect(kernel.every((v) => v >= 0)).toBe(true)
      for (const [at, v] of kernel.entries()) {
        x += (v * ((at % size) - (size - 1) / 2)) / count
        y += (v * (Math.floor(at / size) - (size - 1) / 2)) / count
      }
    }
    expect(Math.hypot(x, y)).toBeLessThan(0.02 * size)
  })

  it('are straight without intensity: their second moments have one direction', () => {
    const size = 61
    const kernels = motionKernels(6, { size, intensity: 0, seed: 2 })
    for (let i = 0; i < 6; i++) {
      const kernel = row(kernels, i)
      const c = (size - 1) / 2
      const moment = (f: (x: number, y: number) => number) =>
        kernel.reduce((total, v, at) => total + v * f((at % size) - c, Math.floor(at / size) - c), 0)
      const [mx, my] = [moment((x) => x), moment((_, y) => y)]
      const [xx, yy, xy] = [
        moment((x) => x * x) - mx * mx,
        moment((_, y) => y * y) - my * my,
        moment((x, y) => x * y) - mx * my,
      ]
      // The smaller eigenvalue is the width of the line, whatever its length.
      const thin = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)
      expect(thin).toBeLessThan(1.5)
    }
  })

  it('need an odd size and an intensity in [0, 1]', () => {
    expect(() => motionKernels(1, { size: 8, seed: 0 })).toThrow(/size must be odd, got 8/)
    expect(() => motionKernels(1, { size: 9, intensity: 2, seed: 0 })).toThrow(
      /intensity must be in \[0, 1\], got 2/,
    )
  })
})

it('phases have the standard deviation asked for, and are smooth', () => {
  const [h, w, count] = [24, 20, 400]
  const { data } = smoothPhases(count, { height: h, width: w, std: 0.7, seed: 0 })
  const rms = Math.sqrt(data.reduce((a, b) => a + b * b, 0) / data.length)
  expect(Math.abs(rms / 0.7 - 1)).toBeLessThan(0.1)
  let steepest = 0
  for (let i = 1; i < data.length; i++)
    if (i % w !== 0) steepest = Math.max(steepest, Math.abs(data[i] - data[i - 1]))
  expect(steepest).toBeLessThan(1)
})
