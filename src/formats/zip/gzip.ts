import { type ByteSource, bytesAt, inMemory, partOf } from '../bytes/byte-source.ts'
import { viewOf, wrong } from '../bytes/bytes.ts'
import { BEST_RATIO, inflate } from './deflate.ts'
import { type CheckedFile, type Claim, checkCrc, inflated } from './inflated.ts'

/**
 * Gzip files of one member, whose claimed size is checked against the file before anything is allocated (RFC
 * 1952).
 */

const HEADER = 10
const TRAILER = 8
const DEFLATE = 8

/** Bits of the header's flags: what stands between it and the data. */
const CHECKED = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

/** Bytes that a header has, at most: names and comments are short. */
const LONGEST_HEADER = 2 ** 17

/** Whether the bytes begin as gzip does. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Start of the data: past extra fields, file name, comment and checksum of the header. */
const dataStart = (bytes: Uint8Array, size: number, where: string): number => {
  const flags = bytes[3]
  let at = HEADER
  if (flags & EXTRA && at + 2 <= bytes.length) at += 2 + viewOf(bytes).getUint16(at, true)
  for (const flag of [NAME, COMMENT]) {
    if (!(flags & flag)) continue
    const zero = bytes.indexOf(0, at)
    at = zero < 0 ? Number.POSITIVE_INFINITY : zero + 1
  }
  if (flags & CHECKED) at += 2
  if (at + TRAILER > size) throw wrong(where, 'truncated gzip header')
  return at
}

/** The deflated data of a gzip file, and what it says of them. */
const deflatedIn = (source: ByteSource, where: string): { raw: ByteSource; claim: Claim } => {
  if (source.size < HEADER + TRAILER)
    throw wrong(where, `truncated: ${source.size} bytes do not hold a gzip file`)
  const header = bytesAt(source, 0, Math.min(LONGEST_HEADER, source.size))
  if (header[2] !== DEFLATE) throw wrong(where, `gzip method must be deflate (8), got ${header[2]}`)
  const start = dataStart(header, source.size, where)
  const end = source.size - TRAILER
  const trailer = viewOf(bytesAt(source, end, TRAILER))
  const [crc, size] = [trailer.getUint32(0, true), trailer.getUint32(4, true)]
  if (size > (end - start) * BEST_RATIO) {
    const claim = `it claims ${size} bytes, which ${end - start} bytes cannot hold`
    throw wrong(where, `truncated, or no gzip file of one member: ${claim}`)
  }
  return { raw: partOf(source, start, end - start), claim: { size, crc } }
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
  const { raw, claim } = deflatedIn(inMemory(bytes), where)
  const content = inflate(bytesAt(raw, 0, raw.size), claim.size, where)
  checkCrc(inMemory(content), claim.crc, where)
  return content
}

/**
 * The content of a file that may be gzipped, to be read by position: as `inflated` has it where it is.
 *
 * @throws TweedieError `input` as {@link gunzipped}
 */
export const openGunzipped = (source: ByteSource, where: string): CheckedFile => {
  if (!isGzip(bytesAt(source, 0, Math.min(2, source.size))))
    return { ...source, check: () => {}, checked: () => source, close: () => {} }
  const { raw, claim } = deflatedIn(source, where)
  return inflated(raw, claim, where)
}
