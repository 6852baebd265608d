import { describe, expect, it } from 'vitest'
import { stream } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { recoloured } from '../../src/training/augmentation.ts'
import { augmented } from '../../src/training/index.ts'

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

describe('augmentation of colours', () => {
  const close = (colour: readonly number[], expected: readonly number[]) =>
    colour.forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k], 12)
    })

  it('turns the hue around the circle: red, yellow, green, cyan, blue, magenta', () => {
    const circle = [
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
      [1, 0, 1],
    ] as const
    circle.forEach((colour, i) => {
      for (let turns = -6; turns <= 6; turns++)
        close(recoloured(colour, turns / 6, 1), circle[(i + turns + 6) % 6])
    })
    // orange is 30°, half way from red to yellow; a twelfth of a turn more is yellow
    close(recoloured([0.8, 0.4, 0], 1 / 12, 1), [0.8, 0.8, 0])
  })

  it('scales the saturation towards white of the same value, and stops at the full', () => {
    close(recoloured([0.8, 0.4, 0.6], 0, 0.5), [0.8, 0.6, 0.7])
    close(recoloured([0.8, 0.4, 0.6], 0, 0), [0.8, 0.8, 0.8])
    close(recoloured([0.8, 0.4, 0.6], 0, 5), [0.8, 0, 0.4])
    close(recoloured([0.5, 0.5, 0.5], 0.3, 2), [0.5, 0.5, 0.5])
  })

  it('leaves colours beyond the cube where they are, and undoes itself', () => {
    close(recoloured([1.2, -0.1, 0.3], 0, 1), [1.2, -0.1, 0.3])
    close(recoloured(recoloured([1.1, 0.2, 0.5], 0.13, 1), -0.13, 1), [1.1, 0.2, 0.5])
  })

  it('changes an image as a whole, by as much as was said, in the units of the prior', () => {
    // one colour an image: hue 0 (red to white), value 0.75, saturation 2/3
    const [r, gb] = [4 * 0.75 - 2, 4 * 0.25 - 2]
    const red = new NdArray(
      'float32',
      [500, 3, 2, 2],
      Float32Array.from({ length: 6000 }, (_, i) => (i % 12 < 4 ? r : gb)),
    )
    const { data } = augmented(red, { saturation: 0.05, hue: 0.01 }, random, at)
    const gains: number[] = []
    const turns: number[] = []
    for (let i = 0; i < 500; i++) {
      const [first, ...rest] = Array.from({ length: 4 }, (_, p) =>
        [0, 1, 2].map((k) => (data[12 * i + 4 * k + p] + 2) / 4),
      )
      for (const other of rest) expect(other).toEqual(first)
      const [red, green, blue] = first
      expect(red).toBeCloseTo(0.75, 6)
      const chroma = red - Math.min(green, blue)
      gains.push(chroma / 0.5)
      turns.push((green - blue) / chroma / 6)
    }
    for (const [values, from, to] of [
      [gains, 0.95, 1.05],
      [turns, -0.01, 0.01],
    ] as const) {
      const span = to - from
      expect(Math.min(...values)).toBeGreaterThan(from - 1e-5)
      expect(Math.min(...values)).toBeLessThan(from + 0.05 * span)
      expect(Math.max(...values)).toBeLessThan(to + 1e-5)
      expect(Math.max(...values)).toBeGreaterThan(to - 0.05 * span)
    }
  })

  it('refuses images without colours', () => {
    expect(() => augmented(images, { hue: 0.01 }, random, at)).toThrow(
      /augment: hue and saturation need images of 3 channels, got 2/,
    )
  })
})
