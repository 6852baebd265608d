import { inflateSync } from 'fflate'
import { TweedieError } from '../../error.ts'

/**
 * Shared by archives of deflated data: the bound on expansion, the checksum, inflation into a
 * claimed size (RFC 1951, 1952).
 */

/** Deflate cannot expand more than this: 258 bytes for 2 bits. */
export const BEST_RATIO = 1032

/** What a byte adds to the checksum. */
const ofByte = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** The same of a byte that 1, 2, … 7 bytes follow. */
const [ofByte1, ofByte2, ofByte3, ofByte4, ofByte5, ofByte6, ofByte7] = Array.from(
  { length: 7 },
  (_, after) =>
    ofByte.map((crc) => {
      let later = crc
      for (let byte = 0; byte <= after; byte++) later = ofByte[later & 0xff] ^ (later >>> 8)
      return later
    }),
)

/**
 * The checksum of zip and gzip, eight bytes at a time (Kounavis & Berry 2008, slicing by 8).
 *
 * @param before - checksum of the bytes before these, where there are some
 */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let crc = ~before
  const whole = bytes.length - (bytes.length % 8)
  for (let i = 0; i < whole; i += 8) {
    const first = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24))
    crc =
      ofByte7[first & 0xff] ^
      ofByte6[(first >>> 8) & 0xff] ^
      ofByte5[(first >>> 16) & 0xff] ^
      ofByte4[first >>> 24] ^
      ofByte3[bytes[i + 4]] ^
      ofByte2[bytes[i + 5]] ^
      ofByte1[bytes[i + 6]] ^
      ofByte[bytes[i + 7]]
  }
  for (let i = whole; i < bytes.length; i++) crc = ofByte[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}

const reserve = (size: number, where: string): Uint8Array => {
  try {
    return new Uint8Array(size)
  } catch (error) {
    throw new TweedieError('input', `${where}: ${size} bytes do not fit into memory`, { cause: error })
  }
}

/**
 * Inflates raw deflate data into a buffer one byte longer than claimed, so that too much data shows.
 *
 * @param size bytes claimed; the caller has checked them against {@link BEST_RATIO}.
 * @param where file and entry, for messages.
 * @throws TweedieError `input` when the data is damaged or inflates to another size.
 */
export const inflate = (raw: Uint8Array, size: number, where: string): Uint8Array => {
  const out = reserve(size + 1, where)
  let inflated: Uint8Array
  try {
    inflated = inflateSync(raw, { out })
  } catch (error) {
    throw new TweedieError('input', `${where}: its compressed data is damaged`, { cause: error })
  }
  if (inflated.length !== size)
    throw new TweedieError('input', `${where}: claims ${size} bytes but does not inflate to as many`)
  return inflated
}
