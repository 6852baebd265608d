/** Own arrays as what they are: series, grids on the globe, points, irregular times. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { networkConfigOf } from '../../../src/cli/config/building.ts'
import { experimentSchema } from '../../../src/cli/config/schema.ts'
import { placesOf } from '../../../src/em/places.ts'
import { writeArrays } from '../../../src/formats/index.ts'
import { network } from '../../../src/nn/index.ts'
import {
  observationsFromArrays,
  onTimeGrid,
  pointsOf,
  readMesh,
  readObservations,
  writeObservations,
} from '../../../src/observations/index.ts'
import { headerOf, networkHeader } from '../../../src/run/network-header.ts'
import { NdArray, ndarray, type Shape } from '../../../src/tensor/index.ts'
import { wave, waveOf } from '../../numbers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-layout-'))
afterAll(() => rmSync(folder, { recursive: true }))

const float = (values: readonly number[], shape: Shape) =>
  new NdArray('float32', shape, Float32Array.from(values))
const save = (name: string, arrays: Readonly<Record<string, NdArray>>): string => {
  const path = join(folder, name)
  writeArrays(path, arrays)
  return path
}
const range = [-1, 1] as const
/** Through a file. */
const kept = (set: Parameters<typeof writeObservations>[1]) => {
  const path = join(folder, 'kept.npz')
  writeObservations(path, set)
  return readObservations(path)
}

describe('several series', () => {
  it('are no images', () => {
    const y = save('series.npy', { y: waveOf([4, 2, 13], 1) })
    expect(observationsFromArrays(y, undefined, 0.1, range).operator.event).toEqual([1, 2, 13])
    const set = kept(observationsFromArrays(y, undefined, 0.1, range, { view: 'signal' }))
    expect(set).toMatchObject({ operator: { event: [2, 13] }, view: { kind: 'signal' } })
    const one = save('one.npy', { y: waveOf([4, 13], 1) })
    expect(observationsFromArrays(one, undefined, 0.1, range, { view: 'signal' }).operator.event).toEqual([
      1, 13,
    ])
  })

  it('at times of their own lie on a regular grid', () => {
    const y = float([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 4])
    const { y: grid, mask, start, step } = onTimeGrid(y, { at: ndarray([10, 10.5, 11.6, 13]) })
    expect([start, step]).toEqual([10, 0.5])
    expect(Array.from(grid.data)).toEqual([1, 2, 0, 3, 0, 0, 4, 5, 6, 0, 7, 0, 0, 8])
    expect(Array.from(mask.data.subarray(0, 7))).toEqual([1, 1, 0, 1, 0, 0, 1])
    const own = onTimeGrid(
      y,
      { at: ndarray([0, 1, 2, 3, 1, 2, 3, 5], [2, 4]), every: 1 },
      float([1, 1, 0, 1, 1, 1, 1, 1], [2, 1, 4]),
    )
    expect(Array.from(own.y.data)).toEqual([1, 2, 0, 4, 0, 0, 0, 5, 6, 7, 0, 8])
    expect(Array.from(own.mask.data)).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1])
  })

  it.each([
    [{ at: ndarray([0, 1, 1, 2]) }, 'times: must rise along each series'],
    [{ at: ndarray([0, 1, 2]) }, 'expected [4] or [2, 4] of numbers, got [3]'],
    [{ at: ndarray([0, 0.2, 2, 3]), every: 1 }, '0 and 0.2 fall into one step of 1'],
    [{ at: ndarray([0, 0.001, 2, 3]) }, 'make 3001 cells for 4 times'],
  ])('are told what is wrong with them: %#', (times, message) => {
    expect(() => onTimeGrid(waveOf([2, 1, 4], 1), times)).toThrow(message)
  })

  it('come from files', () => {
    const y = save('y.npy', { y: waveOf([2, 4], 1) })
    const times = { at: ndarray([0, 1, 3, 4]) }
    const set = observationsFromArrays(y, undefined, 0.1, range, { view: 'signal', times })
    expect(set).toMatchObject({ operator: { name: 'mask', event: [1, 5] } })
    expect(() => observationsFromArrays(y, undefined, 0.1, range, { times })).toThrow("view 'signal'")
  })
})

