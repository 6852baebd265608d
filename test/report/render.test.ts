/** Meshes and globes as pictures, on shapes of which every pixel is known. */
import { describe, expect, it } from 'vitest'
import { loadBunny, type Mesh, SPHERE, sphereLatitudes, sphereLongitudes } from '../../src/datasets/index.ts'
import {
  clay,
  colormapOf,
  ember,
  globeRenderer,
  meshRenderer,
  type Picture,
  pngOf,
  pointStrips,
  type Rgb,
  renderGlobe,
  renderMesh,
  thermal,
  unobservedColor,
} from '../../src/report/index.ts'
import { full, type NdArray, ndarray, zeros } from '../../src/tensor/index.ts'

const pixel = ({ data, shape: [, height, width] }: Picture, row: number, column: number): Rgb => {
  const at = (c: number) => data[(c * height + row) * width + column]
  return [at(0), at(1), at(2)]
}
const expectColour = (found: Rgb, wanted: Rgb, tolerance = 2e-3) =>
  found.forEach((v, c) => {
    expect(Math.abs(v - wanted[c])).toBeLessThan(tolerance)
  })

const grey = colormapOf(['#000000', '#ffffff'])
const plain = { shaded: false, margin: 0, colormap: grey } as const
const black: Rgb = [0, 0, 0]
const white: Rgb = [1, 1, 1]

/** Squares facing the viewer: [left, bottom, side, depth]. */
const squares = (...list: readonly (readonly [number, number, number, number])[]): Mesh => ({
  vertices: ndarray(
    list.flatMap(([x, y, side, z]) => [x, y, z, x + side, y, z, x + side, y + side, z, x, y + side, z]),
    [4 * list.length, 3],
  ),
  faces: ndarray(
    list.flatMap((_, k) => [0, 1, 2, 0, 2, 3].map((v) => 4 * k + v)),
    [2 * list.length, 3],
    'int32',
  ),
})

