/**
 * `.safetensors` files of any size, written and read array by array: never more in memory than the arrays and
 * a piece of 64 MiB.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import type { NdArray } from '../tensor/ndarray.ts'
import type { ArrayFormat } from './array-format.ts'
import { PIECE, writeAtomicBy, writeFully } from './atomic.ts'
import { wrong } from './bytes.ts'
import { checkDigest, digest } from './digest.ts'
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
 * Writes the bytes of `encodeSafetensors` to a file, which appears whole or not at all. The digest of the
 * data stands before them: its place is filled in last.
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
  const { bytes, digestAt, order } = encodeHeader(arrays, metadata)
  writeAtomicBy(path, (descriptor) => {
    const { add, hex } = digest()
    writeFully(descriptor, bytes)
    for (const array of order) {
      const elements = encodeElements(array)
      add(elements)
      writeFully(descriptor, elements)
    }
    writeSync(descriptor, hex(), digestAt, 'latin1')
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

/**
 * Reads a `.safetensors` file with its metadata, array by array.
 *
 * @throws TweedieError `input` when the file is missing, damaged or none; `io` when the system refuses
 */
export const readSafetensors = (path: string): Safetensors => {
  const { entries, metadata, digest: expected, read, close } = openSafetensors(path)
  try {
    const { add, hex } = digest()
    const found = new Map<string, NdArray>()
    for (const { key, element, shape, begin } of [...entries].sort((a, b) => a.begin - b.begin)) {
      const fill = (into: Uint8Array): void => {
        for (let at = 0; at < into.length; at += PIECE) {
          const piece = into.subarray(at, at + PIECE)
          read(piece, begin + at)
          if (expected !== undefined) add(piece)
        }
      }
      found.set(key, readElements(element, shape, fill, true, `${path}: field '${key}'`))
    }
    if (expected !== undefined) checkDigest(expected, hex(), path)
    return { arrays: Object.fromEntries(inOrder(entries, found, path)), metadata }
  } finally {
    close()
  }
}

/** The arrays in the order of the header. */
const inOrder = (
  entries: SafetensorsHeader['entries'],
  found: ReadonlyMap<string, NdArray>,
  path: string,
): (readonly [string, NdArray])[] =>
  entries.map(({ key }) => {
    const array = found.get(key)
    if (!array) throw wrong(path, `field '${key}' is missing`)
    return [key, array] as const
  })

/**
 * Reads all of a file, and nothing of it into memory: are the data those that were written?
 *
 * @throws TweedieError as {@link readSafetensors}
 */
export const checkSafetensors = (path: string): void => {
  const { entries, digest: expected, read, close } = openSafetensors(path)
  try {
    if (expected === undefined) return
    const size = Math.max(0, ...entries.map(({ end }) => end))
    const { add, hex } = digest()
    const piece = new Uint8Array(Math.min(PIECE, size))
    for (let at = 0; at < size; at += PIECE) {
      const part = piece.subarray(0, Math.min(PIECE, size - at))
      read(part, at)
      add(part)
    }
    checkDigest(expected, hex(), path)
  } finally {
    close()
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
