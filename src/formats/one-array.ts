/** Files that hold one array, which may be complex or sparse. */
import { extname } from 'node:path'
import { readArrays } from './arrays.ts'
import type { ByteSource } from './bytes/byte-source.ts'
import { wrong } from './bytes/bytes.ts'
import { withFile } from './bytes/files.ts'
import { type FileNumbers, readNumbers } from './npy.ts'
import { npzEntries } from './npz.ts'
import { isSparse, readSparse } from './sparse.ts'

const onlyOf = <T>(values: Readonly<Record<string, T>>, path: string): T => {
  const keys = Object.keys(values)
  if (keys.length === 1) return values[keys[0]]
  throw wrong(path, `must hold one array, got ${keys.join(', ')}`)
}

const fromNpz = (source: ByteSource, path: string): FileNumbers => {
  const entries = npzEntries(source, path)
  return isSparse(entries) ? readSparse(entries, path) : readNumbers(onlyOf(entries, path), path)
}

/**
 * The one array of a file, by its extension. Complex numbers, of `.npy` and `.npz`, have a last axis of two:
 * real part, imaginary part. A matrix that `scipy.sparse.save_npz` wrote in CSR comes dense.
 *
 * @throws TweedieError `input` when the file is missing, damaged or holds several arrays; `io` when the
 * system refuses
 *
 * @example
 * ```ts
 * const { array, complex } = readOneArray('kspace.npy')
 * ```
 */
export const readOneArray = (path: string): FileNumbers => {
  const extension = extname(path).toLowerCase()
  if (extension === '.npy') return withFile(path, (file) => readNumbers(file, path))
  if (extension === '.npz') return withFile(path, (file) => fromNpz(file, path))
  return { array: onlyOf(readArrays(path), path), complex: false }
}
