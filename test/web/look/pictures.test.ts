/** Pictures, regions and rasters, without a browser. */
import { describe, expect, it } from 'vitest'
import { loadBunny, sphereLatitudes, sphereLongitudes } from '../../../src/datasets/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ember } from '../../../src/report/index.ts'
import { brushMarks, lassoMarks, rectangleMarks } from '../../../web/canvas/marks.ts'
import { outlinePath } from '../../../web/canvas/outline.ts'
import { coloursOf } from '../../../web/canvas/paint-plain.ts'
import { DIMMED, OUTSIDE } from '../../../web/canvas/scale.ts'
import { gridLook } from '../../../web/look/looks.ts'
import { meshRaster } from '../../../web/look/rasters/mesh-raster.ts'
import { nearestPlace } from '../../../web/look/rasters/nearest-place.ts'
import { imageRaster, nextPlace, placesMarked } from '../../../web/look/rasters/raster.ts'
import { LEVEL } from '../../../web/look/rasters/rasters.ts'
import { sphereRaster } from '../../../web/look/rasters/sphere-raster.ts'

const rowsOf = (marks: Uint8Array, width: number): string[] =>
  Array.from({ length: marks.length / width }, (_, i) => marks.subarray(i * width, (i + 1) * width).join(''))

describe('regions', () => {
  it('a rectangle has both corners, whichever comes first', () => {
    const expected = ['0000', '0110', '0110']
    expect(rowsOf(rectangleMarks([3, 4], { row: 2, column: 2 }, { row: 1, column: 1 }), 4)).toEqual(expected)
  })
  it('a lasso has its inside and its edge', () => {
    const path = [
      { row: 0, column: 2 },
      { row: 2, column: 4 },
      { row: 4, column: 2 },
      { row: 2, column: 0 },
    ]
    expect(rowsOf(lassoMarks([5, 5], path), 5)).toEqual(['00100', '01110', '11111', '01110', '00100'])
  })
  it('a lasso has what an odd number of its edges stands right of', () => {
    const [height, width] = [23, 31]
    const numbers = normal(stream(3, 'lasso'), [2, 40]).data
    const path = Array.from({ length: 40 }, (_, i) => ({
      row: Math.round(11 + 8 * numbers[i]),
      column: Math.round(15 + 10 * numbers[40 + i]),
    })).filter(({ row, column }) => row >= 0 && row < height && column >= 0 && column < width)
    const right = (row: number, column: number): number =>
      path.filter((a, i) => {
        const b = path[(i + 1) % path.length]
        const across = a.column + ((row - a.row) / (b.row - a.row)) * (b.column - a.column)
        return a.row > row !== b.row > row && column < across - 1e-9
      }).length
    const marks = lassoMarks([height, width], path)
    const edge = brushMarks([height, width], [...path, path[0]], 0)
    let inside = 0
    for (let i = 0; i < marks.length; i++) {
      const odd = right(Math.floor(i / width), i % width) % 2
      if (edge[i] === 0) inside += odd
      expect(marks[i]).toBe(edge[i] || odd)
    }
    expect(inside).toBeGreaterThan(50)
  })
  it('a brush has what is near its path', () => {
    const path = [
      { row: 1, column: 1 },
      { row: 1, column: 3 },
    ]
    expect(rowsOf(brushMarks([3, 6], path, 1), 6)).toEqual(['011100', '111110', '011100'])
  })
  it('the outline goes around it', () => {
    expect(outlinePath(Uint8Array.of(0, 0, 0, 0, 1, 1, 0, 0, 0), 3, 3)).toBe('M1 1H3M1 2H3M1 1V2M3 1V2')
    expect(outlinePath(new Uint8Array(9), 3, 3)).toBe('')
    expect(outlinePath(Uint8Array.of(1, 0, 1), 1, 3)).toBe('M0 0H1M2 0H3M0 1H1M2 1H3M0 0V1M1 0V1M2 0V1M3 0V1')
  })
})

describe('colours', () => {
  const scale = { low: 0, high: 2, map: 'ember' } as const
  const of = (values: number[], more = {}) => [
    ...coloursOf({
      values: Float32Array.from(values),
      channels: 1,
      height: 1,
      width: values.length,
      scale,
      ...more,
    }),
  ]
  it('are those of the map, at the ends and between', () => {
    const pixel = (t: number) => [...ember(t).map((c) => Math.round(255 * c)), 255]
    expect(of([-1, 0, 2, 9])).toEqual([...pixel(0), ...pixel(0), ...pixel(1), ...pixel(1)])
    expect(of([1]).slice(0, 3)).toEqual(pixel(128 / 255).slice(0, 3))
  })
  it('what was not observed, what is outside, what is below the threshold', () => {
    expect(of([Number.NaN]).slice(0, 3)).toEqual([0x5b, 0x70, 0x89])
    expect(of([OUTSIDE])).toEqual([0xb8, 0xb8, 0xb5, 255])
    expect(of([OUTSIDE], { light: Float32Array.of(0) })).toEqual([0, 0, 0, 0])
    const [bright] = of([2])
    expect(of([2], { scale: { ...scale, threshold: 3 } })[0]).toBe(Math.round(DIMMED * bright))
  })
  it('three channels are red, green and blue', () => {
    const values = Float32Array.of(0, 1, 2)
    const picture = { values, channels: 3, height: 1, width: 1, scale } as const
    expect([...coloursOf(picture)]).toEqual([0, 128, 255, 255])
  })
  it('nothing is left of what stood in their place', () => {
    const used = new Uint8ClampedArray(4).fill(77)
    const picture = { values: Float32Array.of(OUTSIDE), channels: 1, height: 1, width: 1, scale }
    expect([...coloursOf({ ...picture, light: Float32Array.of(0) }, used)]).toEqual([0, 0, 0, 0])
  })
})

