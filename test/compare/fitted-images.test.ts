import { describe, expect, it } from 'vitest'
import { fittedImages } from '../../src/compare/fitted-images.ts'
import { full, NdArray } from '../../src/tensor/index.ts'

/** [1, c, h, w] with the value of each pixel its place. */
const ramp = (c: number, h: number, w: number) =>
  new NdArray(
    'float32',
    [1, c, h, w],
    Float32Array.from({ length: c * h * w }, (_, i) => i + 1),
  )

describe('images that a prior does not know', () => {
  it('are left alone when they fit', () => {
    const x = ramp(3, 4, 4)
    expect(fittedImages(x, [3, 4, 4])).toEqual({ images: x })
  })

  it('are grey in every channel within a black frame', () => {
    const { images, fitting } = fittedImages(ramp(1, 2, 2), [3, 4, 4])
    const plane = [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]
    expect([...images.data]).toEqual([...plane, ...plane, ...plane])
    expect(fitting).toBe('grey in 3 channels, 2×2 in a frame of 4×4')
  })

  it('are cut to the middle square and made smaller, means of pixels where the ratio is whole', () => {
    const { images, fitting } = fittedImages(full([2, 3, 6, 8], 0.25), [3, 3, 3])
    expect(images.shape).toEqual([2, 3, 3, 3])
    expect(images.data.every((v) => Math.abs(v - 0.25) < 1e-6)).toBe(true)
    expect(fitting).toBe('the middle 6×6 of 6×8 at 3×3')
    const wide = ramp(1, 4, 6)
    const { images: small } = fittedImages(wide, [1, 2, 2])
    const centre = small.data.reduce((a, b) => a + b, 0) / small.size
    expect(centre).toBeCloseTo((8 + 17) / 2, 5)
  })

  it('of other kinds are returned as they are, to be refused by name', () => {
    const colour = ramp(3, 4, 4)
    expect(fittedImages(colour, [1, 4, 4]).images).toBe(colour)
    expect(fittedImages(colour, [1, 48]).images).toBe(colour)
  })
})
