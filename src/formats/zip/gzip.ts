import { viewOf, wrong } from '../bytes.ts'
import { BEST_RATIO, crc32, inflate } from './deflate.ts'

/**
 * Gzip files of one member, whose claimed size is checked against the file before
 * anything is allocated (RFC 1952).
 */

const HEADER = 10
const TRAILER = 8
const DEFLATE = 8

/** Bits of the header's flags: what stands between it and the data. */
const CHECKED = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

/** Whether the bytes begin as gzip does. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Start of the data: past extra fields, file name, comment and checksum of the header. */
const dataStart = (bytes: Uint8Array, view: DataView, where: string): number => {
  const flags = bytes[3]
  let at = HEADER
  if (flags & EXTRA && at + 2 <= bytes.length) at += 2 + view.getUint16(at, true)
  for (const flag of [NAME, COMMENT]) {
    if (!(flags & flag)) continue
    const zero = bytes.indexOf(0, at)
    at = zero < 0 ? Number.POSITIVE_INFINITY : zero + 1
  }
  if (flags & CHECKED) at += 2
  if (at + TRAILER > bytes.length) throw wrong(where, 'truncated gzip header')
  return at
}

/**
 * The content of a gzip file, or the bytes themselves when they are not gzip.
 *
 * @param where file, for messages.
 * @throws TweedieError `input` when the file is truncated, damaged, has several members or
 *   claims more than it can hold.
 * @example
 * ```ts
 * const file = 'train-images-idx3-ubyte.gz'
 * const bytes = gunzipped(readBytes(file), file)
 * ```
 */
export const gunzipped = (bytes: Uint8Array, where: string): Uint8Array => {
  if (!isGzip(bytes)) return bytes
  if (bytes.length < HEADER + TRAILER)
    throw wrong(where, `truncated: ${bytes.length} bytes do not hold a gzip file`)
  if (bytes[2] !== DEFLATE) throw wrong(where, `gzip method must be deflate (8), got ${bytes[2]}`)
  const view = viewOf(bytes)
  const start = dataStart(bytes, view, where)
  const end = bytes.length - TRAILER
  const size = view.getUint32(end + 4, true)
  if (size > (end - start) * BEST_RATIO) {
    const claim = `it claims ${size} bytes, which ${end - start} bytes cannot hold`
    throw wrong(where, `truncated, or no gzip file of one member: ${claim}`)
  }
  const content = inflate(bytes.subarray(start, end), size, where)
  if (crc32(content) !== view.getUint32(end, true))
    throw wrong(where, `its checksum is wrong: the data is damaged`)
  return content
}