describe('renderMesh', () => {
  it('covers just the pixels of a square, and leaves the margin', () => {
    const picture = renderMesh(squares([0, 0, 1, 0]), [0, 0, 0, 0], { ...plain, size: 20, margin: 0.2 })
    for (let i = 0; i < 20; i++)
      for (let j = 0; j < 20; j++) {
        const inside = i >= 4 && i < 16 && j >= 4 && j < 16
        expectColour(pixel(picture, i, j), inside ? black : white)
      }
  })

  it('mixes the colours of a pixel half covered', () => {
    // the left square ends in the middle of column 7 of 15
    const picture = renderMesh(squares([0, 0, 1, 0], [1, 0, 1, 0]), [0, 0, 0, 0, 1, 1, 1, 1], {
      ...plain,
      size: 15,
    })
    expectColour(pixel(picture, 7, 7), [0.5, 0.5, 0.5])
    expectColour(pixel(picture, 7, 6), black)
    expectColour(pixel(picture, 7, 8), white)
  })

  it('goes linearly from vertex to vertex, up is up', () => {
    const picture = renderMesh(squares([0, 0, 1, 0]), [0, 1, 1, 0], { ...plain, size: 40 })
    for (const j of [0, 9, 25, 39]) expectColour(pixel(picture, 11, j), grey((j + 0.5) / 40))
  })

  it('shows the nearer of two faces, whichever comes first', () => {
    const far: readonly [number, number, number, number] = [0, 0, 1, 0]
    const near: readonly [number, number, number, number] = [0.25, 0.25, 0.5, 1]
    const one = renderMesh(squares(far, near), [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5], { ...plain, size: 16 })
    const other = renderMesh(squares(near, far), [0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0], { ...plain, size: 16 })
    expect(one).toEqual(other)
    expectColour(pixel(one, 8, 8), [0.5, 0.5, 0.5])
    expectColour(pixel(one, 1, 1), black)
    // from behind, the far one hides it
    const behind = renderMesh(squares(far, near), [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5], {
      ...plain,
      size: 16,
      view: { azimuth: 180 },
    })
    expectColour(pixel(behind, 8, 8), black)
  })

  it('is narrower from the side, and keeps left and right', () => {
    const axes: Mesh = squares([0, 0, 1, 0])
    // from azimuth 90 the viewer looks along −x at the edge of the square: nothing of it is wide
    const edge = renderMesh(axes, [0, 0, 0, 0], { ...plain, size: 16, view: { azimuth: 90 } })
    expect(edge.data.filter((v) => v < 0.5).length).toBeLessThanOrEqual(3 * 2 * 16)
    const turned = renderMesh(axes, [0, 1, 1, 0], { ...plain, size: 32, view: { azimuth: 60 } })
    const row = Array.from({ length: 32 }, (_, j) => pixel(turned, 16, j)[0]).filter((v) => v < 0.999)
    expect(row.length).toBeGreaterThan(14) // cos 60° of 32, less what is white by value
    expect(row.length).toBeLessThan(18)
    expect(row[2]).toBeLessThan(row[row.length - 2])
  })

  it('leaves what is missing in its colour, up to half-way to the next vertex', () => {
    const picture = renderMesh(squares([0, 0, 1, 0]), [Number.NaN, 0, 0, Number.NaN], { ...plain, size: 40 })
    expectColour(pixel(picture, 20, 3), unobservedColor)
    expectColour(pixel(picture, 20, 36), black)
  })

  it('is lit by its shape: facing the light more than turned away, and the same inside out', () => {
    const lit = (azimuth: number) =>
      pixel(renderMesh(squares([0, 0, 1, 0]), [0, 0, 0, 0], { size: 16, view: { azimuth } }), 8, 8)[0]
    expect(lit(30)).not.toBeCloseTo(lit(-30), 2)
    expect(lit(0)).toBeLessThan(clay(0)[0])
    expect(lit(0)).toBeGreaterThan(0.5 * clay(0)[0])
    const { vertices, faces } = squares([0, 0, 1, 0])
    const reversed = { vertices, faces: ndarray(Array.from(faces.data).reverse(), faces.shape, 'int32') }
    expect(renderMesh(reversed, [0, 0, 0, 0], { size: 16 })).toEqual(
      renderMesh(squares([0, 0, 1, 0]), [0, 0, 0, 0], { size: 16 }),
    )
  })

  it('draws the bunny with its ears up and its head at the left', () => {
    const bunny = renderMesh(loadBunny(), zeros([1896]).data, { size: 64, margin: 0 })
    const ink = (row: number, from: number, to: number) =>
      Array.from({ length: to - from }, (_, j) => pixel(bunny, row, from + j)[0]).filter((v) => v < 0.97)
        .length
    expect(ink(4, 0, 40)).toBeGreaterThan(4) // ears
    expect(ink(4, 40, 64)).toBe(0)
    expect(ink(22, 0, 14)).toBeGreaterThan(8) // the face
    expect(ink(60, 0, 64)).toBeGreaterThan(30)
    expect(pngOf(bunny).length).toBeGreaterThan(500)
  })

  it('needs a value for each vertex', () => {
    expect(() => renderMesh(loadBunny(), [1, 2])).toThrow(/2 values for 1889 vertices/)
  })
})

/** The value of each point of the grid. */
const field = (value: (latitude: number, longitude: number) => number): number[] =>
  sphereLatitudes.flatMap((latitude) => sphereLongitudes.map((longitude) => value(latitude, longitude)))

