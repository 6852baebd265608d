/** Digests of content: SHA-256 in hexadecimal (FIPS 180-4). */
import { type ByteSource, eachPiece } from './byte-source.ts'
import { wrong } from './bytes.ts'
import { type Sha256, sha256 } from './sha256.ts'

/** Bytes of one update: a call takes less than 2 GiB. */
const PIECE = 2 ** 26

/** What stands in the place of a digest until it is known. */
export const NO_DIGEST = '0'.repeat(64)

/** A digest of nothing yet. */
export const digest = (): Sha256 => {
  const { add, hex } = sha256()
  return {
    add: (bytes) => {
      for (let at = 0; at < bytes.length; at += PIECE) add(bytes.subarray(at, at + PIECE))
    },
    hex,
  }
}

/** The digest of all bytes of a source, a piece in memory at a time. */
export const digestOf = (source: ByteSource): string => {
  const { add, hex } = digest()
  eachPiece(source, add)
  return hex()
}

/**
 * @param where - file and field, for the message
 * @throws TweedieError `input` when bytes are not those that were written
 */
export const checkDigest = (expected: string, got: string, where: string): void => {
  if (expected === got) return
  const short = (hex: string) => `${hex.slice(0, 12)}…`
  throw wrong(
    where,
    `damaged: its bytes should have SHA-256 ${short(expected)}, got ${short(got)}; ` +
      'fetch or make the file again',
  )
}
