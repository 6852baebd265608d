/** Files of named arrays, in the format that their extension names. */
import { extname } from 'node:path'
import { TweedieError } from '../error.ts'
import type { ArrayFormat, Arrays } from './array-format.ts'
import { arrayFormats } from './array-formats.ts'
import { writeAtomic } from './atomic.ts'
import { readBytes } from './files.ts'

/** Extensions of the formats of arrays: all of them, or those that hold several arrays. */
export const arrayExtensions = ({ several = false }: { readonly several?: boolean } = {}): string[] =>
  Object.keys(arrayFormats).filter((extension) => !several || arrayFormats[extension].several)

const formatOf = (path: string): ArrayFormat => {
  const extension = extname(path).toLowerCase()
  if (Object.hasOwn(arrayFormats, extension)) return arrayFormats[extension]
  const known = arrayExtensions().join(', ')
  throw new TweedieError('input', `${path}: extension must be one of ${known}, got '${extension}'`)
}

/**
 * Reads named arrays from a file in one of {@link arrayFormats}, by extension, such as `.npy`, `.npz` and
 * `.safetensors`. The one array of a `.npy` is named after its file.
 *
 * @throws TweedieError `input` when the file is missing, damaged or of another kind; `io`
 *   when the system refuses.
 * @example
 * ```ts
 * const { y, mask } = readArrays('observations.npz')
 * ```
 */
export const readArrays = (path: string): Arrays => {
  const { read, decode } = formatOf(path)
  return read ? read(path) : decode(readBytes(path), path)
}

/**
 * Writes named arrays in one of {@link arrayFormats}, by extension; the file appears whole or not at all.
 *
 * @throws TweedieError `input` when the format cannot hold them; `io` when the system refuses
 *   (disk full, permissions).
 * @example
 * ```ts
 * writeArrays('draws.safetensors', { draws, truth })
 * ```
 */
export const writeArrays = (path: string, arrays: Readonly<Arrays>): void => {
  const { write, encode } = formatOf(path)
  if (write) write(path, arrays)
  else writeAtomic(path, encode(arrays, path))
}
