/** Data on points: the bunny and the sphere. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  BUNNY,
  imagesOnBunny,
  imagesOnMesh,
  loadBunny,
  loadMnist,
  loadTemperatures,
  loadWinds,
  padPoints,
  readClean,
  seaValid,
  selectPoints,
  sphereGrid,
  sphereLatitudes,
  sphereLongitudes,
  spherePoints,
  sphereValid,
  sphereVector,
} from '../../src/datasets/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, ndarray, rows, toNumbers, zeros } from '../../src/tensor/ndarray.ts'
import { encodeIdx } from './layouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-points-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0)

describe('padding', () => {
  it('puts zeros after the last point, and is undone by selecting', () => {
    const x = normal(stream(0, 'x'), [2, 3, 5])
    const padded = padPoints(x, 8)
    expect([padded.shape, toNumbers(padded).slice(5, 8)]).toEqual([
      [2, 3, 8],
      [0, 0, 0],
    ])
    expect(selectPoints(padded, ndarray([1, 1, 1, 1, 1, 0, 0, 0]))).toEqual(x)
    expect(toNumbers(selectPoints(ndarray([1, 2, 3, 4], [2, 2]), ndarray([0, 1])))).toEqual([2, 4])
  })

  it('refuses lengths that do not fit', () => {
    expect(() => padPoints(zeros([1, 9]), 8)).toThrow(/9 points do not fit in 8/)
    expect(() => selectPoints(zeros([1, 9]), zeros([8]))).toThrow(/x \[1,9\] and there \[8\] do not fit/)
  })
})

describe('images on a mesh', () => {
  it('are a linear ramp where the image is one: bilinear sampling is exact on it', () => {
    const [height, width] = [6, 8]
    const ramp = ndarray(
      Array.from(
        { length: height * width },
        (_, i) => 3 * ((i % width) + 0.5) - 2 * (Math.floor(i / width) + 0.5),
      ),
      [1, 1, height, width],
    )
    // a box of 2 × 1 at any depth; its corners fix where the image lies, points within half a pixel of the
    // edge take the edge's value
    const places = [
      [-1, 0],
      [1, 1],
      [0, 0.5],
      [0.3, 0.25],
      [-0.5, 0.8],
    ]
    const mesh = ndarray(
      places.flatMap(([x, y], i) => [x, y, i]),
      [places.length, 3],
    )
    const [, , ...inside] = toNumbers(imagesOnMesh(ramp, mesh))
    places.slice(2).forEach(([x, y], i) => {
      expect(inside[i]).toBeCloseTo((3 * width * (x + 1)) / 2 - 2 * height * (1 - y), 5)
    })
    expect(toNumbers(imagesOnMesh(ramp, mesh)).slice(0, 2)).toEqual([
      1.5 - 2 * 5.5, // lower left corner: last row, first column
      3 * 7.5 - 1, // upper right corner: first row, last column
    ])
  })

  it('must be grey', () => {
    expect(() => imagesOnMesh(zeros([2, 3, 4, 4]), zeros([2, 3]))).toThrow(
      /expected \[N, 1, H, W\], got \[2,3,4,4\]/,
    )
  })
})

describe('bunny', () => {
  const { vertices, faces } = loadBunny()

  it('is the mesh of 1,889 vertices, nearly all of which have a triangle', () => {
    expect([vertices.shape, faces.shape]).toEqual([
      [1889, 3],
      [3851, 3],
    ])
    const used = new Set(faces.data)
    expect([Math.min(...used), Math.max(...used), used.size]).toEqual([0, 1888, 1887])
    expect(Array.from(vertices.data.slice(0, 3))).toEqual([-0.0369122, 0.127512, 0.00276757].map(Math.fround))
    // its edges are short: neighbours on the surface
    const edge = (a: number, b: number) =>
      Math.hypot(...[0, 1, 2].map((k) => vertices.data[3 * a + k] - vertices.data[3 * b + k]))
    const longest = Math.max(
      ...Array.from({ length: 3851 }, (_, f) => edge(faces.data[3 * f], faces.data[3 * f + 1])),
    )
    expect(longest).toBeLessThan(0.03)
  })

  it('carries digits in parts that share none, padded to a multiple of 8', async () => {
    const { x, range, valid } = await readClean('bunny-mnist', { split: 'test' })
    expect([x.shape, range, BUNNY.length % 8]).toEqual([[1000, 1, 1896], [0, 1], 0])
    expect(sum(valid?.data ?? [])).toBe(1889)
    expect(x.data.every((v, i) => v >= 0 && v <= 1 && (i % 1896 < 1889 || v === 0))).toBe(true)
    const { images } = loadMnist({ split: 'all' })
    expect(rows(x, 0, 20)).toEqual(imagesOnBunny(rows(images, 9000, 9020)))
    const val = (await readClean('bunny-mnist', { split: 'val' })).x
    expect(val.shape[0]).toBe(500)
    expect(rows(val, 0, 5)).toEqual(imagesOnBunny(rows(images, 8500, 8505)))
    expect((await readClean('bunny-mnist')).x.shape[0]).toBe(8500)
  })

  it('carries images of any source', async () => {
    const path = join(folder, 'train-images-idx3-ubyte')
    const digits = encodeIdx(
      ndarray(
        Array.from({ length: 2 * 28 * 28 }, (_, i) => i % 256),
        [2, 28, 28],
        'uint8',
      ),
    )
    writeFileSync(path, digits)
    const plain = await readClean(path)
    const { x, valid } = await readClean(`bunny:${path}`)
    expect([x, valid?.shape]).toEqual([imagesOnBunny(plain.x), [1896]])
    await expect(readClean('bunny:photos')).rejects.toThrow(/expected \[N, 1, H, W\], got \[2610,3,32,32\]/)
    await expect(readClean('bunny:nothing')).rejects.toThrow(/^nothing: no such file/)
  })
})

describe('sphere', () => {
  it('has rows from pole to pole and columns from Greenwich eastward, on the unit sphere', () => {
    expect([sphereLatitudes.at(0), sphereLatitudes.at(-1), sphereLatitudes.length]).toEqual([90, -90, 46])
    expect([sphereLongitudes.at(0), sphereLongitudes.at(-1), sphereLongitudes.length]).toEqual([0, 356, 90])
    const { data } = spherePoints()
    const at = (row: number, column: number) =>
      Array.from(data.slice(3 * (90 * row + column), 3 * (90 * row + column) + 3))
    expect(at(0, 17)[2]).toBe(1)
    const [x, y, z] = at(15, 45) // 30° N, 180°
    expect([x, y, z].map((v) => v.toFixed(5))).toEqual([(-Math.sqrt(3) / 2).toFixed(5), '0.00000', '0.50000'])
    for (let p = 0; p < 4140; p++) expect(Math.hypot(...data.slice(3 * p, 3 * p + 3))).toBeCloseTo(1, 6)
  })

  it('goes from fields to vertices and back', async () => {
    const fields = normal(stream(1, 'fields'), [2, 1, 46, 90])
    const x = sphereVector(fields)
    expect(x.shape).toEqual([2, 1, 4144])
    expect(sphereGrid(x)).toEqual(fields)
    expect(selectPoints(x, sphereValid()).data).toEqual(fields.data)
    expect(() => sphereVector(zeros([2, 90, 46]))).toThrow(/expected fields \[..., 46, 90\], got \[2,90,46\]/)
    expect(() => sphereGrid(zeros([2, 4140]))).toThrow(/expected vertices \[..., 4144\], got \[2,4140\]/)
    const winds = await readClean('winds', { split: 'test' })
    expect((await readClean('grid:winds', { split: 'test' })).x).toEqual(sphereGrid(winds.x))
  })
})

describe('winds', () => {
  it('blow as they do: trade winds westward, the roaring forties eastward', () => {
    const x = sphereGrid(loadWinds('all'))
    expect(x.shape).toEqual([264, 1, 46, 90])
    const speed = (component: 0 | 1, row: number) => {
      const [low, high] = component === 0 ? [-26, 20] : [-22, 22]
      let mean = 0
      for (let n = component; n < 264; n += 2)
        mean += sum(x.data.subarray((n * 46 + row) * 90, (n * 46 + row + 1) * 90)) / 132 / 90
      return low + (high - low) * mean
    }
    const row = (latitude: number) => (90 - latitude) / 4
    expect(speed(0, row(10))).toBeLessThan(-1.5)
    expect(speed(0, row(-50))).toBeGreaterThan(4)
    expect(speed(1, row(10))).toBeLessThan(-0.5) // the north-east trade wind blows to the south
    expect(speed(1, row(-10))).toBeGreaterThan(0.5)
  })

  it('come by year: nine, one and one', () => {
    const counts = (['train', 'val', 'test'] as const).map((split) => loadWinds(split).shape)
    expect(counts).toEqual([
      [216, 1, 4144],
      [24, 1, 4144],
      [24, 1, 4144],
    ])
  })
})

describe('temperatures', () => {
  const sea = seaValid()
  const celsius = (v: number) => 38 * v - 3

  it('are those of water where there is sea, and 0 elsewhere', () => {
    expect([sea.shape, sum(sea.data)]).toEqual([[4144], 2331])
    for (const split of ['train', 'val', 'test', 'surface'] as const) {
      const x = loadTemperatures(split)
      expect(
        x.data.every((v, i) => (sea.data[i % 4144] === 0 ? v === 0 : celsius(v) >= -3.1 && celsius(v) < 33)),
      ).toBe(true)
    }
    // the middle of the Pacific is sea, the middle of Asia and the south pole are not
    const at = (latitude: number, longitude: number) => ((90 - latitude) / 4) * 90 + longitude / 4
    expect([at(-2, 200), at(46, 88), at(-90, 0)].map((p) => sea.data[p])).toEqual([1, 0, 0])
  })

  it('agree at the surface with another atlas', () => {
    const surface = loadTemperatures('surface')
    const tropics = Array.from({ length: 90 }, (_, j) => 22 * 90 + j).filter((p) => sea.data[p] === 1)
    const mean = sum(tropics.map((p) => celsius(surface.data[p]))) / tropics.length
    expect(mean).toBeGreaterThan(26)
    expect(mean).toBeLessThan(29.5)
    const warmest = celsius(loadTemperatures('train').data.reduce((a, b) => Math.max(a, b)))
    expect(warmest).toBeGreaterThan(29)
  })
})

describe('ERA5 as GASP has it', () => {
  const map = (name: string, kelvin: NdArray, latitude = sphereLatitudes) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeArrays(join(folder, name), {
      latitude: ndarray(latitude, undefined, 'float64'),
      longitude: ndarray(sphereLongitudes, undefined, 'float64'),
      temperature: kelvin,
    })
  }
  const constant = (kelvin: number) => ndarray(Array(4140).fill(kelvin), [46, 90])

  it('is read by part, in the order of names, scaled by GASP’s constants', async () => {
    map('gasp/era5_temp2m_16x_train/b.npz', constant(320.93))
    map('gasp/era5_temp2m_16x_train/a.npz', constant(202.66))
    map('gasp/era5_temp2m_16x_test/c.npz', constant((202.66 + 320.93) / 2))
    const { x, valid, range } = await readClean(join(folder, 'gasp'))
    expect([x.shape, range, sum(valid?.data ?? [])]).toEqual([[2, 1, 4144], [0, 1], 4140])
    expect([x.data[0], x.data[4144], x.data[4143]].map((v) => Number(v.toFixed(5)))).toEqual([0, 1, 0])
    const test = (await readClean(`grid:${join(folder, 'gasp')}`, { split: 'test' })).x
    expect([test.shape, test.data[7].toFixed(4)]).toEqual([[1, 1, 46, 90], '0.5000'])
    expect((await readClean(join(folder, 'gasp'), { most: 1 })).x.shape[0]).toBe(1)
    expect((await readClean(join(folder, 'gasp/era5_temp2m_16x_train'), { split: 'test' })).x.shape[0]).toBe(
      2,
    )
    await expect(readClean(join(folder, 'gasp'), { split: 'val' })).rejects.toThrow(/no maps for 'val'/)
  })

  it('refuses other grids and damaged maps, naming the field', async () => {
    map('upside/a.npz', constant(280), [...sphereLatitudes].reverse())
    await expect(readClean(join(folder, 'upside'))).rejects.toThrow(
      /a.npz: field 'latitude' must run from 90 to -90 by 4, got -90 at 0/,
    )
    map('hole/a.npz', constant(Number.NaN))
    await expect(readClean(join(folder, 'hole'))).rejects.toThrow(
      /'temperature' is not finite at flat index 0/,
    )
    mkdirSync(join(folder, 'other'))
    writeArrays(join(folder, 'other/a.npz'), { x: zeros([2]) })
    await expect(readClean(join(folder, 'other'))).rejects.toThrow(
      /field 'latitude' must be float32 or float64 \[46\], got none/,
    )
  })
})
