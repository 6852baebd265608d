/** Figures of masks whose holes and edges can be counted by hand. */
import { describe, expect, it } from 'vitest'
import { maskFigures } from '../../src/operators/index.ts'
import { stream, uniform } from '../../src/random/index.ts'

const drawn = (picture: string): Float32Array => Float32Array.from(picture.replace(/\s/g, ''), Number)

describe('of masks on images', () => {
  const image = (height: number, width: number) => maskFigures({ kind: 'image', height, width })

  it('a box: its share, its depth in steps, its border', () => {
    // 6 × 8 with a hole of 3 × 4: from its middle row two steps to what is seen.
    const mask = drawn(`
      11111111
      11000011
      11000011
      11000011
      11111111
      11111111`)
    const seen = 36 / 48
    const pairs = 6 * 7 + 5 * 8
    const border = 2 * 4 + 2 * 3
    expect(image(6, 8)(mask)).toEqual({
      seen,
      hole: 2,
      edges: expect.closeTo(border / (2 * seen * (1 - seen) * pairs), 12),
    })
  })

  it('a corner seen alone: steps along rows and columns', () => {
    const mask = new Float32Array(12)
    mask[0] = 1
    expect(image(3, 4)(mask)).toMatchObject({ seen: 1 / 12, hole: 2 + 3 })
  })

  it('rows in turn, and one half', () => {
    // In turn every pair of a column is unlike, 56 of 112 pairs, as many as expected.
    const mask = Float32Array.from({ length: 64 }, (_, i) => (Math.floor(i / 8) % 2 === 0 ? 1 : 0))
    expect(image(8, 8)(mask)).toEqual({ seen: 0.5, hole: 1, edges: 1 })
    const halves = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : 0))
    expect(image(8, 8)(halves)).toEqual({ seen: 0.5, hole: 4, edges: 8 / 56 })
  })

  it('everything, and nothing', () => {
    const figures = image(3, 3)
    expect(figures(new Float32Array(9).fill(1))).toEqual({ seen: 1, hole: 0, edges: 1 })
    expect(figures(new Float32Array(9))).toEqual({ seen: 0, hole: Number.POSITIVE_INFINITY, edges: 1 })
  })

  it('pixels seen independently have about as many edges as expected', () => {
    const u = uniform(stream(1, 'mask'), [64 * 64]).data
    const { seen, edges } = image(64, 64)(u.map((v) => (v < 0.3 ? 1 : 0)))
    expect(seen).toBeCloseTo(0.3, 1)
    expect(Math.abs(edges - 1)).toBeLessThan(0.05)
  })
})

describe('of masks on points', () => {
  /** At 0, 1, 3, 7 along a line that is not an axis. */
  const line = Float32Array.from([0, 1, 3, 7].flatMap((t) => [0.6 * t, 0, 0.8 * t]))
  const figures = maskFigures({ kind: 'points', coordinates: line })

  it('holes are distances in the units of the coordinates', () => {
    expect(figures(drawn('1000'))).toEqual({
      seen: 0.25,
      hole: expect.closeTo(7, 5),
      edges: expect.anything(),
    })
    expect(figures(drawn('0101')).hole).toBeCloseTo(2, 5)
    expect(figures(drawn('0010')).hole).toBeCloseTo(4, 5)
    expect(figures(drawn('1111'))).toEqual({ seen: 1, hole: 0, edges: 1 })
    expect(figures(drawn('0000')).hole).toBe(Number.POSITIVE_INFINITY)
  })

  it('edges are between each point and the one nearest to it', () => {
    // Pairs 0–1, 1–0, 3–1, 7–3.
    expect(figures(drawn('1100')).edges).toBeCloseTo(1 / 2, 12)
    expect(figures(drawn('1010')).edges).toBeCloseTo(4 / 2, 12)
  })

  it('entries behind the last point do not count', () => {
    expect(figures(drawn('11000000'))).toEqual(figures(drawn('1100')))
  })

  it('are those of all pairs of points', () => {
    const u = uniform(stream(2, 'points'), [300]).data
    const mask = uniform(stream(3, 'mask'), [100]).data.map((v) => (v < 0.1 ? 1 : 0))
    const at = (i: number): Float32Array => u.subarray(3 * i, 3 * i + 3)
    const far = (i: number, j: number): number => Math.hypot(...at(i).map((v, axis) => v - at(j)[axis]))
    const all = Array.from({ length: 100 }, (_, i) => i)
    const nearestSeen = (i: number) => Math.min(...all.filter((j) => mask[j] === 1).map((j) => far(i, j)))
    const hole = Math.max(...all.map(nearestSeen))
    expect(maskFigures({ kind: 'points', coordinates: u })(mask).hole).toBeCloseTo(hole, 6)
  })
})
