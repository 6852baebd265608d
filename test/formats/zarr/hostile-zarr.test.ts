/** Damaged and hostile Zarr: one line that names the place, before anything large is allocated. */
import { rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openArrays, readArrays } from '../../../src/formats/index.ts'
import { scratch } from '../../run/scratch.ts'
import {
  blosc,
  bytesCodec,
  group,
  groupV3,
  inFolder,
  json,
  type Keys,
  sharded,
  v2,
  v3,
  withChecksum,
} from './writer.ts'

const array = { values: [1, 2, 3, 4], shape: [4], chunks: [2] }
const zarr = (keys: Keys): string => inFolder(join(scratch(), 'y.zarr'), keys)

/** The metadata of an array of version 3 with other fields. */
const head = (fields: Record<string, unknown>): Keys => ({
  ...v3(array),
  ...v3({ ...array, without: () => true }, fields),
})

const changed = (keys: Keys, key: string, change: (bytes: Uint8Array) => Uint8Array): Keys => ({
  ...keys,
  [key]: change(keys[key]),
})

const grid = (...chunk_shape: number[]) => ({ name: 'regular', configuration: { chunk_shape } })
const shards = (configuration: Record<string, unknown>) => ({
  codecs: [
    {
      name: 'sharding_indexed',
      configuration: { chunk_shape: [1], codecs: [bytesCodec], index_codecs: [bytesCodec], ...configuration },
    },
  ],
})

/** A frame of Zstandard that says no size: blocks that repeat one byte 128 KiB long. */
const zstdBomb = (blocks: number): Uint8Array => {
  const block = (isLast: boolean) => {
    const size = ((2 ** 17) << 3) | (1 << 1) | Number(isLast)
    return [size & 255, (size >> 8) & 255, size >> 16, 7]
  }
  const all = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1)).flat()
  return Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, ...all])
}

const packed = (name: string, pack: (bytes: Uint8Array) => Uint8Array): Keys =>
  v3({ ...array, pack }, { codecs: [bytesCodec, { name }] })

const sized = (size: number) => (bytes: Uint8Array) => {
  const frame = blosc(bytes, bytes, 1, 3)
  new DataView(frame.buffer).setUint32(4, size, true)
  return frame
}

