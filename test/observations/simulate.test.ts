import { describe, expect, it } from 'vitest'
import { checkObservations, type Simulation, simulateObservations } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, rows } from '../../src/tensor/ndarray.ts'
import { expectClose } from '../numbers.ts'

const images = normal(stream(0, 'images'), [40, 3, 6, 5])
const vectors = normal(stream(0, 'vectors'), [2000, 7])
const operators: Simulation['operator'][] = [
  { kind: 'mask', keep: 0.3 },
  { kind: 'projection', dimension: 2 },
  { kind: 'identity' },
]
const rms = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length)

const parameter = (set: ReturnType<typeof simulateObservations>): NdArray<'float32'> | undefined => {
  const { operator } = set
  return operator.kind === 'mask'
    ? operator.mask
    : operator.kind === 'projection'
      ? operator.matrix
      : undefined
}

describe.each(operators)('simulated observations, $kind', (operator) => {
  const observe = (x: NdArray<'float32'>, seed = 1) => simulateObservations(x, { operator, noise: 0.2, seed })

  it.each([
    ['images', images],
    ['vectors', vectors],
  ])('are sound, the same for the same seed, and row i does not depend on the number of rows: %s', (_, x) => {
    const all = observe(x)
    checkObservations(all, 'here')
    const few = observe(rows(x, 0, 9))
    expect(few.y.data).toEqual(rows(all.y, 0, 9).data)
    const [a, b] = [parameter(few), parameter(all)]
    expect(a?.data).toEqual(b && rows(b, 0, 9).data)
    expect(observe(x).y.data).toEqual(all.y.data)
    expect(observe(x, 2).y.data).not.toEqual(all.y.data)
  })

  it('differ from A x by noise of the given size, like nothing else', () => {
    const set = observe(vectors)
    const [n, d] = vectors.shape
    const m = set.y.shape[1]
    const gaps: number[] = []
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const x = vectors.data.subarray(i * d, (i + 1) * d)
        if (set.operator.kind === 'mask' && set.operator.mask.data[i * m + j] === 0) continue
        const A =
          set.operator.kind === 'projection' ? set.operator.matrix.data.subarray((i * m + j) * d) : undefined
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
  const { y, operator } = simulateObservations(images, {
    operator: { kind: 'mask', keep: 0.3 },
    noise: 0.2,
    seed: 1,
  })
  if (operator.kind !== 'mask') throw new Error('a mask was asked for')
  const { mask } = operator

  it('are shared by the channels of an image, and y is 0 where nothing was kept', () => {
    expect(mask.shape).toEqual([40, 1, 6, 5])
    for (let i = 0; i < y.size; i++) {
      const kept = mask.data[Math.floor(i / 90) * 30 + (i % 30)]
      expect(y.data[i] === 0).toBe(kept === 0)
    }
  })

  it('keep the given fraction, each its own', () => {
    const fraction = mask.data.reduce((a, b) => a + b, 0) / mask.size
    expect(Math.abs(fraction - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / mask.size))
    const patterns = new Set(Array.from({ length: 40 }, (_, i) => rows(mask, i, i + 1).data.join('')))
    expect(patterns.size).toBe(40)
  })
})

describe('projections', () => {
  it('are onto unit directions, uniform on the sphere', () => {
    const { operator } = simulateObservations(vectors, {
      operator: { kind: 'projection', dimension: 2 },
      noise: 0.1,
      seed: 1,
    })
    if (operator.kind !== 'projection') throw new Error('projections were asked for')
    const { data } = operator.matrix
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
})

describe('impossible observations', () => {
  it.each<Simulation>([
    { operator: { kind: 'identity' }, noise: 0, seed: 0 },
    { operator: { kind: 'identity' }, noise: Number.NaN, seed: 0 },
    { operator: { kind: 'mask', keep: 0 }, noise: 1, seed: 0 },
    { operator: { kind: 'mask', keep: 1.1 }, noise: 1, seed: 0 },
    { operator: { kind: 'projection', dimension: 1.5 }, noise: 1, seed: 0 },
  ])('are refused: $operator, noise $noise', (simulation) => {
    expect(() => simulateObservations(vectors, simulation)).toThrow(
      expect.objectContaining({ code: 'input' }),
    )
  })
})
