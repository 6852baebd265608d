/** Zarr arrays and groups, written by the specifications, against the numbers that went in. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { openArrays, readArrays, readOneArray, writeArrays } from '../../../src/formats/index.ts'
import { ndarray, rows, toNumbers } from '../../../src/tensor/index.ts'
import { scratch } from '../../run/scratch.ts'
import {
  blosc,
  bytesCodec,
  group,
  groupV2,
  groupV3,
  inFolder,
  json,
  type Keys,
  sharded,
  shuffled,
  v2,
  v3,
  type Written,
  withChecksum,
} from './writer.ts'

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

const zarr = (keys: Keys): string => inFolder(join(scratch(), 'y.zarr'), keys)

/** The numbers of the one array that keys hold. */
const numbersIn = (keys: Keys): number[] => toNumbers(readArrays(zarr(keys)).y)

const small: Written = { values: upTo(24), shape: [4, 3, 2], chunks: [3, 2, 2] }

describe('a Zarr array', () => {
  it.each([
    ['2', v2(small)],
    ['2, keys with /', v2(small, { dimension_separator: '/' })],
    ['2, Fortran order', v2({ ...small, order: [2, 1, 0] }, { order: 'F' })],
    ['2, big endian', v2({ ...small, big: true })],
    ['2, gzip', v2({ ...small, pack: (b) => gzipSync(b) }, { compressor: { id: 'gzip', level: 1 } })],
    ['2, zlib', v2({ ...small, pack: (b) => deflateSync(b) }, { compressor: { id: 'zlib', level: 1 } })],
    [
      '2, shuffle and zlib',
      v2(
        { ...small, pack: (b) => deflateSync(shuffled(b, 4)) },
        { filters: [{ id: 'shuffle', elementsize: 4 }], compressor: { id: 'zlib', level: 1 } },
      ),
    ],
    ['3', v3(small)],
    [
      '3, keys with .',
      v3(small, { chunk_key_encoding: { name: 'default', configuration: { separator: '.' } } }, '.'),
    ],
    [
      '3, keys of version 2',
      { ...v2(small), 'zarr.json': v3(small, { chunk_key_encoding: { name: 'v2' } })['zarr.json'] },
    ],
    ['3, transposed', v3({ ...small, order: [1, 2, 0] })],
    ['3, big endian', v3({ ...small, big: true })],
    [
      '3, gzip and a checksum',
      v3(
        { ...small, pack: (b) => withChecksum(gzipSync(b)) },
        { codecs: [bytesCodec, { name: 'gzip' }, 'crc32c'] },
      ),
    ],
    [
      '3, Blosc of zlib, shuffled',
      v3(
        { ...small, pack: (b) => blosc(b, deflateSync(shuffled(b, 4)), 4, 3) },
        { codecs: [bytesCodec, { name: 'blosc', configuration: { cname: 'zlib', shuffle: 'shuffle' } }] },
      ),
    ],
    ['3, shards', sharded({ ...small, chunks: [1, 3, 1] }, [2, 3, 2])],
    [
      '3, shards of gzip, transposed',
      sharded(
        { ...small, chunks: [1, 3, 1], order: [2, 0, 1], pack: (b) => gzipSync(b) },
        [2, 3, 2],
        [{ name: 'transpose', configuration: { order: [2, 0, 1] } }, bytesCodec, { name: 'gzip' }],
      ),
    ],
  ])('of version %s has the numbers that went in', (_, keys) => {
    expect(numbersIn(keys)).toEqual(small.values)
  })

  it('is read from bytes that the tools of Zstandard and LZ4 wrote', () => {
    // float32 0 … 23; `zstd -3` of a file, and of a stream, which does not say the size
    const frames = [
      'KLUv/SRgDQIAwkUOGaAnGQ7/Z9/v+6q37yus56UHQiajggqBTwotTnGJK4e4wxmOXOEI' +
        'N7i5wAHuuE/jYTzlIc88F5ADAQABwAI4Otzg',
      'KLUv/QBYDQIAwkUOGaAnGQ7/Z9/v+6q37yus56UHQiajggqBTwotTnGJK4e4wxmOXOEIN7i5wAHuuE/jYTzlIc88F5ADAQABwAI=',
    ].map((text) => new Uint8Array(Buffer.from(text, 'base64')))
    const whole = { values: upTo(24), shape: [24], chunks: [24] }
    for (const frame of frames) {
      expect(numbersIn(v2({ ...whole, pack: () => frame }, { compressor: { id: 'zstd' } }))).toEqual(upTo(24))
      const codecs = [bytesCodec, { name: 'blosc' }]
      expect(numbersIn(v3({ ...whole, pack: (b) => blosc(b, frame, 1, 4) }, { codecs }))).toEqual(upTo(24))
    }
    // one sequence of 96 literals (token 15, then 81), with the size before it as numcodecs has it
    const literals = (b: Uint8Array) => Uint8Array.from([96, 0, 0, 0, 0xf0, 81, ...b])
    expect(numbersIn(v2({ ...whole, pack: literals }, { compressor: { id: 'lz4' } }))).toEqual(upTo(24))
  })

  it.each([
    ['b1', [0, 1, 1], 'bool'],
    ['i1', [-2, 0, 1], 'int32'],
    ['i2', [-300, 0, 1], 'int32'],
    ['i4', [-70_000, 0, 1], 'int32'],
    ['i8', [-(2 ** 40), 0, 1], 'int64'],
    ['u1', [255, 0, 1], 'uint8'],
    ['u2', [65_535, 0, 1], 'int32'],
    ['u4', [2 ** 32 - 1, 0, 1], 'int64'],
    ['f2', [-2, 0, 3], 'float32'],
    ['f4', [0.5, 0, 1], 'float32'],
    ['f8', [0.1, 0, 1], 'float64'],
  ])('of %s becomes the dtype that .npy does', (element, values, dtype) => {
    for (const big of [false, true])
      for (const write of [v2, v3]) {
        const { y } = readArrays(zarr(write({ values, shape: [3], chunks: [2], element, big })))
        expect([y.dtype, toNumbers(y)]).toEqual([dtype, values])
      }
  })

  it.each([
    ['f4', 'NaN', Number.NaN],
    ['f4', '-Infinity', Number.NEGATIVE_INFINITY],
    ['f4', 0.25, 0.25],
    ['f4', null, 0],
    ['i8', 2 ** 63, 2 ** 63],
    ['u4', 7, 7],
    ['b1', true, 1],
  ])('of %s has the fill value %s where a chunk is missing', (element, fill_value, expected) => {
    const values = [0, 1, 1, 0, 1]
    const part = { values, shape: [5], chunks: [2], element, without: ([at]: readonly number[]) => at === 1 }
    for (const keys of [v2(part, { fill_value }), v3(part, { fill_value })])
      expect(numbersIn(keys)).toEqual([0, 1, expected, expected, 1])
  })

  it('has fill values by their bits, and where a chunk of a shard or a shard is missing', () => {
    const half = { values: [1, 2, 3], shape: [3], chunks: [1], element: 'f2', without: () => true }
    expect(numbersIn(v3(half, { fill_value: '0xc000' }))).toEqual([-2, -2, -2])
    const without = ([at]: readonly number[]) => at > 0
    const keys = sharded({ values: upTo(6), shape: [6], chunks: [1], without }, [2])
    const metadata = JSON.parse(new TextDecoder().decode(keys['zarr.json']))
    keys['zarr.json'] = json({ ...metadata, fill_value: 8 })
    expect(numbersIn(keys)).toEqual([0, 8, 8, 8, 8, 8])
  })

  it('may have no axes, and axes without entries', () => {
    for (const write of [v2, v3]) {
      const { y } = readArrays(zarr(write({ values: [7], shape: [], chunks: [] })))
      expect([y.shape, toNumbers(y)]).toEqual([[], [7]])
      const { y: none } = readArrays(zarr(write({ values: [], shape: [0, 3], chunks: [0, 3] })))
      expect(none.shape).toEqual([0, 3])
    }
  })

  it('gives rows and columns of any grid of chunks as an array in memory does', () => {
    const cases = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 })), {
        minLength: 2,
        maxLength: 4,
      })
      .map((axes) => ({ shape: axes.map(([size]) => size), chunks: axes.map(([, chunk]) => chunk) }))
    const bounds = fc.tuple(fc.nat(5), fc.nat(5))
    fc.assert(
      fc.property(cases, bounds, bounds, fc.boolean(), ({ shape, chunks }, r, c, old) => {
        const values = upTo(shape.reduce((a, b) => a * b, 1))
        const file = openArrays(zarr((old ? v2 : v3)({ values, shape, chunks })))
        const all = ndarray(values, shape)
        const within = (size: number, [a, b]: [number, number]): [number, number] => {
          const [from, to] = [a, b].map((end) => Math.min(size, end)).sort((x, y) => x - y)
          return [from, to]
        }
        const [from, to] = within(shape[0], r)
        expect(file.rows('y', from, to)).toEqual(rows(all, from, to))
        const [first, last] = within(shape[1], c)
        const inRow = shape.slice(2).reduce((a, b) => a * b, 1)
        const expected = values.filter((v) => {
          const column = Math.floor(v / inRow) % shape[1]
          return column >= first && column < last
        })
        expect(toNumbers(file.columns('y', first, last))).toEqual(expected)
        file.close()
      }),
      { numRuns: 60 },
    )
  })
})

