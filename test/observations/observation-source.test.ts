import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { arrayFormats, encodeNpz } from '../../src/formats/index.ts'
import { arraysOf } from '../../src/observations/codec.ts'
import {
  batchedObservations,
  boundedShare,
  chosenObservations,
  countOf,
  firstObservations,
  maskedBy,
  type ObservationSet,
  observationRows,
  observationsAt,
  observe,
  openObservations,
  readObservations,
  sourceOf,
  withRange,
  writeObservations,
} from '../../src/observations/index.ts'
import { full, NdArray, ndarray, rows } from '../../src/tensor/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-source-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

const COUNT = 7
const x = ndarray(
  Float32Array.from({ length: COUNT * 16 }, (_, i) => ((i * 37) % 101) / 101),
  [COUNT, 1, 4, 4],
)
const valid = ndarray([1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1], [4, 4])
const shared = ndarray([1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 4, 4])

const sets: Readonly<Record<string, () => Promise<ObservationSet>>> = {
  'own masks': () => observe(x, { operator: { name: 'mask', settings: { keep: 0.6 } }, noise: 0.1, seed: 1 }),
  'a domain': () =>
    observe(x, { operator: { name: 'mask', settings: { keep: 0.6 } }, noise: 0.1, seed: 1, valid }),
  'noise of its own': () => observe(x, { operator: { name: 'identity' }, noise: 0.1, photons: 50, seed: 1 }),
  'a blind operator': () =>
    observe(x, { operator: { name: 'mask', settings: { keep: 0.6 }, blind: true }, noise: 0.1, seed: 1 }),
  projections: () =>
    observe(ndarray(x.data, [COUNT, 16]), {
      operator: { name: 'projection', settings: { dimension: 3 } },
      noise: 0.1,
      seed: 1,
    }),
  'one mask for all': async () => ({
    y: x,
    operator: maskedBy(shared, [1, 4, 4]),
    noise: 0.1,
    range: [0, 1],
  }),
  'one noise for all': async () => ({
    y: x,
    operator: maskedBy(shared, [1, 4, 4]),
    noise: Math.sqrt((15 * 0.25 + 1) / 16),
    std: ndarray(
      Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? 1 : 0.5)),
      [1, 1, 4, 4],
    ),
    range: [0, 1],
  }),
}

describe.each(Object.keys(sets))('observations with %s', (name) => {
  it.each(['.npz', '.safetensors'])('are the same from memory and by rows of a %s', async (extension) => {
    const path = at(`set${extension}`)
    writeObservations(path, await sets[name]())
    const whole = readObservations(path)
    const source = openObservations(path)
    expect(countOf(source)).toBe(COUNT)
    expect({ ...source.rows(0, COUNT), noise: whole.noise }).toEqual(whole)
    for (const [from, to] of [
      [0, 1],
      [2, 5],
      [6, 7],
    ])
      for (const rows of [source.rows, sourceOf(whole).rows])
        expect(rows(from, to)).toEqual(observationRows(whole, from, to))
    const [streamed, kept] = [batchedObservations(source), batchedObservations(whole)]
    expect(streamed.batch(1, 4)).toEqual(kept.batch(1, 4))
    expect({ ...streamed.domain }).toEqual({ ...kept.domain })
    const order = [5, 1, 2, 6]
    expect(observationsAt(source, order)).toEqual(observationsAt(whole, order))
    expect(observationsAt(whole, order).y.data).toEqual(
      Float32Array.from(order.flatMap((row) => [...rows(whole.y, row, row + 1).data])),
    )
    const chosen = sourceOf(chosenObservations(source, order))
    expect(countOf(chosen)).toBe(4)
    expect(chosen.rows(1, 3)).toEqual(observationsAt(whole, [1, 2]))
    expect(sourceOf(firstObservations(source, 3)).rows(0, 3)).toEqual(firstObservations(whole, 3))
    expect(sourceOf(withRange(source, [-1, 3])).rows(0, 2).range).toEqual([-1, 3])
    source.close()
  })
})

const old = new URL('../fixtures-0.1/sets/', import.meta.url).pathname

it.each(readdirSync(old))('reads %s of 0.1, in the units of the data', (name) => {
  const whole = readObservations(join(old, name))
  const source = openObservations(join(old, name))
  expect(source.rows(0, countOf(source))).toEqual(whole)
  source.close()
})

