import { statSync } from 'node:fs'
import type { Dataset, File } from 'h5wasm/node'
import { TweedieError } from '../error.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { wrong } from './bytes.ts'
import { BEST_RATIO } from './deflate.ts'
import { unreadable } from './files.ts'

/**
 * Arrays in HDF5 files, by h5wasm: the HDF Group's own library in WebAssembly, where damage cannot reach
 * beyond its sandbox. The module has 4 MB and is loaded by the first file that needs it.
 */
const loadLibrary = async () => {
  const { ready, File } = await import('h5wasm/node')
  // without this, errors go to stderr and values come back as if nothing had happened
  ;(await ready).activate_throwing_error_handler()
  return { File }
}

let library: ReturnType<typeof loadLibrary> | undefined

/** The innermost reason of the library's error stack: `file signature not found`. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const causes = [...message.matchAll(/^\s*#\d+: .*?\(\): (.+)$/gm)]
  return causes.at(-1)?.[1] ?? message.split('\n')[0]
}

/** Opens a file, does something with it and closes it; whatever the library says becomes one line. */
const withFile = async <T>(path: string, use: (file: File) => T): Promise<T> => {
  library ??= loadLibrary()
  const { File } = await library
  try {
    const file = new File(path, 'r')
    try {
      return use(file)
    } finally {
      file.close()
    }
  } catch (error) {
    if (error instanceof TweedieError) throw error
    throw new TweedieError('input', `${path}: cannot be read as HDF5: ${reasonOf(error)}`, { cause: error })
  }
}

/** Class of the datatype, H5T_FLOAT of H5Tpublic.h. */
const FLOAT = 1

const isDataset = (entry: unknown): entry is Dataset =>
  typeof entry === 'object' && entry !== null && 'slice' in entry && 'filters' in entry

/** A dataset of float32 whose claimed size the file can hold. */
const datasetOf = (
  file: File,
  key: string,
  size: number,
  path: string,
): { dataset: Dataset; shape: number[] } => {
  const keys = file.keys()
  if (!keys.includes(key))
    throw wrong(path, `lacks the dataset '${key}', it has ${keys.join(', ') || 'none'}`)
  const dataset = file.get(key)
  if (!isDataset(dataset)) throw wrong(path, `'${key}' must be a dataset`)
  const { type, size: width, shape, total_size: bytes, virtual_sources: elsewhere } = dataset.metadata
  if (type !== FLOAT || width !== 4)
    throw wrong(path, `dataset '${key}' must have dtype float32, got ${JSON.stringify(dataset.dtype)}`)
  if (shape === null || elsewhere?.length) throw wrong(path, `dataset '${key}' has no data of its own`)
  const most = size * (dataset.filters.length > 0 ? BEST_RATIO : 1)
  if (bytes > most)
    throw wrong(path, `dataset '${key}' claims ${bytes} bytes, which a file of ${size} bytes cannot hold`)
  return { dataset, shape }
}

/**
 * Reads planes `start … stop - 1` of a float32 dataset of three dimensions; as in NumPy's slices,
 * a shorter one gives fewer.
 *
 * @returns [planes, H, W].
 * @throws TweedieError `input` when the file is missing, damaged, lacks the dataset, or has none of the
 *   planes.
 * @example
 * ```ts
 * const slices = await readHdf5Planes('file1000001.h5', 'reconstruction_rss', 10, 41) // [N, 320, 320]
 * ```
 */
export const readHdf5Planes = async (
  path: string,
  key: string,
  start: number,
  stop: number,
): Promise<NdArray<'float32'>> => {
  let size: number
  try {
    size = statSync(path).size
  } catch (error) {
    throw unreadable(path, error)
  }
  return withFile(path, (file) => {
    const { dataset, shape } = datasetOf(file, key, size, path)
    const [depth, h, w] = shape
    const end = Math.min(stop, depth)
    if (shape.length !== 3 || end <= start || h * w === 0) {
      throw wrong(path, `dataset '${key}' must have shape [more than ${start}, H, W], got [${shape}]`)
    }
    const values = dataset.slice([[start, end], [], []])
    if (!(values instanceof Float32Array)) throw wrong(path, `dataset '${key}' does not give float32 values`)
    return new NdArray('float32', [end - start, h, w], values)
  })
}
