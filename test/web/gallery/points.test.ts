/** Points instead of pixels: where they lie, their masks, the brush on them, padding. */
import { describe, expect, it } from 'vitest'
import { loadBunny, sphereLatitudes, sphereLongitudes, spherePoints } from '../../../src/datasets/index.ts'
import { encodeNpz } from '../../../src/formats/index.ts'
import { NdArray, zeros } from '../../../src/tensor/index.ts'
import type { Manifest } from '../../../web/engine/manifest.ts'
import { type Domain, lookIn, shapeIn } from '../../../web/gallery/domain.ts'
import { examplesOf } from '../../../web/gallery/examples.ts'
import { firstMask, firstMasks } from '../../../web/gallery/first-masks.ts'
import { brushOf } from '../../../web/gallery/pad/brushes.ts'
import { pointStroke } from '../../../web/gallery/pad/point-brush.ts'
import { withoutPadding, withPadding } from '../../../web/gallery/padding.ts'
import { spreadOf, widestOf } from '../../../web/gallery/spread.ts'
import { LEVEL } from '../../../web/look/rasters/rasters.ts'
import { sphereRaster } from '../../../web/look/rasters/sphere-raster.ts'
import { resultOf } from '../../../web/look/result.ts'

const erasedIn = (mask: Float32Array): number[] => [...mask.keys()].filter((i) => mask[i] < 0.5)
const seen = (count: number): Float32Array => new Float32Array(count).fill(1)

const sphere = { kind: 'points', coordinates: spherePoints().data } as const satisfies Domain
const COUNT = 4140

describe('a stroke over points', () => {
  // Five points on a line, one unit apart.
  const line = Float32Array.from({ length: 15 }, (_, i) => (i % 3 === 0 ? i / 3 : 0))

  it.each([
    [0, [2]],
    [0.99, [2]],
    [1, [1, 2, 3]],
    [9, [0, 1, 2, 3, 4]],
  ])('of radius %f erases %j', (radius, erased) => {
    const mask = seen(5)
    expect(erasedIn(pointStroke(mask, line, { over: [2], radius, seen: false }))).toEqual(erased)
    expect(mask).toEqual(seen(5))
  })

  it('over several points is all of their discs, and restores', () => {
    const none = new Float32Array(5)
    const painted = pointStroke(none, line, { over: [0, 3], radius: 1, seen: true })
    expect([...painted]).toEqual([1, 1, 1, 1, 1])
    expect([...pointStroke(none, line, { over: [], radius: 1, seen: true })]).toEqual([0, 0, 0, 0, 0])
  })

  it('of 26° on the map erases the points within 13° of the one under it', () => {
    const look = lookIn(sphere)
    if (look.kind !== 'sphere') throw new Error('no sphere')
    const raster = sphereRaster(look)(LEVEL)
    const { paint, words } = brushOf(sphere)
    const middle = { row: raster.height >> 1, column: raster.width >> 1 }
    const painted = paint(seen(COUNT), { raster, from: middle, to: middle, size: 26, seen: false })
    const centre = raster.places[middle.row * raster.width + middle.column]
    const [a, b] = [look.latitude[centre], look.longitude[centre]]
    expect(Math.abs(a)).toBeCloseTo(2, 4)
    expect(b).toBe(0)
    const radians = (degrees: number) => (degrees * Math.PI) / 180
    // The angle between two places by the spherical law of cosines.
    const within = Array.from({ length: COUNT }, (_, i) => i).filter((i) => {
      const [north, east] = [radians(look.latitude[i]), radians(look.longitude[i])]
      const cosine =
        Math.sin(radians(a)) * Math.sin(north) + Math.cos(radians(a)) * Math.cos(north) * Math.cos(east)
      return Math.acos(Math.min(1, cosine)) <= radians(13)
    })
    expect(within.length).toBeGreaterThan(20)
    expect(erasedIn(painted)).toEqual(within)
    expect(words(26)).toBe('26°')
    // Beside the map there is nothing to paint.
    const corner = { row: 0, column: 0 }
    expect(paint(seen(COUNT), { raster, from: corner, to: corner, size: 26, seen: false })).toEqual(
      seen(COUNT),
    )
  })
})

describe('masks of points to begin with', () => {
  const kept = (name: string, seed: number) =>
    firstMask(sphere, name, seed).reduce((sum, value) => sum + value, 0)

  it('keep exactly what they say, and depend on the seed alone', () => {
    expect(firstMasks(sphere).map(({ name }) => name)).toEqual(['few', 'patch', 'both', 'nothing'])
    for (const seed of [0, 1]) {
      expect(kept('few', seed)).toBe(COUNT / 4)
      expect(kept('patch', seed)).toBe(0.6 * COUNT)
      expect(kept('both', seed)).toBe(0.3 * COUNT)
      expect(kept('nothing', seed)).toBe(COUNT)
    }
    expect(firstMask(sphere, 'patch', 1)).toEqual(firstMask(sphere, 'patch', 1))
    expect(firstMask(sphere, 'patch', 1)).not.toEqual(firstMask(sphere, 'patch', 2))
    expect(firstMask(sphere, 'none of them', 1)).toEqual(seen(COUNT))
  })
})

