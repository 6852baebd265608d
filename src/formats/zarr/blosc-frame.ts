/**
 * Whether a frame of Blosc 1 is sound, before numcodecs unpacks it: its build for the web does not look
 * whether that worked, and gives whatever stands in its memory.
 *
 * https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
 */
import { inflateSync } from 'node:zlib'
import { viewOf } from '../bytes/bytes.ts'
import { checkClaim, checkLong } from './packed-size.ts'

/** Size of the header, and flags: a plain copy, blocks that are not split. */
const [HEADER, COPIED, WHOLE] = [16, 2, 0x10]

/** Blocks are split by the bytes of elements of at most so many, when each part has at least so many. */
const [MOST_SPLITS, LEAST_PART] = [16, 128]

/** Codes of the compressors within. */
const [LZ4, ZLIB, ZSTD] = [1, 3, 4]

const damaged = (): Error => new Error('its compressed data is damaged')

/** What a block of LZ4 unpacks to: literals and matches, of which lengths from 15 on go on in more bytes. */
const lz4Size = (bytes: Uint8Array): number => {
  let [at, size] = [0, 0]
  const lengthOf = (nibble: number): number => {
    let length = nibble
    for (let more = nibble === 15; more; ) {
      const byte = bytes[at++] ?? Number.NaN
      length += byte
      more = byte === 255
    }
    return length
  }
  for (;;) {
    const token = bytes[at++]
    const literals = lengthOf(token >> 4)
    at += literals
    size += literals
    if (at === bytes.length) return size
    if (!(at + 2 <= bytes.length)) throw damaged()
    const offset = bytes[at] | (bytes[at + 1] << 8)
    at += 2
    if (offset === 0 || offset > size) throw damaged()
    size += lengthOf(token & 15) + 4
  }
}

const zlibSize = (bytes: Uint8Array, most: number): number => {
  try {
    return inflateSync(bytes, { maxOutputLength: most }).length
  } catch {
    throw damaged()
  }
}

/** The compressed parts of the blocks, and how many bytes each one makes. */
function* partsOf(bytes: Uint8Array, size: number): Generator<readonly [Uint8Array, number]> {
  const view = viewOf(bytes)
  const [flags, width, block] = [bytes[2], bytes[3], view.getUint32(8, true)]
  const count = Math.ceil(size / block)
  if (!(block > 0 && width > 0 && HEADER + 4 * count <= bytes.length)) throw damaged()
  for (let i = 0; i < count; i++) {
    const own = Math.min(block, size - i * block)
    const isSplit = !(flags & WHOLE) && width <= MOST_SPLITS && block / width >= LEAST_PART && own === block
    const parts = isSplit ? width : 1
    let at = view.getUint32(HEADER + 4 * i, true)
    for (let part = 0; part < parts; part++) {
      if (at + 4 > bytes.length) throw damaged()
      const length = view.getUint32(at, true)
      at += 4
      if (at + length > bytes.length) throw damaged()
      yield [bytes.subarray(at, at + length), Math.floor(own / parts)]
      at += length
    }
  }
}

/**
 * Blosc's own blosclz, and Snappy, are only looked at from outside.
 *
 * @param most - bytes of a chunk
 * @param unzstd - unpacks a frame of Zstandard, or throws
 * @throws Error for a frame that is cut off, damaged, or holds more than a chunk
 */
export const checkBlosc = async (
  bytes: Uint8Array,
  most: number,
  unzstd: (bytes: Uint8Array, most: number) => Promise<Uint8Array>,
): Promise<void> => {
  checkLong(bytes, HEADER)
  const view = viewOf(bytes)
  const [size, compressed] = [view.getUint32(4, true), view.getUint32(12, true)]
  if (compressed !== bytes.length) {
    const what = compressed > bytes.length ? 'truncated' : 'too long'
    throw new Error(`${what}: ${compressed} bytes said, ${bytes.length} there`)
  }
  checkClaim(size, most)
  const code = bytes[2] >> 5
  if (bytes[2] & COPIED) {
    if (bytes.length !== HEADER + size) throw damaged()
    return
  }
  for (const [part, expected] of partsOf(bytes, size)) {
    if (part.length === expected) continue // as it is
    if (code === LZ4 && lz4Size(part) !== expected) throw damaged()
    if (code === ZLIB && zlibSize(part, expected) !== expected) throw damaged()
    if (code === ZSTD && (await unzstd(part, expected)).length !== expected) throw damaged()
  }
}
