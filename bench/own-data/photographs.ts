/** Patches of photographs that no prior of the package has seen. */
import { join } from 'node:path'
import { TweedieError } from '../../src/error.ts'
import { decodeJpeg, decodePng, readBytes } from '../../src/formats/index.ts'
import { boxMasks } from '../../src/operators/index.ts'
import { bernoulli, stream } from '../../src/random/index.ts'
import type { NdArray } from '../../src/tensor/index.ts'
import { masked, noisy } from './masked.ts'
import { type Item, type OwnSet, shuffled, stacked } from './own-set.ts'
import { debianPackage } from './packages.ts'

const SIDE = 32

/** Photographs of each package; its other pictures are drawn. */
const PHOTOGRAPHS = {
  'mate-backgrounds': {
    folder: 'usr/share/backgrounds/mate',
    names: [
      ...['Aqua', 'Blinds', 'Dune', 'FreshFlower', 'Garden', 'GreenMeadow', 'LadyBird', 'RainDrops'],
      ...['Storm', 'TwoWings', 'Wood', 'YellowFlower'],
    ].map((name) => `nature/${name}.jpg`),
  },
  'python3-skimage': {
    folder: 'usr/lib/python3/dist-packages/skimage/data',
    names: ['astronaut.png', 'chelsea.png', 'coffee.png', 'motorcycle_left.png', 'rocket.jpg'],
  },
} as const

/** Photographs are averaged down to about this many pixels on their longer side. */
const LONGEST = 320

/** Photographs that are judged, and patches of each; of the others. */
const [JUDGED, EACH, EACH_LEARNED] = [8, 12, 90]

/** Patches whose standard deviation is less are sky: left out, as for the prior that ships. */
const FLAT = 4 / 255

const NOISE = 0.03

const decoded = (path: string): NdArray<'float32'> => {
  const bytes = readBytes(path)
  return path.endsWith('.png') ? decodePng(bytes, path) : decodeJpeg(bytes, path)
}

/** Means of squares of pixels. */
const reduced = ({ shape, data }: NdArray<'float32'>) => {
  const [channels, h, w] = shape
  const f = Math.max(1, Math.round(Math.max(h, w) / LONGEST))
  const [height, width] = [Math.floor(h / f), Math.floor(w / f)]
  const values = Float32Array.from({ length: channels * height * width }, (_, i) => {
    const [c, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width]
    let sum = 0
    for (let y = f * row; y < f * row + f; y++)
      for (let x = f * column; x < f * column + f; x++) sum += data[(c * h + y) * w + x]
    return sum / (f * f)
  })
  return { channels, height, width, values }
}

const deviation = (values: Float32Array): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)
}

/** Patches side by side, in a fixed random order. */
const patchesOf = (path: string): Item[] => {
  const { channels, height, width, values } = reduced(decoded(path))
  if (channels !== 3) throw new TweedieError('input', `${path}: expected colours, got ${channels} channel`)
  const corners = Array.from({ length: Math.floor(height / SIDE) * Math.floor(width / SIDE) }, (_, i) => {
    const columns = Math.floor(width / SIDE)
    return [SIDE * Math.floor(i / columns), SIDE * (i % columns)]
  })
  const patch = ([top, left]: readonly number[]) =>
    Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
      const [c, row, column] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE]
      return values[(c * height + top + row) * width + left + column]
    })
  const all = corners.map((corner) => ({ values: patch(corner), part: path }))
  return shuffled(
    all.filter((item) => deviation(item.values) > FLAT),
    'patches',
  )
}

/** A third each: a box, lines of pixels, half of the pixels. */
const hiding = (count: number): Item[] => {
  const boxes = boxMasks(count, { height: SIDE, width: SIDE, size: 14, margin: 2, seed: 0 }).data
  const lines = bernoulli(stream(0, 'own data lines'), 0.6, [count, SIDE]).data
  const pixels = bernoulli(stream(0, 'own data pixels'), 0.5, [count, SIDE * SIDE]).data
  return Array.from({ length: count }, (_, i) => {
    const from = i * SIDE * SIDE
    const values = Float32Array.from({ length: SIDE * SIDE }, (_p, p) => {
      if (i % 3 === 0) return boxes[from + p]
      if (i % 3 === 1) return Number(lines[i * SIDE + Math.floor(p / SIDE)])
      return Number(pixels[from + p])
    })
    return { values, part: '' }
  })
}

export const photographs: OwnSet = {
  name: 'photographs',
  summary:
    'patches of 17 colour photographs (32×32), split by photograph; a box, 40 % of the lines or half ' +
    'of the pixels missing, noise 0.03; deb mate-backgrounds, python3-skimage',
  unit: 'dB',
  cut: async () => {
    const paths = Object.entries(PHOTOGRAPHS).flatMap(([name, { folder, names }]) =>
      names.map((file) => join(debianPackage(name), folder, file)),
    )
    const photos = shuffled(paths, 'photographs').map(patchesOf)
    const judged = photos.slice(0, JUDGED).flatMap((patches) => patches.slice(0, EACH))
    const others = photos.slice(JUDGED).flatMap((patches) => patches.slice(0, EACH_LEARNED))
    const all = [...shuffled(others, 'patches of all'), ...judged]
    const event = [3, SIDE, SIDE]
    return {
      set: masked(noisy(stacked(all, event), NOISE), {
        mask: stacked(hiding(all.length), [1, SIDE, SIDE]),
        noise: NOISE,
        range: [0, 1],
      }),
      learned: others.length,
      truth: stacked(judged, event),
      parts: judged.map(({ part }) => part),
    }
  },
}