describe('where points lie', () => {
  it('on the sphere is latitude and longitude', () => {
    const look = lookIn(sphere)
    if (look.kind !== 'sphere') throw new Error('no sphere')
    const off = (a: number, b: number) => Math.abs(((((a - b + 180) % 360) + 360) % 360) - 180)
    for (let i = 90; i < COUNT - 90; i++) {
      expect(look.latitude[i]).toBeCloseTo(sphereLatitudes[Math.floor(i / 90)], 3)
      expect(off(look.longitude[i], sphereLongitudes[i % 90])).toBeLessThan(1e-3)
    }
  })

  it('is told by files that the page saves', () => {
    const draws = zeros([2, 1, 1, COUNT])
    expect(resultOf({ draws, coordinates: spherePoints() }, 'winds.npz').look).toMatchObject({
      kind: 'sphere',
      channels: 1,
      count: COUNT,
    })
    const { vertices, faces } = loadBunny()
    const onBunny = { draws: zeros([2, 1, 1, 1889]), coordinates: vertices, faces }
    expect(resultOf(onBunny, 'bunny.npz').look.kind).toBe('mesh')
    // Points that are on no sphere say nothing without faces.
    expect(resultOf({ draws: onBunny.draws, coordinates: vertices }, 'bunny.npz').look.kind).toBe('series')
  })
})

it('padding is put behind each signal and taken away again', () => {
  const signals = Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0)
  expect([...withoutPadding(signals, 3, 1)]).toEqual([1, 2, 3, 4, 5, 6])
  expect(withoutPadding(signals, 4, 0)).toBe(signals)
  expect([...withPadding(Float32Array.of(1, 2), 2)]).toEqual([1, 2, 0, 0])
})

it('the spread of colours is the root of their mean variance', () => {
  // Two places, three channels: variances 1, 4, 1 and 0, 9, 0.
  const spread = spreadOf(Float32Array.of(1, 0, 2, 3, 1, 0), 2)
  expect(spread[0]).toBeCloseTo(Math.sqrt(2), 6)
  expect(spread[1]).toBeCloseTo(Math.sqrt(3), 6)
  // Two signals of one channel: (0, 1) and (2, 1) differ at the first place alone, by a deviation of √2.
  expect(widestOf(Float32Array.of(0, 1, 2, 1), 2, 2)).toBeCloseTo(Math.SQRT2, 6)
})

describe('examples', () => {
  const manifest: Manifest = {
    inputs: [],
    outputs: [{ name: 'x', shape: [2, 1, 8] }],
    draws: 2,
    range: [0, 2],
  }
  const bytes = (rows: number) =>
    new NdArray(
      'uint8',
      [rows, 1, 8],
      Uint8Array.from({ length: 8 * rows }, (_, i) => (i % 8 < 6 ? 255 : 0)),
    )
  const corners = Float32Array.of(1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1)
  const six = {
    images: bytes(3),
    first: bytes(2),
    firstRange: new NdArray('float32', [2], Float32Array.of(0, 1)),
    coordinates: new NdArray('float32', [6, 3], corners),
  }
  const read = (arrays: Record<string, NdArray>) => examplesOf(encodeNpz(arrays), manifest)

  it('of points know where they lie, and leave padding out', () => {
    const { domain, padding, signals, first, count } = read(six)
    expect({ padding, count }).toEqual({ padding: 2, count: 3 })
    expect(shapeIn(domain)).toEqual([1, 6])
    expect([...signals]).toEqual(new Array(18).fill(2))
    expect([...first]).toEqual(new Array(12).fill(1))
  })

  it('of a mesh have its faces', () => {
    const faces = new NdArray('int32', [1, 3], Int32Array.of(0, 2, 4))
    expect(read({ ...six, faces }).domain).toMatchObject({ faces: Uint32Array.of(0, 2, 4) })
  })

  it.each<[string, Record<string, NdArray>, RegExp]>([
    [
      'faces of no points',
      { faces: new NdArray('int32', [1, 3], Int32Array.of(0, 2, 6)) },
      /of the 6 points/,
    ],
    ['points of another sampler', { coordinates: zeros([9, 3]) }, /of 9 points, the sampler is of 8/],
    ['points in the plane', { coordinates: zeros([6, 2]) }, /finite numbers \[N, 3\], got \[6,2\]/],
    ['draws of another size', { first: zeros([2, 1, 6]) }, /'first' must be uint8 \[N, 1, 8\]/],
  ])('with %s are refused in one line', (_, over, message) => {
    expect(() => read({ ...six, ...over })).toThrow(message)
  })

  it('of points without places are refused', () => {
    const { coordinates: _, ...without } = six
    expect(() => read(without)).toThrow("'coordinates' [N, 3] say where the points lie")
  })
})
