import { statSync } from 'node:fs'
import type { Dataset, File, Group, Metadata, ready } from 'h5wasm/node'
import { TweedieError } from '../error.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'
import { wrong } from './bytes/bytes.ts'
import { unreadable } from './bytes/descriptor.ts'
import { checkRegular } from './bytes/files.ts'
import { BEST_RATIO } from './zip/deflate.ts'

/** The library's own functions, below its classes. */
type Module = Awaited<typeof ready>

interface Library {
  readonly File: typeof File
  readonly module: Module
}

/**
 * Arrays in HDF5 files, by h5wasm: the HDF Group's own library in WebAssembly, where damage cannot reach
 * beyond its sandbox. The module has 4 MB and is loaded by the first file that needs it.
 */
const loadLibrary = async (): Promise<Library> => {
  const { ready, File } = await import('h5wasm/node')
  const module = await ready
  // without this, errors go to stderr and values come back as if nothing had happened
  module.activate_throwing_error_handler()
  return { File, module }
}

let library: Promise<Library> | undefined

/** An open file. */
export interface Hdf5 {
  readonly path: string
  /** Bytes of the file. */
  readonly size: number
  readonly root: Group
  readonly module: Module
}

/** The innermost reason of the library's error stack: `file signature not found`. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const causes = [...message.matchAll(/^\s*#\d+: .*?\(\): (.+)$/gm)]
  return causes.at(-1)?.[1] ?? message.split('\n')[0]
}

/**
 * Opens a file, does something with it and closes it; whatever the library says becomes one line.
 *
 * @throws TweedieError `input` when the file is missing, damaged, or `use` says so
 */
export type WithHdf5 = <T>(path: string, use: (file: Hdf5) => T) => T

/** {@link WithHdf5}, once the library is loaded. */
export const loadedHdf5 = async (): Promise<WithHdf5> => {
  library ??= loadLibrary()
  const loaded = await library
  return (path, use) => usingHdf5(loaded, path, use)
}

/** The same with the library at hand. */
const usingHdf5 = <T>({ File, module }: Library, path: string, use: (file: Hdf5) => T): T => {
  let size: number
  try {
    checkRegular(path)
    size = statSync(path).size
  } catch (error) {
    throw unreadable(path, error)
  }
  try {
    const root = new File(path, 'r')
    try {
      return use({ path, size, root, module })
    } finally {
      root.close()
    }
  } catch (error) {
    if (error instanceof TweedieError) throw error
    throw new TweedieError('input', `${path}: cannot be read as HDF5: ${reasonOf(error)}`, { cause: error })
  }
}

/** Classes of datatypes: H5T_FLOAT, H5T_COMPOUND and H5T_VLEN of H5Tpublic.h. */
export const H5T = { float: 1, compound: 6, vlen: 9 } as const

const isDataset = (entry: unknown): entry is Dataset =>
  typeof entry === 'object' && entry !== null && 'slice' in entry && 'filters' in entry

/**
 * A dataset whose claimed size the file can hold.
 *
 * @throws TweedieError `input` when there is none of that name, or it has no data of its own
 */
export const datasetIn = (
  { path, size }: Hdf5,
  group: Group,
  key: string,
): { dataset: Dataset; shape: readonly number[] } => {
  const keys = group.keys()
  if (!keys.includes(key))
    throw wrong(path, `lacks the dataset '${key}', it has ${keys.join(', ') || 'none'}`)
  const dataset = group.get(key)
  if (!isDataset(dataset)) throw wrong(path, `'${key}' must be a dataset`)
  const { size: width, shape, total_size: count, virtual_sources: elsewhere } = dataset.metadata
  if (shape === null || elsewhere?.length) throw wrong(path, `dataset '${key}' has no data of its own`)
  const most = size * (dataset.filters.length > 0 ? BEST_RATIO : 1)
  if (width * count > most)
    throw wrong(
      path,
      `dataset '${key}' claims ${width * count} bytes, which a file of ${size} bytes cannot hold`,
    )
  return { dataset, shape }
}

/** A dataset of one text; undefined for anything else. @throws TweedieError as {@link datasetIn} */
export const textIn = (file: Hdf5, group: Group, key: string): string | undefined => {
  const { value } = datasetIn(file, group, key).dataset
  const text = Array.isArray(value) ? value[0] : value
  return typeof text === 'string' ? text : undefined
}

