import { describe, expect, it } from 'vitest'
import { baselineNamed } from '../../src/baselines/index.ts'
import { maskedBy, type ObservationSet } from '../../src/observations/index.ts'
import { ndarray, type Shape, toNumbers } from '../../src/tensor/index.ts'

const restored = async (name: string, set: ObservationSet): Promise<number[]> =>
  toNumbers((await baselineNamed(name).make()(set)).mean)

const of = (y: number[], mask: number[], event: Shape): ObservationSet => {
  const shape = [y.length / event.reduce((a, b) => a * b, 1), ...event]
  return {
    y: ndarray(y, shape),
    operator: maskedBy(ndarray(mask, shape), event),
    noise: 0.1,
    range: [0, 10],
  }
}

describe('the nearest seen entry', () => {
  it('fills an image', async () => {
    const set = of([1, 0, 0, 0, 0, 0, 0, 0, 5], [1, 0, 0, 0, 0, 0, 0, 0, 1], [1, 3, 3])
    expect(await restored('nearest', set)).toEqual([1, 1, 1, 1, 1, 5, 1, 5, 5])
  })

  it('knows that a globe is round', async () => {
    const row = [7, 0, 0, 9, 0, 0, 0, 0] // columns of the equator, 45° apart
    const y = [...Array(8).fill(0), ...row, ...Array(8).fill(0)]
    const set = of(
      y,
      y.map((v) => (v === 0 ? 0 : 1)),
      [1, 24],
    )
    const view = { kind: 'globe', rows: 3, columns: 8 } as const
    expect((await restored('nearest', { ...set, view })).slice(8, 16)).toEqual([7, 7, 9, 9, 9, 9, 7, 7])
  })

  it('gives an observation without seen entries the mean of the others', async () => {
    expect(await restored('nearest', of([0, 0, 2, 4], [0, 0, 1, 1], [1, 2]))).toEqual([3, 3, 2, 4])
  })
})

describe('linear interpolation', () => {
  it('is that of an index, constant beyond', async () => {
    const set = of([0, 1, 0, 0, 4, 2, 0], [0, 1, 0, 0, 1, 1, 0], [1, 7])
    expect(await restored('linear', set)).toEqual([1, 1, 2, 3, 4, 2, 2])
  })

  it('is a plane where the seen edge of an image is one, which Laplace keeps', async () => {
    const plane = Array.from({ length: 36 }, (_, p) => 1 + 0.5 * Math.floor(p / 6) + (p % 6))
    const edge = plane.map((_, p) => ([0, 5].includes(Math.floor(p / 6)) || [0, 5].includes(p % 6) ? 1 : 0))
    const set = of(
      plane.map((v, p) => v * edge[p]),
      edge,
      [1, 6, 6],
    )
    const found = await restored('linear', set)
    found.forEach((v, p) => {
      expect(v).toBeCloseTo(plane[p], 4)
    })
  })

  it('takes no points, and no other operator', async () => {
    const set = of([1, 0, 0, 2, 0, 0], [1, 0, 0, 1, 0, 0], [1, 6])
    const globe = { ...set, view: { kind: 'globe', rows: 2, columns: 3 } as const }
    await expect(restored('linear', globe)).rejects.toThrow(/nearest and kriging take points/)
    const blurred = { ...set, operator: { name: 'blur', settings: {}, event: [1, 6], parameters: {} } }
    await expect(restored('linear', blurred)).rejects.toThrow(/linear needs observations through masks/)
  })
})
