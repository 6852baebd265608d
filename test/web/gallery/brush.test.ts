import { describe, expect, it } from 'vitest'
import { maskFigures } from '../../../src/operators/index.ts'
import { residualOf } from '../../../web/gallery/evidence.ts'
import { maskKinds } from '../../../web/gallery/masks.ts'
import { stroke } from '../../../web/gallery/pad/brush.ts'

const size = { height: 7, width: 9 }
const seen = (): Float32Array => new Float32Array(63).fill(1)
const picture = (mask: Float32Array, width: number): string[] =>
  Array.from({ length: mask.length / width }, (_, row) =>
    Array.from(mask.subarray(row * width, (row + 1) * width), (m) => (m > 0.5 ? '#' : '.')).join(''),
  )

describe('a stroke', () => {
  it('erases pixels whose centres are within the radius of its line', () => {
    const from = { row: 3.5, column: 2.5 }
    const to = { row: 3.5, column: 5.5 }
    expect(picture(stroke(seen(), size, { from, to, radius: 1, seen: false }), 9)).toEqual([
      '#########',
      '#########',
      '##....###',
      '#......##',
      '##....###',
      '#########',
      '#########',
    ])
  })

  it('of the smallest brush covers the pixel that it is on, and restores it', () => {
    const at = { row: 0.9, column: 0.1 }
    const erased = stroke(seen(), size, { from: at, to: at, radius: 0.1, seen: false })
    expect(erased[0]).toBe(0)
    expect(erased.reduce((a, b) => a + b)).toBe(62)
    expect(stroke(erased, size, { from: at, to: at, radius: 0.1, seen: true })).toEqual(seen())
  })

  it('may leave the image', () => {
    const from = { row: -20, column: 4 }
    const to = { row: 40, column: 4 }
    const mask = stroke(seen(), size, { from, to, radius: 0.6, seen: false })
    expect(picture(mask, 9)).toEqual(Array.from({ length: 7 }, () => '###..####'))
  })
})

describe('the figures of a mask', () => {
  it('know the depth of a hole', () => {
    const from = { row: 3.5, column: 4.5 }
    const hole = stroke(seen(), size, { from, to: from, radius: 2.1, seen: false })
    expect(maskFigures({ kind: 'image', ...size })(hole).hole).toBe(3)
  })

  it('tell pixels at random from boxes, strokes and lines', () => {
    const square = { height: 28, width: 28 }
    const figures = maskFigures({ kind: 'image', ...square })
    const edges = (name: string) =>
      [1, 2, 3, 4, 5].map((seed) => {
        const kind = maskKinds.find((each) => each.name === name)
        return figures(kind?.draw(square, seed) ?? new Float32Array(784)).edges
      })
    expect(Math.min(...edges('pixels'), ...edges('few'))).toBeGreaterThan(0.85)
    expect(Math.max(...edges('box'), ...edges('strokes'), ...edges('lines'))).toBeLessThan(0.8)
  })
})

it('the residual counts what was seen, in units of the noise', () => {
  const observed = { y: Float32Array.of(1, 2, 0), mask: Float32Array.of(1, 1, 0), noise: 0.5 }
  // Differences 0.5 and 0, then 0 and −1: (1 + 0 + 0 + 4) / 4.
  expect(residualOf(Float32Array.of(0.5, 2, 9, 1, 3, 9), observed)).toBe(5 / 4)
})
