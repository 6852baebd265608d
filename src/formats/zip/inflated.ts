/**
 * Deflated data to be read by position. Deflate is read from its beginning only: data of up to 32 MiB are
 * inflated in memory, larger ones once, piece by piece, into a temporary file.
 */
import { Inflate } from 'fflate'
import { TweedieError } from '../../error.ts'
import { type ByteSource, bytesAt, eachPiece, inMemory, type Scratch } from '../bytes/byte-source.ts'
import { wrong } from '../bytes/bytes.ts'
import { crc32, inflate } from './deflate.ts'

/** What a header says of the data that are deflated. */
export interface Claim {
  /** Bytes; the caller has checked that the deflated ones can hold so many. */
  readonly size: number
  readonly crc: number
}

/** Data up to so many bytes are held in memory. */
const HELD = 2 ** 25

/** Bytes that are inflated at once, to 66 MB at most. */
const PIECE = 2 ** 16

/** Bytes from the beginning on that are known before all is inflated: more than headers have. */
const HEAD = 2 ** 16

const damaged = (where: string, cause?: unknown): TweedieError =>
  new TweedieError('input', `${where}: its compressed data is damaged`, { cause })

/** @throws TweedieError `input` */
const checkSum = (sum: number, crc: number, where: string): void => {
  if (sum !== crc) throw wrong(where, 'its checksum is wrong: the data is damaged')
}

/** Calls `see` with inflated bytes in order, until it returns false. */
const eachInflated = (raw: ByteSource, where: string, see: (bytes: Uint8Array) => boolean): void => {
  const inflated: Uint8Array[] = []
  const stream = new Inflate((bytes) => inflated.push(bytes))
  for (let at = 0; at < raw.size; at += PIECE) {
    const piece = bytesAt(raw, at, Math.min(PIECE, raw.size - at))
    try {
      stream.push(piece, at + PIECE >= raw.size)
    } catch (error) {
      throw damaged(where, error)
    }
    for (const bytes of inflated.splice(0)) if (!see(bytes)) return
  }
}

/** The first bytes. */
const headOf = (raw: ByteSource, where: string): Uint8Array => {
  const head = new Uint8Array(HEAD)
  let known = 0
  eachInflated(raw, where, (bytes) => {
    const some = bytes.subarray(0, HEAD - known)
    head.set(some, known)
    known += some.length
    return known < HEAD
  })
  return head.subarray(0, known)
}

/** Inflates everything into a temporary file. */
const unpacked = (raw: ByteSource, claim: Claim, room: Scratch, where: string): ByteSource => {
  let [size, sum] = [0, 0]
  eachInflated(raw, where, (bytes) => {
    if (size + bytes.length > claim.size) throw wrong(where, `inflates to more than ${claim.size} bytes`)
    room.write(bytes, size)
    size += bytes.length
    sum = crc32(bytes, sum)
    return true
  })
  if (size !== claim.size) throw wrong(where, `claims ${claim.size} bytes but does not inflate to as many`)
  checkSum(sum, claim.crc, where)
  return room.file(size)
}

/**
 * Inflates deflate data (RFC 1951) in memory.
 *
 * @throws TweedieError `input` for damage, another size and a wrong checksum
 */
const inflatedWhole = (raw: ByteSource, { size, crc }: Claim, where: string): ByteSource => {
  const content = inMemory(inflate(bytesAt(raw, 0, raw.size), size, where))
  checkCrc(content, crc, where)
  return content
}

/** @throws TweedieError `input` when the bytes of a source have another checksum */
export const checkCrc = (content: ByteSource, crc: number, where: string): void => {
  let sum = 0
  eachPiece(content, (piece) => {
    sum = crc32(piece, sum)
  })
  checkSum(sum, crc, where)
}

/** Bytes to be read by position, and all of them. */
export interface CheckedFile extends ByteSource {
  readonly close: () => void
  /**
   * Looks at the checksum of bytes that lie in a file, and holds none of them; that of inflated ones is
   * looked at when they are inflated.
   *
   * @throws TweedieError `input` when it is wrong
   */
  readonly check: () => void
  /** All bytes, of a checksum that is right. @throws TweedieError `input` when it is wrong */
  readonly checked: () => ByteSource
}

/**
 * Deflate data (RFC 1951) to be read by position. Up to 32 MiB, and what is deflated in memory already, are
 * inflated now; larger data of a file when bytes after
 * the first 64 KiB are asked for, into a temporary file without a name (in `TMPDIR`), which is gone when it
 * is closed or the process ends. `checked` inflates in memory.
 *
 * @param held - inflated in memory up to so many bytes, default 32 MiB
 * @throws TweedieError `input` for damage, another size and a wrong checksum; `io` when there is no room
 */
export const inflated = (raw: ByteSource, claim: Claim, where: string, held = HELD): CheckedFile => {
  const { scratch } = raw
  if (claim.size <= held || !scratch) {
    const content = inflatedWhole(raw, claim, where)
    return { ...content, check: () => {}, checked: () => content, close: () => {} }
  }
  const head = headOf(raw, where)
  let room: Scratch | undefined
  let file: ByteSource | undefined
  return {
    size: claim.size,
    fill: (target, at) => {
      const end = at + target.length
      if (end <= head.length) return target.set(head.subarray(at, end))
      room ??= scratch(claim.size, where)
      file ??= unpacked(raw, claim, room, where)
      file.fill(target, at)
    },
    check: () => {},
    checked: () => inflatedWhole(raw, claim, where),
    close: () => room?.close(),
  }
}