describe('a Zarr group', () => {
  const arrays = (write: typeof v2) => ({
    x: write(small),
    'inner/b': write({ values: [1, 0], shape: [2], chunks: [1], element: 'b1' }),
  })

  it.each([
    [
      '2',
      group(arrays(v2), {
        ...groupV2,
        'inner/.zgroup': groupV2['.zgroup'],
        '.zattrs': new TextEncoder().encode('{"title": "seas", "missing": NaN, "n": 3}'),
      }),
    ],
    [
      '3',
      group(arrays(v3), {
        'inner/zarr.json': groupV3['zarr.json'],
        'zarr.json': json({
          zarr_format: 3,
          node_type: 'group',
          attributes: { title: 'seas', missing: 'NaN', n: 3 },
        }),
      }),
    ],
  ])('of version %s is its arrays by name, and its attributes as text', (_, keys) => {
    const zip = join(scratch(), 'g.zarr.zip')
    writeFileSync(zip, zipSync(keys, { level: 0 }))
    for (const path of [inFolder(join(scratch(), 'g.zarr'), keys), zip]) {
      const file = openArrays(path)
      expect(Object.keys(file.fields).sort()).toEqual(['inner/b', 'x'])
      expect(file.metadata).toEqual({ title: 'seas', missing: 'NaN', n: '3' })
      expect(toNumbers(file.rows('x', 1, 3))).toEqual(upTo(24).slice(6, 18))
      expect(toNumbers(file.whole('inner/b'))).toEqual([1, 0])
      file.close()
    }
  })

  it('gives one of its arrays by the path of that', () => {
    const folder = inFolder(join(scratch(), 'g.zarr'), group({ ...arrays(v3), inner: groupV3 }, groupV3))
    expect(toNumbers(readOneArray(join(folder, 'x')).array)).toEqual(upTo(24))
    expect(Object.keys(readArrays(join(folder, 'inner/b/')))).toEqual(['b'])
    expect(() => readOneArray(folder)).toThrow('must hold one array, got inner/b, x')
  })

  it('is not written', () => {
    const path = join(scratch(), 'out.zarr')
    expect(() => writeArrays(path, { x: ndarray([1]) })).toThrow('one of .npy, .npz, .safetensors, got')
  })
})