describe('the sphere', () => {
  const look = gridLook(1, 46, 90)
  if (look.kind !== 'sphere') throw new Error('no sphere')
  it('has the grid of the library', () => {
    expect([...new Set(look.latitude)]).toEqual([...sphereLatitudes])
    expect([...look.longitude.subarray(0, 90)]).toEqual([...sphereLongitudes])
  })
  it('finds the nearest point', () => {
    const radians = Math.PI / 180
    const nearest = nearestPlace(look.latitude, look.longitude)
    for (let n = 0; n < 300; n++) {
      const [lat, lon] = [Math.asin(2 * ((n * 0.618) % 1) - 1) / radians, 360 * ((n * 0.414) % 1) - 180]
      const cosine = (p: number) =>
        Math.sin(lat * radians) * Math.sin(look.latitude[p] * radians) +
        Math.cos(lat * radians) *
          Math.cos(look.latitude[p] * radians) *
          Math.cos((lon - look.longitude[p]) * radians)
      let best = 0
      for (let p = 1; p < look.count; p++) if (cosine(p) > cosine(best)) best = p
      expect(cosine(nearest(lat, lon))).toBeCloseTo(cosine(best), 9)
    }
  })
  it('shows its middle in the middle, as a map and as a globe that is turned', () => {
    const [map, globe] = [LEVEL, { azimuth: 40, elevation: 30, globe: true }].map(sphereRaster(look))
    const middle = ({ places, width, height }: typeof map) => places[(height >> 1) * width + (width >> 1)]
    expect(look.longitude[middle(map)]).toBe(0)
    expect(Math.abs(look.latitude[middle(map)])).toBe(2)
    expect([look.latitude[middle(globe)], look.longitude[middle(globe)]]).toEqual([30, 40])
    expect(globe.pixelOf(look.latitude.indexOf(-90))).toBeUndefined()
    expect(map.places[0]).toBe(-1)
    const values = Float32Array.from(look.latitude)
    const sampled = map.sample(values, 1)
    expect(sampled[0]).toBe(OUTSIDE)
    expect(Math.abs(sampled[(map.height >> 1) * map.width + 7])).toBe(2)
  })
})

describe('a mesh', () => {
  const { vertices, faces } = loadBunny()
  const maker = meshRaster({
    kind: 'mesh',
    channels: 1,
    vertices: vertices.data,
    faces: Uint32Array.from(faces.data),
  })
  it('shows the nearest vertex and, between vertices, what is linear', () => {
    const raster = maker(LEVEL)
    const along = Float32Array.from({ length: vertices.shape[0] }, (_, v) => vertices.data[3 * v])
    const sampled = raster.sample(along, 1)
    // x grows to the right at the same pace everywhere.
    const row = 180
    const seen = Array.from({ length: raster.width }, (_, j) => j).filter(
      (j) => raster.places[row * raster.width + j] >= 0,
    )
    const [a, b] = [seen[3], seen[seen.length - 4]]
    const pace = (sampled[row * raster.width + b] - sampled[row * raster.width + a]) / (b - a)
    for (const j of seen.slice(3, -3))
      expect(sampled[row * raster.width + j]).toBeCloseTo(sampled[row * raster.width + a] + pace * (j - a), 4)
  })
  it('turned around it shows other vertices', () => {
    const [front, back] = [LEVEL, { ...LEVEL, azimuth: 180 }].map(maker)
    const [before, behind] = [front, back].map(({ places }) => new Set(places))
    const both = [...before].filter((v) => v >= 0 && behind.has(v))
    expect(both.length).toBeLessThan(0.4 * before.size)
  })
})

describe('rasters', () => {
  it('marks of pixels are marks of places', () => {
    const { plain: _, ...own } = imageRaster(1, 4)
    const raster = { ...own, places: Int32Array.of(-1, 0, 0, 1) }
    expect([...placesMarked(raster, Uint8Array.of(1, 0, 1, 0), 2)]).toEqual([1, 0])
    expect(nextPlace(raster, { row: 0, column: 1 }, { row: 0, column: 2 })).toBe(1)
    expect(nextPlace(raster, { row: 0, column: 3 }, { row: 0, column: 3 })).toBe(1)
  })
})