describe('what is unsound', () => {
  const masked = async () => arraysOf(await sets['own masks']())
  const written = (arrays: Parameters<typeof encodeNpz>[0]): string => {
    writeFileSync(at('unsound.npz'), encodeNpz(arrays, { level: 0 }))
    return at('unsound.npz')
  }

  it('without the rows is found when the file is opened', async () => {
    const arrays = await masked()
    const mask = arrays['parameter.mask']
    const few = new NdArray('bool', [6, 1, 4, 4], Uint8Array.from(mask.data.subarray(0, 96), Number))
    for (const [bad, message] of [
      [{ ...arrays, 'parameter.mask': few }, "field 'parameter.mask' must have the shape of y, [7,1,4,4]"],
      [{ ...arrays, noise: ndarray([0], [], 'float64') }, "field 'noise' must be a positive"],
      [{ ...arrays, range: ndarray([1, 0], [2], 'float64') }, "field 'range' must be two numbers"],
      [{ ...arrays, noise: full([6, 1, 4, 4], 1) }, "field 'noise' must be one number"],
      [{ ...arrays, y: ndarray(x.data, x.shape, 'int32') }, "field 'y' must have dtype float32"],
      [{ y: x, noise: arrays.noise, mask: shared }, "field 'mask' must have the shape of y, [7,1,4,4]"],
    ] as const) {
      expect(() => openObservations(written(bad))).toThrow(message)
      expect(() => readObservations(written(bad))).toThrow(message)
    }
  })

  it('in the rows is found when they are read, and named by its row in the file', async () => {
    const arrays = await masked()
    const y = ndarray(x.data, x.shape)
    y.data[5 * 16 + 9] = Number.NaN
    const mask = ndarray(full(x.shape, 1).data, x.shape)
    mask.data[6 * 16] = 0.5
    for (const [bad, from, message] of [
      [{ ...arrays, y }, 5, 'the first at [5, 0, 2, 1]'],
      [{ ...arrays, 'parameter.mask': mask }, 6, 'must be 0 or 1 (1 = observed), got 0.5 at [6, 0, 0, 0]'],
    ] as const) {
      const source = openObservations(written(bad))
      expect(source.rows(0, from)).toBeDefined()
      expect(() => source.rows(from - 1, COUNT)).toThrow(message)
      expect(() => readObservations(written(bad))).toThrow(message)
      source.close()
    }
    const std = full(x.shape, 1)
    std.data[4 * 16 + 1] = -1
    expect(() => openObservations(written({ ...arrays, noise: std }))).toThrow('got -1 at [4, 0, 0, 1]')
  })
})

describe('a bounded share', () => {
  it('is the set itself up to the bound, and evenly spaced beyond it', async () => {
    const set = await sets['own masks']()
    const each = 4 * (16 + 16)
    expect(boundedShare(set)).toBe(set)
    expect(boundedShare(set, COUNT * each)).toBe(set)
    expect(boundedShare(set, 3 * each)).toEqual(observationsAt(set, [0, 2, 4]))
    expect(boundedShare(sourceOf(set), 3 * each + 1)).toEqual(observationsAt(set, [0, 2, 4]))
    expect(countOf(boundedShare(set, 1))).toBe(1)
  })
})

it('reads rows of a file of 1 GB without having it in memory', () => {
  const path = at('large.safetensors')
  const count = 2 ** 18
  const small = { noise: ndarray([0.1], [], 'float64') }
  const fields = { y: { dtype: 'float32', shape: [count, 1, 32, 32] }, noise: small.noise } as const
  const layout = arrayFormats['.safetensors'].layout?.(fields, path, {})
  if (!layout) throw new Error('no layout')
  const descriptor = openSync(path, 'w')
  ftruncateSync(descriptor, layout.starts.y + 4096 * count)
  layout.sum?.('noise', new Uint8Array(small.noise.data.buffer))
  for (const piece of layout.frame()) writeSync(descriptor, piece.bytes, 0, piece.bytes.length, piece.at)
  writeSync(descriptor, new Uint8Array(small.noise.data.buffer), 0, 8, layout.starts.noise)
  writeSync(descriptor, Uint8Array.of(0, 0, 128, 63), 0, 4, layout.starts.y + 4096 * (count - 1))
  closeSync(descriptor)
  const before = process.memoryUsage().rss
  const source = openObservations(path)
  const { batch } = batchedObservations(source)
  for (let from = 0; from < count; from += 2 ** 13)
    expect(batch(from, from + 64).y.shape).toEqual([64, 1, 32, 32])
  const { y } = batch(count - 2, count)
  expect([y.data[0], y.data[1024]]).toEqual([0, 1])
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  source.close()
})
