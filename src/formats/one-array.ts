/** Files that hold one array, which may be complex or sparse. */
import { extname } from 'node:path'
import { type NdArray, rows } from '../tensor/ndarray.ts'
import { checkSafetensors, openArrays } from './arrays.ts'
import { wrong } from './bytes/bytes.ts'
import type { OpenFile } from './bytes/descriptor.ts'
import { openFile } from './bytes/files.ts'
import { type FileNumbers, type StoredNumbers, storedNumbers } from './npy.ts'
import { openNpzEntries } from './npz.ts'
import { isSparse, readSparse } from './sparse.ts'
import type { ArrayField } from './stored-array.ts'

/**
 * Numbers of which rows are read, or made, when they are asked for. Complex ones have a last axis of two:
 * real part, imaginary part.
 */
export interface NumberRows extends ArrayField {
  readonly complex: boolean
  /** Entries `from … to − 1` of the first axis. */
  readonly rows: (from: number, to: number) => NdArray | Promise<NdArray>
  readonly whole: () => NdArray | Promise<NdArray>
}

/** The one array of a file that is open. */
export interface OpenNumbers extends NumberRows {
  readonly rows: (from: number, to: number) => NdArray
  readonly whole: () => NdArray
  readonly close: () => void
}

/** Numbers in memory as rows. */
export const heldNumbers = ({ array, complex }: FileNumbers): OpenNumbers => ({
  dtype: array.dtype,
  shape: array.shape,
  complex,
  rows: (from, to) => rows(array, from, to),
  whole: () => array,
  close: () => {},
})

const onlyOf = (values: Readonly<Record<string, unknown>>, path: string): string => {
  const keys = Object.keys(values)
  if (keys.length === 1) return keys[0]
  throw wrong(path, `must hold one array, got ${keys.join(', ')}`)
}

/** Numbers where they lie in a file. */
const lyingIn = ({ dtype, shape, complex, rows, whole }: StoredNumbers, close: () => void): OpenNumbers => ({
  dtype,
  shape,
  complex,
  rows,
  whole,
  close,
})

/** Opens a file for numbers that are closed with it; what opening throws closes it, too. */
const openedFrom = (path: string, open: (file: OpenFile, close: () => void) => OpenNumbers): OpenNumbers => {
  const file = openFile(path)
  try {
    return open(file, file.close)
  } catch (error) {
    file.close()
    throw error
  }
}

const fromNpz = (path: string): OpenNumbers =>
  openedFrom(path, (file, closeFile) => {
    const entries = openNpzEntries(file, path)
    const close = () => {
      for (const entry of Object.values(entries)) entry.close()
      closeFile()
    }
    for (const entry of Object.values(entries)) entry.check()
    if (isSparse(entries)) return { ...heldNumbers(readSparse(entries, path)), close }
    return lyingIn(storedNumbers(entries[onlyOf(entries, path)], path), close)
  })

/** The one array of a file of named arrays. */
const fromArrays = (path: string): OpenNumbers => {
  const file = openArrays(path)
  try {
    const name = onlyOf(file.fields, path)
    const { dtype, shape } = file.fields[name]
    return {
      dtype,
      shape,
      complex: false,
      rows: (from, to) => file.rows(name, from, to),
      whole: () => file.whole(name),
      close: file.close,
    }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * Opens the one array of a file, by its extension, for reading rows of it. Complex numbers, of `.npy` and
 * `.npz`, have a last axis of two: real part, imaginary part. A matrix that `scipy.sparse.save_npz` wrote in
 * CSR comes dense. Checksums are looked at here, without holding what they are of.
 *
 * @throws TweedieError `input` when the file is missing, damaged or holds several arrays; `io` when the
 * system refuses
 *
 * @example
 * ```ts
 * const { shape, rows, close } = openOneArray('kspace.npy')
 * const first = rows(0, 16)
 * close()
 * ```
 */
export const openOneArray = (path: string): OpenNumbers => {
  const extension = extname(path).toLowerCase()
  if (extension === '.npy')
    return openedFrom(path, (file, close) => lyingIn(storedNumbers(file, path), close))
  if (extension === '.npz') return fromNpz(path)
  if (extension === '.safetensors') checkSafetensors(path)
  return fromArrays(path)
}

/**
 * The one array of a file, see {@link openOneArray}, in memory.
 *
 * @throws TweedieError as {@link openOneArray}
 *
 * @example
 * ```ts
 * const { array, complex } = readOneArray('kspace.npy')
 * ```
 */
export const readOneArray = (path: string): FileNumbers => {
  const { complex, whole, close } = openOneArray(path)
  try {
    return { array: whole(), complex }
  } finally {
    close()
  }
}
