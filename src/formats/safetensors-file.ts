/**
 * `.safetensors` files of any size, written and read array by array: never more in memory than the arrays and
 * a piece of 64 MiB.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { NdArray } from '../tensor/ndarray.ts'
import type { ArrayFormat } from './array-format.ts'
import { PIECE, writeAtomicBy, writeFully } from './atomic.ts'
import { checkDigest, digest, digestOf } from './digest.ts'
import { encodeElements, readElements } from './elements.ts'
import { checkRegular, unreadable } from './files.ts'
import {
  decodeSafetensors,
  encodeHeader,
  encodeSafetensors,
  headerBytes,
  parseHeader,
  type Safetensors,
  type SafetensorsHeader,
} from './safetensors.ts'

/**
 * Writes the bytes of `encodeSafetensors` to a file, which appears whole or not at all. The digests of
 * the arrays stand before them: their place is filled in last.
 *
 * @param path - of the file
 * @throws TweedieError `input` when an array is called `__metadata__`; `io` when the system refuses
 *
 * @example
 * ```ts
 * writeSafetensors('x.safetensors', { x: ndarray([1, 2, 3]) }, { unit: 'K' })
 * ```
 */
export const writeSafetensors = (
  path: string,
  arrays: Readonly<Record<string, NdArray>>,
  metadata: Readonly<Record<string, string>> = {},
): void => {
  const { bytes, digestsAt, order } = encodeHeader(arrays, metadata)
  writeAtomicBy(path, (descriptor) => {
    writeFully(descriptor, bytes)
    const digests = order.map((array) => {
      const elements = encodeElements(array)
      writeFully(descriptor, elements)
      return digestOf(elements)
    })
    writeFully(descriptor, Buffer.from(digests.join('')), digestsAt)
  })
}

/** An open file: what its header says, where its data begin, and reading by offset. */
export interface OpenSafetensors extends SafetensorsHeader {
  /** Byte of the file at which the data begin. */
  readonly start: number
  /** Fills `into` from this byte of the data on. */
  read(into: Uint8Array, at: number): void
  close(): void
}

/** Fills `into` from a byte of a file on. */
const readFully = (descriptor: number, into: Uint8Array, from: number): void => {
  for (let done = 0; done < into.length; ) {
    const count = readSync(descriptor, into, done, Math.min(PIECE, into.length - done), from + done)
    if (count === 0) throw new Error(`file became shorter while it was read, at byte ${from + done}`)
    done += count
  }
}

/**
 * Opens a file and reads its header. The digest is not checked: that would take all of the data.
 *
 * @throws TweedieError `input` when there is no such file or it is damaged; `io` when the system refuses
 */
export const openSafetensors = (path: string): OpenSafetensors => {
  let descriptor: number | undefined
  try {
    checkRegular(path)
    descriptor = openSync(path, 'r')
    const file = descriptor
    const { size } = fstatSync(file)
    const first = new Uint8Array(Math.min(8, size))
    readFully(file, first, 0)
    const start = headerBytes(first, size, path)
    const json = new Uint8Array(start - 8)
    readFully(file, json, 8)
    return {
      ...parseHeader(json, size - start, path),
      start,
      read: (into, at) => {
        try {
          readFully(file, into, start + at)
        } catch (error) {
          throw unreadable(path, error)
        }
      },
      close: () => closeSync(file),
    }
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor)
    throw unreadable(path, error)
  }
}

/** Calls `see` with the bytes of an array, piece by piece, where `room` has place for them. */
const eachPiece = (
  { read }: OpenSafetensors,
  { begin, end }: Pick<SafetensorsHeader['entries'][number], 'begin' | 'end'>,
  room: (from: number, to: number) => Uint8Array,
  see: (piece: Uint8Array) => void,
): void => {
  for (let at = 0; at < end - begin; at += PIECE) {
    const piece = room(at, Math.min(at + PIECE, end - begin))
    read(piece, begin + at)
    see(piece)
  }
}

/**
 * Reads a `.safetensors` file with its metadata, array by array.
 *
 * @throws TweedieError `input` when the file is missing, damaged or none; `io` when the system refuses
 */
export const readSafetensors = (path: string): Safetensors => {
  const file = openSafetensors(path)
  try {
    const arrays = file.entries.map((entry) => {
      const where = `${path}: field '${entry.key}'`
      const { add, hex } = digest()
      const fill = (into: Uint8Array): void =>
        eachPiece(file, entry, (from, to) => into.subarray(from, to), entry.digest ? add : () => {})
      const array = readElements(entry.element, entry.shape, fill, true, where)
      if (entry.digest !== undefined) checkDigest(entry.digest, hex(), where)
      return [entry.key, array] as const
    })
    return { arrays: Object.fromEntries(arrays), metadata: file.metadata }
  } finally {
    file.close()
  }
}

/**
 * Reads all of a file, and nothing of it into memory: are the data those that were written?
 *
 * @throws TweedieError as {@link readSafetensors}
 */
export const checkSafetensors = (path: string): void => {
  const file = openSafetensors(path)
  try {
    const spare = new Uint8Array(Math.min(PIECE, Math.max(0, ...file.entries.map((e) => e.end - e.begin))))
    for (const entry of file.entries) {
      if (entry.digest === undefined) continue
      const { add, hex } = digest()
      eachPiece(file, entry, (from, to) => spare.subarray(0, to - from), add)
      checkDigest(entry.digest, hex(), `${path}: field '${entry.key}'`)
    }
  } finally {
    file.close()
  }
}

/** Its metadata are read by {@link readSafetensors}. */
export const safetensorsFormat: ArrayFormat = {
  several: true,
  decode: (bytes, path) => decodeSafetensors(bytes, path).arrays,
  encode: (arrays) => encodeSafetensors(arrays),
  read: (path) => readSafetensors(path).arrays,
  write: (path, arrays) => writeSafetensors(path, arrays),
}
