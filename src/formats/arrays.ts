import { basename, extname } from 'node:path'
import { TweedieError } from '../error.ts'
import type { NdArray } from '../tensor/ndarray.ts'
import { writeAtomic } from './atomic.ts'
import { readBytes } from './files.ts'
import { decodeNpy, encodeNpy } from './npy.ts'
import { decodeNpz, encodeNpz } from './npz.ts'
import { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.ts'

/** Named arrays, as a file holds them. */
export type Arrays = Record<string, NdArray>

/** A file format of named arrays, as pure functions of bytes. */
export interface ArrayFormat {
  /** Arrays of the bytes of a file; `path` is for messages. @throws TweedieError `input` for damage */
  readonly decode: (bytes: Uint8Array, path: string) => Arrays
  /**
   * Bytes of a file; `path` is for messages.
   *
   * @throws TweedieError `input` when the format cannot hold them
   */
  readonly encode: (arrays: Readonly<Arrays>, path: string) => Uint8Array
}

const only = (arrays: Readonly<Arrays>, path: string): NdArray => {
  const values = Object.values(arrays)
  if (values.length === 1) return values[0]
  throw new TweedieError(
    'input',
    `${path}: a .npy file holds one array, got ${values.length}; use .npz or .safetensors`,
  )
}

/** The formats by file extension; the one array of a `.npy` is named after its file. */
export const arrayFormats: Readonly<Record<string, ArrayFormat>> = {
  '.npy': {
    decode: (bytes, path) => ({ [basename(path, extname(path))]: decodeNpy(bytes, path) }),
    encode: (arrays, path) => encodeNpy(only(arrays, path)),
  },
  '.npz': { decode: decodeNpz, encode: (arrays) => encodeNpz(arrays) },
  '.safetensors': {
    decode: (bytes, path) => decodeSafetensors(bytes, path).arrays,
    encode: (arrays) => encodeSafetensors(arrays),
  },
}

const formatOf = (path: string): ArrayFormat => {
  const extension = extname(path).toLowerCase()
  if (Object.hasOwn(arrayFormats, extension)) return arrayFormats[extension]
  const known = Object.keys(arrayFormats).join(', ')
  throw new TweedieError('input', `${path}: extension must be one of ${known}, got '${extension}'`)
}

/**
 * Reads named arrays from `.npy`, `.npz` or `.safetensors`, by extension.
 *
 * @throws TweedieError `input` when the file is missing, damaged or of another kind; `io`
 *   when the system refuses.
 * @example
 * ```ts
 * const { y, mask } = readArrays('observations.npz')
 * ```
 */
export const readArrays = (path: string): Arrays => {
  const format = formatOf(path)
  return format.decode(readBytes(path), path)
}

/**
 * Writes named arrays to `.npy`, `.npz` or `.safetensors`, by extension; the file
 * appears whole or not at all.
 *
 * @throws TweedieError `input` when the format cannot hold them; `io` when the system refuses
 *   (disk full, permissions).
 * @example
 * ```ts
 * writeArrays('draws.safetensors', { draws, truth })
 * ```
 */
export const writeArrays = (path: string, arrays: Readonly<Arrays>): void =>
  writeAtomic(path, formatOf(path).encode(arrays, path))

/** Reads a `.safetensors` file with its metadata. @throws TweedieError as {@link readArrays}. */
export const readSafetensors = (path: string): Safetensors => decodeSafetensors(readBytes(path), path)