/** Whether values are, or hold, pointers to data of variable length. */
const hasPointers = ({ type, vlen, compound_type: compound }: Metadata): boolean =>
  vlen || type === H5T.vlen || (compound?.members.some(hasPointers) ?? false)

/**
 * Entries `start … stop - 1` of a dataset along its first axis, as the bytes that they have in memory, little
 * endian; the library's own conversion makes an object of each compound. Pointers to data of variable length
 * are valid within `use`.
 */
export const withEntries = <T>(
  { module }: Hdf5,
  { file_id: file, path, metadata }: Dataset,
  [start, stop]: readonly [number, number],
  use: (bytes: Uint8Array) => T,
): T => {
  const rest = (metadata.shape ?? []).slice(1)
  const count = [stop - start, ...rest].map(BigInt)
  const bytes = metadata.size * (stop - start) * sizeOf(rest)
  const at = module._malloc(bytes)
  if (at === 0) throw new Error(`${bytes} bytes do not fit into its memory`)
  try {
    module.HEAPU8.fill(0, at, at + bytes)
    const offset = [start, ...rest.map(() => 0)].map(BigInt)
    const strides = count.map(() => 1n)
    module.get_dataset_data(file, path, count, offset, strides, BigInt(at))
    try {
      return use(module.HEAPU8.subarray(at, at + bytes))
    } finally {
      if (hasPointers(metadata)) module.reclaim_vlen_memory_count(file, path, '', BigInt(at), count)
    }
  } finally {
    module._free(at)
  }
}

/** Planes of a dataset, and which of them there are. @throws TweedieError as {@link openHdf5Planes} */
const planesIn = (file: Hdf5, key: string, start: number, stop: number) => {
  const { dataset, shape } = datasetIn(file, file.root, key)
  const { type, size } = dataset.metadata
  if (type !== H5T.float || size !== 4)
    throw wrong(file.path, `dataset '${key}' must have dtype float32, got ${JSON.stringify(dataset.dtype)}`)
  const [depth, h, w] = shape
  const end = Math.min(stop, depth)
  if (shape.length !== 3 || end <= start || h * w === 0) {
    throw wrong(file.path, `dataset '${key}' must have shape [more than ${start}, H, W], got [${shape}]`)
  }
  return { dataset, shape: [end - start, h, w] }
}

/** Planes of a file, which is opened when they are asked for. */
export interface Hdf5Planes {
  /** [planes, H, W]. */
  readonly shape: Shape
  /** Planes `from … to − 1`. @throws TweedieError `input` as {@link openHdf5Planes} */
  readonly planes: (from: number, to: number) => NdArray<'float32'>
}

/**
 * Planes `start … stop - 1` of a float32 dataset of three dimensions, of which nothing is read yet; as in
 * NumPy's slices, a shorter one gives fewer.
 *
 * @throws TweedieError `input` when the file is missing, damaged, lacks the dataset, or has none of the
 *   planes
 *
 * @example
 * ```ts
 * const { shape, planes } = await openHdf5Planes('file1000001.h5', 'reconstruction_rss', 10, 41)
 * const first = planes(0, 1) // [1, 320, 320]
 * ```
 */
export const openHdf5Planes = async (
  path: string,
  key: string,
  start: number,
  stop: number,
): Promise<Hdf5Planes> => {
  const withHdf5 = await loadedHdf5()
  const { shape } = withHdf5(path, (file) => planesIn(file, key, start, stop))
  const planes = (from: number, to: number): NdArray<'float32'> =>
    withHdf5(path, (file) => {
      const { dataset, shape } = planesIn(file, key, start + from, start + to)
      const [count, ...plane] = shape
      const values = dataset.slice([[start + from, start + from + count], [], []])
      if (!(values instanceof Float32Array))
        throw wrong(path, `dataset '${key}' does not give float32 values`)
      return new NdArray('float32', [count, ...plane], values)
    })
  return { shape, planes }
}

/**
 * Reads planes `start … stop - 1` of a dataset, see {@link openHdf5Planes}.
 *
 * @returns [planes, H, W].
 * @throws TweedieError `input` as {@link openHdf5Planes}
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
  const { shape, planes } = await openHdf5Planes(path, key, start, stop)
  return planes(0, shape[0])
}