describe('grids on the globe', () => {
  it('are lists of points that know their rows and columns, and so is their domain', () => {
    const values = waveOf([3, 2, 5, 8], 1)
    const y = save('globe.npy', { y: values })
    const mask = save('mask.npy', { m: float(Array(3 * 40).fill(1), [3, 1, 5, 8]) })
    const valid = float(
      wave(40).map((v) => (v > -0.3 ? 1 : 0)),
      [5, 8],
    )
    const set = kept(observationsFromArrays(y, mask, 0.1, range, { view: 'globe', valid }))
    expect(set.operator.event).toEqual([2, 40])
    expect(set.view).toEqual({ kind: 'globe', rows: 5, columns: 8 })
    expect(set.valid?.shape).toEqual([40])
    expect(Array.from(set.y.data)).toEqual(
      Array.from(values.data, (v, i) => (valid.data[i % 40] === 0 ? 0 : v)),
    )
    expect(placesOf(set).points).toHaveLength(40)
    const flat = save('flat.npy', { y: waveOf([3, 40], 1) })
    expect(() => observationsFromArrays(flat, undefined, 0.1, range, { view: 'globe' })).toThrow(
      "view 'globe' needs arrays [N, rows, columns]",
    )
  })
})

describe('points and meshes', () => {
  const points = float(wave(60, 3), [20, 3])
  const faces = ndarray([0, 1, 2, 2, 3, 19], [2, 3], 'int32')
  const y = save('on-mesh.npy', { y: waveOf([3, 20], 1) })
  const read = (mesh: ReturnType<typeof readMesh>) =>
    observationsFromArrays(y, undefined, 0.1, range, { view: 'mesh', mesh })

  it('come with the set, through its file', () => {
    const mesh = readMesh(save('mesh.npz', { vertices: points, faces }))
    const set = kept(read(mesh))
    expect(set).toMatchObject({ operator: { event: [1, 20] }, view: { kind: 'mesh', mesh: 'own' } })
    expect(set.mesh).toEqual({ points, faces })
    expect(placesOf(set).points).toEqual(pointsOf(mesh))
    const plane = readMesh(save('plane.npy', { p: float(wave(32), [16, 2]) }))
    expect(placesOf(read(plane)).points.map(({ length }) => length)).toEqual(Array(20).fill(2))
  })

  it('are what a network runs over, and its header keeps', () => {
    const set = read({ points })
    const net = { kind: 'graph', mesh: 'own', channels: [4], blocks: [1], emb: 4, k: 4 }
    const { net: parsed } = experimentSchema.parse({ net })
    const config = networkConfigOf({ net: parsed }, set.operator.event, set.mesh)
    expect(networkHeader.parse(headerOf(config))).toEqual(config)
    expect(() => networkConfigOf({ net: parsed }, set.operator.event)).toThrow("mesh 'own'")
    expect(network(config).dropouts).toBe(0)
  })

  it('are checked', () => {
    const wrong = (mesh: Parameters<typeof read>[0]) => () => read(mesh)
    expect(wrong({ points: float(wave(63), [21, 3]) })).toThrow('P at most 20, got [21,3]')
    expect(wrong({ points: float(wave(20), [20, 1]) })).toThrow('[P, 2] or [P, 3]')
    expect(wrong({ points, faces: ndarray([0, 1, 20], [1, 3], 'int32') })).toThrow('indices below 20')
    expect(() => observationsFromArrays(y, undefined, 0.1, range, { view: 'mesh' })).toThrow(
      "'mesh.points' and the view of a mesh 'own' go together",
    )
    expect(() => readMesh(save('none.npz', { a: points, b: points }))).toThrow("a mesh has 'points'")
  })
})