describe('damaged or hostile Zarr', () => {
  it.each([
    ['nothing in the folder', { a: new Uint8Array() }, 'holds no array or group of Zarr'],
    ['metadata that are no JSON', { 'zarr.json': new Uint8Array([1, 2]) }, 'zarr.json: not JSON'],
    ['metadata that are a list', { '.zarray': json([]) }, '.zarray: must be a JSON object'],
    ['a node of neither kind', { 'zarr.json': json({ node_type: 'x' }) }, 'must be of an array or a group'],
    ['a shape that is a text', head({ shape: 'all' }), "zarr.json: field 'shape'"],
    ['a negative size', head({ shape: [-4] }), "field 'shape.0'"],
    [
      'more than 32 axes',
      v3({ values: [], shape: Array(40).fill(0), chunks: Array(40).fill(1) }),
      'at most 32',
    ],
    [
      'a shape beyond all memory',
      head({ shape: [2 ** 52], chunk_grid: grid(2 ** 20) }),
      'larger than any file',
    ],
    [
      'a chunk of 4 TB',
      head({ shape: [2 ** 40], chunk_grid: grid(2 ** 40) }),
      'chunks of [1099511627776] have',
    ],
    ['chunks of another rank', head({ chunk_grid: grid(2, 2) }), 'do not tile an array of [4]'],
    ['chunks without elements', head({ chunk_grid: grid(0) }), 'do not tile an array of [4]'],
    ['a 100 TB array with no chunks', head({ shape: [1e13], chunk_grid: grid(1e8) }), 'memory'],
    ['10⁹ chunks', head({ shape: [1e9], chunk_grid: grid(1) }), '1000000000 chunks, at most'],
    [
      'a grid that is not regular',
      head({ chunk_grid: { name: 'rectangular', configuration: {} } }),
      'chunk_grid',
    ],
    ['keys of another kind', head({ chunk_key_encoding: { name: 'fan' } }), 'chunk_key_encoding'],
    ['complex numbers', head({ data_type: 'complex64' }), 'data_type must be one of bool'],
    ['dates of version 2', v2(array, { dtype: '<M8[ns]' }), 'dtype must be one of b1'],
    ['a fill value that is a list', head({ fill_value: [1] }), 'fill_value [1] is no element of type f4'],
    ['a field that must be understood', head({ quantum: {} }), "has the field 'quantum'"],
    ['a storage transformer', head({ storage_transformers: [{ name: 'x' }] }), 'storage_transformers'],
    ['an unknown codec', head({ codecs: [bytesCodec, { name: 'bz2' }] }), "codec 'bz2' is not read"],
    ['codecs in another order', head({ codecs: [{ name: 'gzip' }, bytesCodec] }), 'codecs must be'],
    [
      'two transposes',
      head({ codecs: [...Array(2).fill({ name: 'transpose', configuration: { order: [0] } }), bytesCodec] }),
      'at most one transpose',
    ],
    [
      'a transpose that is none',
      head({ codecs: [{ name: 'transpose', configuration: { order: [1] } }, bytesCodec] }),
      'the axes 0 to 0',
    ],
    ['no byte order', head({ codecs: [{ name: 'bytes' }] }), 'endian must be'],
    [
      'an unknown filter of version 2',
      v2(array, { filters: [{ id: 'delta', dtype: '<f4' }] }),
      "filter 'delta' is not read",
    ],
    [
      'a codec after shards',
      head({ codecs: [...shards({}).codecs, { name: 'gzip' }] }),
      'must be the only one',
    ],
    ['chunks that do not tile a shard', head(shards({ chunk_shape: [3] })), 'must tile shards of [2]'],
    ['the index of shards in front', head(shards({ index_location: 'start' })), 'index_location must be end'],
    [
      'a packed index',
      head(shards({ index_codecs: [bytesCodec, { name: 'gzip' }] })),
      'must be bytes and crc32c',
    ],
    ['shards in shards', head(shards({ codecs: shards({}).codecs })), "got 'sharding_indexed'"],
    [
      '2⁴⁰ chunks in a shard',
      head({ shape: [2 ** 40], chunk_grid: grid(2 ** 40), ...shards({}) }),
      'chunks in a shard',
    ],
    [
      'a truncated chunk',
      changed(v2(array), '1', (b) => b.subarray(0, 5)),
      /chunk \[1\] cannot be read: .*truncated|5/,
    ],
    [
      'half a chunk',
      changed(v3(array), 'c/1', (b) => b.subarray(0, 4)),
      'chunk [1] cannot be read: truncated: 4 of 8',
    ],
    ['a chunk too long', changed(v3(array), 'c/0', (b) => Buffer.concat([b, b])), 'too long: 16 of 8 bytes'],
    [
      'a huge raw chunk',
      changed(v3(array), 'c/0', () => new Uint8Array(10 ** 6)),
      'has 1000000 bytes, more than',
    ],
    ['a gzip bomb', packed('gzip', () => gzipSync(new Uint8Array(10 ** 7))), 'chunk [0] cannot be read'],
    ['truncated gzip', packed('gzip', (b) => gzipSync(b).subarray(0, 12)), 'chunk [0] cannot be read'],
    ['a Blosc header of 4 GB', packed('blosc', sized(2 ** 32 - 1)), 'claims 4294967295 bytes'],
    [
      'truncated Blosc',
      packed('blosc', (b) => blosc(b, b, 1, 3).subarray(0, 20)),
      'truncated: 32 bytes said, 20 there',
    ],
    [
      'damaged Blosc',
      packed('blosc', (b) => blosc(b, changedByte(deflateSync(b)), 1, 3)),
      'chunk [0] cannot be read',
    ],
    ['no Zstandard', packed('zstd', (b) => b), 'no frame of Zstandard'],
    ['a Zstandard bomb', packed('zstd', () => zstdBomb(10_000)), 'claims 1310720000 bytes'],
    ['a small Zstandard bomb', packed('zstd', () => zstdBomb(2)), 'too long: 262144 of 8 bytes'],
    ['LZ4 of 4 GB', packed('lz4', () => Uint8Array.from([255, 255, 255, 255, 0])), 'claims 4294967295 bytes'],
    ['a wrong checksum', packed('crc32c', (b) => changedByte(withChecksum(b))), 'its checksum is wrong'],
    ['booleans of 2', v3({ ...array, element: 'b1', values: [0, 1, 2, 1] }), 'booleans must be 0 or 1'],
    [
      'a truncated shard',
      changed(sharded({ ...array, chunks: [1] }, [2]), 'c/0', (b) => b.subarray(0, 9)),
      'truncated: 36 bytes',
    ],
    [
      'a shard with damage in its index',
      changed(sharded({ ...array, chunks: [1] }, [2]), 'c/0', (b) => changedByte(b, 10)),
      'its checksum is wrong',
    ],
    ['a path out of the hierarchy', outside(), 'is no path of a node'],
  ])('%s is one line', (_, keys, message) => {
    const error = thrownBy(() => readArrays(zarr(keys)))
    expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(/y\.zarr/) })
    expect(() => {
      throw error
    }).toThrow(message)
  })

  it('without what it is of is missed by its name', () => {
    expect(() => readArrays(join(scratch(), 'none.zarr'))).toThrow(/none\.zarr: cannot read/)
    expect(() => readArrays(join(scratch(), 'none.zarr.zip'))).toThrow(/none\.zarr\.zip: cannot read/)
  })

  it('with folders that lead back to themselves ends', () => {
    const path = zarr(group({ x: v3(array) }, groupV3))
    symlinkSync(path, join(path, 'again'))
    expect(Object.keys(readArrays(path))).toContain('x')
  })

  it('that changes while it is open is an error, and its other rows are read', () => {
    const path = zarr(v3(array))
    const file = openArrays(path)
    truncateSync(join(path, 'c/1'), 3)
    expect(() => file.rows('y', 2, 4)).toThrow('chunk [1] cannot be read')
    expect([...file.rows('y', 0, 2).data]).toEqual([1, 2])
    rmSync(path, { recursive: true })
    expect([...file.rows('y', 0, 1).data]).toEqual([1]) // still known
    file.close()
  })
})

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

/** Bytes with one of them changed. */
function changedByte(bytes: Uint8Array, fromEnd = 5): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - fromEnd] ^= 1
  return copy
}

/** A group whose consolidated metadata name a node outside it. */
function outside(): Keys {
  const consolidated_metadata = { metadata: { '../../etc': {} } }
  return { 'zarr.json': json({ zarr_format: 3, node_type: 'group', consolidated_metadata }) }
}
