/**
 * Zarr arrays written by the letter of its specifications, with nothing of what reads them:
 * https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and …/v3/core/index.html
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Values by key. */
export type Keys = Record<string, Uint8Array>

/** How one number is written, and how many bytes it takes. */
const writers: Record<string, readonly [number, (v: DataView, at: number, x: number, le: boolean) => void]> =
  {
    b1: [1, (v, at, x) => v.setUint8(at, x)],
    i1: [1, (v, at, x) => v.setInt8(at, x)],
    u1: [1, (v, at, x) => v.setUint8(at, x)],
    i2: [2, (v, at, x, le) => v.setInt16(at, x, le)],
    u2: [2, (v, at, x, le) => v.setUint16(at, x, le)],
    i4: [4, (v, at, x, le) => v.setInt32(at, x, le)],
    u4: [4, (v, at, x, le) => v.setUint32(at, x, le)],
    i8: [8, (v, at, x, le) => v.setBigInt64(at, BigInt(x), le)],
    f4: [4, (v, at, x, le) => v.setFloat32(at, x, le)],
    f8: [8, (v, at, x, le) => v.setFloat64(at, x, le)],
    // halves of 0, 1, 2, 3 and −2 are all that these tests write
    f2: [
      2,
      (v, at, x, le) =>
        v.setUint16(
          at,
          new Map([
            [0, 0],
            [1, 0x3c00],
            [2, 0x4000],
            [3, 0x4200],
            [-2, 0xc000],
          ]).get(x) ?? 0x7e00,
          le,
        ),
    ],
  }

/** What to write. */
export interface Written {
  readonly values: readonly number[]
  readonly shape: readonly number[]
  readonly chunks: readonly number[]
  /** Default f4. */
  readonly element?: string
  readonly big?: boolean
  /** Axes as they lie in a chunk, outermost first; default their order. */
  readonly order?: readonly number[]
  readonly pack?: (bytes: Uint8Array) => Uint8Array
  /** Number in the padding of chunks at the edge, which no reader may see. */
  readonly padding?: number
  /** Chunks that are left out. */
  readonly without?: (at: readonly number[]) => boolean
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** All indices of a shape, the last axis fastest. */
const indices = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  )

/** The elements of one chunk, in the order of its bytes. */
const chunkBytes = (
  { values, shape, chunks, element = 'f4', big, order, padding = 99 }: Written,
  at: readonly number[],
) => {
  const [width, write] = writers[element]
  const axes = order ?? shape.map((_, axis) => axis)
  const bytes = new Uint8Array(width * product(chunks))
  const view = new DataView(bytes.buffer)
  indices(axes.map((axis) => chunks[axis])).forEach((permuted, i) => {
    const index = shape.map((_, axis) => at[axis] * chunks[axis] + permuted[axes.indexOf(axis)])
    const inside = index.every((entry, axis) => entry < shape[axis])
    const flat = index.reduce((sum, entry, axis) => sum * shape[axis] + entry, 0)
    write(view, i * width, inside ? values[flat] : Math.min(padding, element === 'b1' ? 1 : padding), !big)
  })
  return bytes
}

/** The chunks of an array, each with its place in the grid. */
const chunksOf = (array: Written): (readonly [readonly number[], Uint8Array])[] =>
  indices(array.shape.map((size, axis) => Math.ceil(size / array.chunks[axis])))
    .filter((at) => !array.without?.(at))
    .map((at) => [at, (array.pack ?? ((bytes) => bytes))(chunkBytes(array, at))])

export const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** An array of version 2. @param more - fields of `.zarray` beside the plain ones */
export const v2 = (array: Written, more: Record<string, unknown> = {}): Keys => {
  const { shape, chunks, element = 'f4', big } = array
  const order = writers[element][0] === 1 ? '|' : big ? '>' : '<'
  const metadata = {
    zarr_format: 2,
    shape,
    chunks,
    dtype: `${order}${element}`,
    compressor: null,
    fill_value: 0,
    order: 'C',
    filters: null,
    ...more,
  }
  return {
    '.zarray': json(metadata),
    ...Object.fromEntries(
      chunksOf(array).map(([at, bytes]) => [at.join(String(more.dimension_separator ?? '.')) || '0', bytes]),
    ),
  }
}

const names: Record<string, string> = {
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
}

export const bytesCodec = { name: 'bytes', configuration: { endian: 'little' } }