describe('renderGlobe', () => {
  const smooth = (latitude: number, longitude: number) =>
    0.5 + 0.3 * Math.sin((latitude * Math.PI) / 180) + 0.2 * Math.cos(((longitude - 40) * Math.PI) / 180)

  it.each([
    [0, 0],
    [40, 100],
    [-62, 302],
    [8, -122],
  ])('shows in its centre the field below the viewer: %d° N %d° E', (latitude, longitude) => {
    const globe = renderGlobe(field(smooth), { ...plain, size: 51, latitude, longitude })
    expectColour(pixel(globe, 25, 25), grey(smooth(latitude, longitude)), 3e-3)
  })

  it('has north up and east to the right, by the orthographic projection', () => {
    const size = 101
    const latitudes = renderGlobe(
      field((latitude) => (latitude + 90) / 180),
      { ...plain, size, latitude: 0 },
    )
    for (const row of [10, 30, 50, 70, 90]) {
      const north = (Math.asin((50 - row) / 50.5) * 180) / Math.PI
      expectColour(pixel(latitudes, row, 50), grey((north + 90) / 180), 6e-3)
    }
    const longitudes = renderGlobe(
      field((_, longitude) => ((longitude + 180) % 360) / 360),
      { ...plain, size, latitude: 0 },
    )
    for (const column of [15, 35, 50, 80]) {
      const east = (Math.asin((column - 50) / 50.5) * 180) / Math.PI
      expectColour(pixel(longitudes, 50, column), grey((east + 180) / 360), 6e-3)
    }
  })

  it('is a disc on its background, without a seam at Greenwich', () => {
    const globe = renderGlobe(
      field(() => 0.25),
      { ...plain, size: 40, background: [0, 1, 0] },
    )
    expectColour(pixel(globe, 0, 0), [0, 1, 0])
    for (let j = 3; j < 37; j++) expectColour(pixel(globe, 20, j), grey(0.25))
  })

  it('leaves what is missing grey, and does not let it leak', () => {
    const half = field((_, longitude) => (longitude > 180 ? Number.NaN : 1))
    const globe = renderGlobe(half, { ...plain, size: 41, latitude: 0 })
    expectColour(pixel(globe, 20, 10), [0.72, 0.72, 0.71])
    expectColour(pixel(globe, 20, 30), white)
    expectColour(pixel(globe, 20, 21), white)
  })

  it('is darker towards the edge, and has lines every 30 degrees', () => {
    const globe = renderGlobe(
      field(() => 1),
      { size: 200, latitude: 0, colormap: grey },
    )
    const at = (column: number) => pixel(globe, 85, column)[0]
    expect(at(110)).toBeGreaterThan(at(190))
    expect(at(99)).toBeLessThan(0.95 * at(106)) // the meridian of Greenwich
  })

  it('needs a value for each point', () => {
    expect(() => renderGlobe([1, 2, 3])).toThrow(/3 values for 4140 points/)
  })
})

describe('pointStrips', () => {
  const [K, N, V] = [2, 3, 8]
  const mesh = squares([0, 0, 1, 0])
  const mask = full([N, 1, V], 1)
  mask.data.set([0, 1, 1, 0], V) // of the second item, the left side was not seen
  const valid = ndarray([1, 1, 1, 1, 0, 0, 0, 0])
  const std = full([N, 1, V], 0.1)
  for (let i = 0; i < N; i++) std.data.fill(9, i * V + 4, (i + 1) * V) // padding spreads as it likes
  const restoration = {
    y: full([N, 1, V], 0.25),
    mask,
    draws: full([K, N, 1, V], 0.75),
    mean: full([N, 1, V], 0.5),
    std,
    truth: full([N, 1, V], 1),
    valid,
  }
  const render = meshRenderer(mesh, { ...plain, size: 20 })

  it('has a picture for each column, and shows what was not observed', () => {
    const { columns, rows, spreadTop } = pointStrips(restoration, render, {
      images: [1],
      label: (i) => `item ${i}`,
    })
    expect(columns).toEqual(['observed', 'mean', 'draw 1', 'draw 2', 'spread', 'truth'])
    expect([rows.length, rows[0].label, spreadTop]).toEqual([1, 'item 1', Math.fround(0.1)])
    const [observed, mean, draw, , spread, truth] = rows[0].pictures.map((p) => [
      pixel(p, 10, 3),
      pixel(p, 10, 17),
    ])
    expectColour(observed[0], unobservedColor)
    expectColour(observed[1], grey(0.25))
    for (const k of [0, 1]) {
      expectColour(mean[k], grey(0.5))
      expectColour(draw[k], grey(0.75))
      expectColour(spread[k], ember(1))
      expectColour(truth[k], white)
    }
  })

  it('shows globes, with land in grey', () => {
    const globe = (value: number): NdArray => full([1, 1, SPHERE.length], value)
    const land = zeros([SPHERE.length])
    const { rows } = pointStrips(
      { y: globe(1), draws: full([1, 1, 1, SPHERE.length], 1), mean: globe(1), std: globe(1), valid: land },
      globeRenderer({ size: 20, shaded: false }),
    )
    expect(rows[0].pictures.map((p) => pixel(p, 10, 10)[0].toFixed(2))).toEqual(Array(4).fill('0.72'))
    expectColour(
      pixel(globeRenderer({ size: 20, shaded: false })(Array(SPHERE.points).fill(0.5)), 10, 10),
      thermal(0.5),
    )
  })

  it('refuses arrays that do not fit', () => {
    expect(() => pointStrips({ ...restoration, mask: zeros([N, 1, 4]) }, render)).toThrow(/mask \[3,1,4\]/)
    expect(() => pointStrips({ ...restoration, std: zeros([N, 1, 4]) }, render)).toThrow(
      /std \[3,1,4\] do not fit/,
    )
  })
})
