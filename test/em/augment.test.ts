import { describe, expect, it } from 'vitest'
import { augmented } from '../../src/em/index.ts'
import { stream } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'

const [count, height, width] = [64, 4, 5]

/** Images of two channels in which every pixel is unlike every other. */
const images = new NdArray(
  'float32',
  [count, 2, height, width],
  Float32Array.from({ length: count * 2 * height * width }, (_, i) => i),
)
const planes = ({ data, shape: [n, c, h, w] }: NdArray<'float32'>): number[][][] =>
  Array.from({ length: n * c }, (_, k) =>
    Array.from({ length: h }, (_, i) => Array.from(data.subarray((k * h + i) * w, (k * h + i + 1) * w))),
  )
const at = { lap: 1, step: 2 }
const random = stream(3, 'augment')

/** Rows of a plane as NumPy's pad(mode='reflect') extends them, by at most one size less one. */
const padded = <T>(line: readonly T[], by: number): T[] => [
  ...line.slice(1, by + 1).reverse(),
  ...line,
  ...line.slice(-by - 1, -1).reverse(),
]

describe('augmentation', () => {
  it('mirrors about half of the images, all channels of an image alike', () => {
    const before = planes(images)
    const after = planes(augmented(images, { flip: true }, random, at))
    let mirrored = 0
    for (let i = 0; i < count; i++) {
      const flipped = after[2 * i][0][0] !== before[2 * i][0][0]
      for (const k of [2 * i, 2 * i + 1])
        expect(after[k]).toEqual(flipped ? before[k].map((row) => row.toReversed()) : before[k])
      mirrored += flipped ? 1 : 0
    }
    expect(Math.abs(mirrored - count / 2)).toBeLessThan(4 * Math.sqrt(count / 4))
  })

  it('shifts are crops of the image padded by reflection, each as likely', () => {
    const by = 2
    const before = planes(images)
    const after = planes(augmented(images, { shift: by }, random, at))
    const offsets = new Set<string>()
    for (let i = 0; i < 2 * count; i++) {
      const large = padded(
        before[i].map((row) => padded(row, by)),
        by,
      )
      const crops = Array.from({ length: (2 * by + 1) ** 2 }, (_, k) => {
        const [dy, dx] = [Math.floor(k / (2 * by + 1)), k % (2 * by + 1)]
        return large.slice(dy, dy + height).map((row) => row.slice(dx, dx + width))
      })
      const found = crops.findIndex((crop) => JSON.stringify(crop) === JSON.stringify(after[i]))
      expect(found).toBeGreaterThanOrEqual(0)
      offsets.add(`${found}`)
    }
    expect(offsets.size).toBeGreaterThan(15) // of 25, in 64 images
  })

  it('depends on seed, lap and step alone, and leaves its input and other shapes as they are', () => {
    const all = { flip: true, shift: 1 }
    const copy = images.data.slice()
    const once = augmented(images, all, random, at)
    expect(augmented(images, all, stream(3, 'augment'), at).data).toEqual(once.data)
    expect(augmented(images, all, random, { lap: 1, step: 3 }).data).not.toEqual(once.data)
    expect(images.data).toEqual(copy)
    const vectors = new NdArray('float32', [3, 4], new Float32Array(12))
    expect(augmented(vectors, all, random, at)).toBe(vectors)
    expect(augmented(images, {}, random, at)).toBe(images)
  })
})