/** An array of version 3. @param more - fields of `zarr.json` beside the plain ones */
export const v3 = (array: Written, more: Record<string, unknown> = {}, separator = '/'): Keys => {
  const { shape, chunks, element = 'f4', big, order } = array
  const metadata = {
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: names[element],
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [
      ...(order ? [{ name: 'transpose', configuration: { order } }] : []),
      { name: 'bytes', configuration: { endian: big ? 'big' : 'little' } },
    ],
    fill_value: 0,
    attributes: {},
    ...more,
  }
  return {
    'zarr.json': json(metadata),
    ...Object.fromEntries(chunksOf(array).map(([at, bytes]) => [['c', ...at].join(separator), bytes])),
  }
}

/** Castagnoli's checksum, bit by bit. */
const castagnoli = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** Bytes with their checksum after them, as the codec crc32c writes them. */
export const withChecksum = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length + 4)
  out.set(bytes)
  new DataView(out.buffer).setUint32(bytes.length, castagnoli(bytes), true)
  return out
}

/**
 * An array of version 3 in shards: the chunks within, then offset and length of each, 2⁶⁴ − 1 of those
 * that are left out, then the checksum of that index.
 */
export const sharded = (array: Written, shard: readonly number[], codecs: unknown[] = [bytesCodec]): Keys => {
  const inShard = shard.map((size, axis) => size / array.chunks[axis])
  const inner = new Map(chunksOf(array).map(([at, bytes]) => [String(at), bytes]))
  const shards = indices(array.shape.map((size, axis) => Math.ceil(size / shard[axis])))
  const keys: Keys = {}
  for (const at of shards) {
    const index = new DataView(new ArrayBuffer(16 * product(inShard)))
    const parts: Uint8Array[] = []
    let offset = 0
    indices(inShard).forEach((place, i) => {
      const bytes = inner.get(String(place.map((entry, axis) => at[axis] * inShard[axis] + entry)))
      index.setBigUint64(16 * i, bytes ? BigInt(offset) : 2n ** 64n - 1n, true)
      index.setBigUint64(16 * i + 8, bytes ? BigInt(bytes.length) : 2n ** 64n - 1n, true)
      if (bytes) parts.push(bytes)
      offset += bytes?.length ?? 0
    })
    if (parts.length > 0)
      keys[['c', ...at].join('/')] = Buffer.concat([...parts, withChecksum(new Uint8Array(index.buffer))])
  }
  const configuration = { chunk_shape: array.chunks, codecs, index_codecs: [bytesCodec, { name: 'crc32c' }] }
  const metadata = v3({ ...array, chunks: shard }, { codecs: [{ name: 'sharding_indexed', configuration }] })
  return { ...keys, 'zarr.json': metadata['zarr.json'] }
}

/** The keys of a group: those of its arrays below their names. @param own - metadata of the group itself */
export const group = (arrays: Record<string, Keys>, own: Keys): Keys => ({
  ...own,
  ...Object.fromEntries(
    Object.entries(arrays).flatMap(([name, keys]) =>
      Object.entries(keys).map(([key, bytes]) => [`${name}/${key}`, bytes] as const),
    ),
  ),
})

export const groupV2: Keys = { '.zgroup': json({ zarr_format: 2 }) }
export const groupV3: Keys = { 'zarr.json': json({ zarr_format: 3, node_type: 'group', attributes: {} }) }

/** Writes keys as files of a folder. @returns its path */
export const inFolder = (folder: string, keys: Keys): string => {
  for (const [key, bytes] of Object.entries(keys)) {
    const path = join(folder, key)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  return folder
}

/** Bytes whose elements of `width` bytes stand byte by byte: all first ones, all second ones. */
export const shuffled = (bytes: Uint8Array, width: number): Uint8Array => {
  const count = bytes.length / width
  return bytes.map((_, i) => bytes[(i % count) * width + Math.floor(i / count)])
}

/**
 * One block of Blosc 1 around bytes that are compressed already: its header of 16 bytes
 * (https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst), where the block begins, its length.
 *
 * @param code - of the compressor inside: 3 is zlib, 4 Zstandard
 */
export const blosc = (raw: Uint8Array, packed: Uint8Array, width: number, code: number): Uint8Array => {
  const out = new Uint8Array(16 + 4 + 4 + packed.length)
  const view = new DataView(out.buffer)
  const isShuffled = width > 1 ? 1 : 0
  out.set([2, 1, isShuffled | 0x10 | (code << 5), width]) // 0x10: the block is not split
  view.setUint32(4, raw.length, true)
  view.setUint32(8, raw.length, true)
  view.setUint32(12, out.length, true)
  view.setInt32(16, 20, true)
  view.setInt32(20, packed.length, true)
  out.set(packed, 24)
  return out
}
