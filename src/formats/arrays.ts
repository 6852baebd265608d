/** Files of named arrays, in the format that their extension names. */
import type { NdArray } from '../tensor/ndarray.ts'
import { type Arrays, checkNoText, type OpenArrays, type StoredArrays } from './array-format.ts'
import { arrayWriter } from './array-writer.ts'
import { writeAtomic } from './bytes/atomic.ts'
import { bytesAt, inMemory } from './bytes/byte-source.ts'
import { wrong } from './bytes/bytes.ts'
import type { OpenFile } from './bytes/descriptor.ts'
import { openFile, withFile } from './bytes/files.ts'
import { elementOf, encodeElements } from './elements.ts'
import { formatOf, readExtensions, readOnlyFormatOf } from './format-of.ts'
import { checkStoredSafetensors, type Safetensors, wholeSafetensors } from './safetensors.ts'
import { type ArrayField, type StoredArray, storedArray } from './stored-array.ts'
import { isAddress } from './zarr/place.ts'

/**
 * Reads named arrays from a file in one of {@link arrayFormats}, by extension, such as `.npy`, `.npz` and
 * `.safetensors`, or from Zarr. The one array of a `.npy` is named after its file.
 *
 * @throws TweedieError `input` when the file is missing, damaged or of another kind; `io`
 *   when the system refuses.
 * @example
 * ```ts
 * const { y, mask } = readArrays('observations.npz')
 * ```
 */
export const readArrays = (path: string): Arrays => {
  const file = openArrays(path)
  try {
    return Object.fromEntries(Object.keys(file.fields).map((name) => [name, file.whole(name)]))
  } finally {
    file.close()
  }
}

/** A file of arrays that is open: what it holds, and its rows when they are asked for. */
export interface ArrayFile {
  /** What its arrays are, by name. */
  readonly fields: Readonly<Record<string, ArrayField>>
  /** Free text by key, of formats that hold it. */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Entries `from … to − 1` of the first axis of an array, read from the file now.
   *
   * @throws TweedieError `shape` for rows that are not there; `input` for booleans that are neither 0 nor 1;
   * `io` when the system refuses
   */
  readonly rows: (name: string, from: number, to: number) => NdArray
  /** Entries `from … to − 1` of the second axis, for all of the first. @throws TweedieError as `rows` */
  readonly columns: (name: string, from: number, to: number) => NdArray
  /** All of an array. @throws TweedieError as `rows`; `input` for a wrong checksum */
  readonly whole: (name: string) => NdArray
  readonly close: () => void
}

/** The arrays of a format that is read whole: they are in memory. */
const inMemoryArrays = (arrays: Arrays): StoredArrays => ({
  arrays: Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      name,
      {
        ...storedArray(
          inMemory(encodeElements(array)),
          { element: elementOf[array.dtype], littleEndian: true, shape: array.shape },
          name,
        ),
        whole: () => array,
      },
    ]),
  ),
  metadata: {},
})

const storedIn = (file: OpenFile, path: string): StoredArrays => {
  const { open, decode } = formatOf(path)
  return open?.(file, path) ?? inMemoryArrays(decode(bytesAt(file, 0, file.size), path))
}

const openedFile = (path: string): OpenArrays => {
  if (isAddress(path)) throw wrong(path, 'of what lies on a server, only Zarr is read (…/name.zarr)')
  formatOf(path, readExtensions())
  const file = openFile(path)
  try {
    const stored = storedIn(file, path)
    const close = () => {
      stored.close?.()
      file.close()
    }
    return { ...stored, close }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * Opens a file of named arrays, in one of {@link arrayFormats}, for reading rows by their position: only the
 * headers are read beforehand, and checked against the size of the file. So a file may be larger than memory.
 * A Zarr array or group may also lie in a folder or on a server; of it, chunks are decoded when rows of them
 * are asked for, and the last used ones are kept.
 * Deflated members of a `.npz` are inflated once: into memory up to 32 MiB, else into a temporary file when
 * rows are asked for. The checksum of stored ones is looked at when all of it is read, not by rows.
 *
 * @throws TweedieError `input` when the file is missing, damaged or of another kind; `io` when the system
 * refuses
 *
 * @example
 * ```ts
 * const file = openArrays('observations.safetensors')
 * const first = file.rows('y', 0, 64) // [64, ...]
 * file.close()
 * ```
 */
export const openArrays = (path: string): ArrayFile => {
  const { arrays, metadata, close } = readOnlyFormatOf(path)?.open(path) ?? openedFile(path)
  const named = (name: string): StoredArray => {
    if (Object.hasOwn(arrays, name)) return arrays[name]
    throw wrong(path, `has no field '${name}', only ${Object.keys(arrays).join(', ')}`)
  }
  return {
    fields: arrays,
    metadata,
    rows: (name, from, to) => named(name).rows(from, to),
    columns: (name, from, to) => named(name).columns(from, to),
    whole: (name) => named(name).whole(),
    close,
  }
}

/**
 * Writes named arrays in one of {@link arrayFormats}, by extension; the file appears whole or not at all.
 * Unless the format deflates, array by array: nothing of the file is in memory beside them.
 *
 * @param metadata - free text by key, of `.safetensors` only
 * @throws TweedieError `input` when the format cannot hold them; `io` when the system refuses
 *   (disk full, permissions).
 * @example
 * ```ts
 * writeArrays('draws.safetensors', { draws, truth })
 * ```
 */
export const writeArrays = (
  path: string,
  arrays: Readonly<Arrays>,
  metadata: Readonly<Record<string, string>> = {},
): void => {
  const { deflates, encode, layout } = formatOf(path)
  if (deflates || !layout) {
    checkNoText(metadata, path)
    writeAtomic(path, encode(arrays, path))
    return
  }
  const writer = arrayWriter(path, arrays, metadata)
  try {
    for (const [name, array] of Object.entries(arrays)) writer.append(name, array)
    writer.close()
  } finally {
    writer.discard()
  }
}

/** Reads a `.safetensors` file with its metadata. @throws TweedieError as {@link readArrays}. */
export const readSafetensors = (path: string): Safetensors =>
  withFile(path, (file) => wholeSafetensors(file, path))

/**
 * Reads all of a `.safetensors` file, and nothing of it into memory: are the data those that were written?
 *
 * @throws TweedieError as {@link readArrays}
 */
export const checkSafetensors = (path: string): void =>
  withFile(path, (file) => checkStoredSafetensors(file, path))
