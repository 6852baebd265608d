/**
 * Deflated data to be read by position. Deflate is read from its beginning only: data of up to 32 MiB are
 * inflated in memory, larger ones once, piece by piece, into a temporary file.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Inflate } from 'fflate'
import { TweedieError } from '../../error.ts'
import { systemReason } from '../atomic.ts'
import { type ByteSource, bytesAt, eachPiece, inMemory } from '../byte-source.ts'
import { wrong } from '../bytes.ts'
import { fileOf, type OpenFile } from '../files.ts'
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

/** A file that only its descriptor leads to: nothing is left of it, however the process ends. */
const namelessFile = (folder: string): number => {
  const path = join(folder, `tweedie-${randomUUID()}`)
  const descriptor = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return descriptor
}

const writeFully = (descriptor: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
}

const unwritable = (where: string, { size }: Claim, cause: unknown): TweedieError =>
  new TweedieError(
    'io',
    `${where}: its ${size} bytes cannot be unpacked into ${tmpdir()}: ${systemReason(cause)}; ` +
      'name another folder by TMPDIR, or store the file uncompressed',
    { cause },
  )

/** Inflates everything into a temporary file. */
const unpacked = (raw: ByteSource, claim: Claim, where: string): OpenFile => {
  const writing = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw unwritable(where, claim, error)
    }
  }
  const descriptor = writing(() => namelessFile(tmpdir()))
  try {
    let [size, sum] = [0, 0]
    eachInflated(raw, where, (bytes) => {
      if (size + bytes.length > claim.size) throw wrong(where, `inflates to more than ${claim.size} bytes`)
      writing(() => writeFully(descriptor, bytes, size))
      size += bytes.length
      sum = crc32(bytes, sum)
      return true
    })
    if (size !== claim.size) throw wrong(where, `claims ${claim.size} bytes but does not inflate to as many`)
    checkSum(sum, claim.crc, where)
    return fileOf(descriptor, size, where)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
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
export interface CheckedFile extends OpenFile {
  /** All bytes, of a checksum that is right. @throws TweedieError `input` when it is wrong */
  readonly checked: () => ByteSource
}

/**
 * Deflate data (RFC 1951) to be read by position. Up to 32 MiB are inflated now; larger data when bytes after
 * the first 64 KiB are asked for, into a temporary file without a name (in `TMPDIR`), which is gone when it
 * is closed or the process ends. `checked` inflates in memory.
 *
 * @param held - inflated in memory up to so many bytes, default 32 MiB
 * @throws TweedieError `input` for damage, another size and a wrong checksum; `io` when there is no room
 */
export const inflated = (raw: ByteSource, claim: Claim, where: string, held = HELD): CheckedFile => {
  if (claim.size <= held) {
    const content = inflatedWhole(raw, claim, where)
    return { ...content, checked: () => content, close: () => {} }
  }
  const head = headOf(raw, where)
  let file: OpenFile | undefined
  return {
    size: claim.size,
    fill: (target, at) => {
      const end = at + target.length
      if (end <= head.length) return target.set(head.subarray(at, end))
      file ??= unpacked(raw, claim, where)
      file.fill(target, at)
    },
    checked: () => inflatedWhole(raw, claim, where),
    close: () => file?.close(),
  }
}
