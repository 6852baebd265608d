import { readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { TweedieError } from '../error.ts'
import { checkStackSizes, type Hdf5Planes, openHdf5Planes, unreadable } from '../formats/index.ts'
import { NdArray, rows } from '../tensor/ndarray.ts'
import { type CleanSource, type SourceLayout, unitSource, wholeClean } from './data-set.ts'
import { type Items, joinedItems } from './joined-items.ts'

/**
 * FastMRI volumes (J. Zbontar et al., "fastMRI: an open dataset and benchmarks for accelerated MRI", 2018):
 * one `.h5` each, whose `reconstruction_rss` [slices, H, W] holds magnitudes. As in DiEM (Rozet et al. 2024,
 * section 5.3), slices 10 … 40 are taken and divided by the largest value among them.
 */
const DATASET = 'reconstruction_rss'
const FIRST = 10
const STOP = 41

/** Paths of the `.h5` files of a folder, sorted, or that of a file itself. */
export const listVolumes = (path: string): string[] => {
  const isVolume = (name: string) => extname(name).toLowerCase() === '.h5' && !name.startsWith('.')
  try {
    if (statSync(path).isFile()) return isVolume(basename(path)) ? [path] : []
    return readdirSync(path)
      .filter(isVolume)
      .map((name) => join(path, name))
      .sort()
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** The largest magnitude of a volume. @throws TweedieError `input` for values that are none */
const largestOf = ({ data }: NdArray<'float32'>, path: string): number => {
  let most = 0
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]) || data[i] < 0)
      throw new TweedieError('input', `${path}: magnitudes must be finite and not negative, got ${data[i]}`)
    most = Math.max(most, data[i])
  }
  if (most === 0) throw new TweedieError('input', `${path}: every slice from ${FIRST} on is zero`)
  return most
}

const divided = ({ shape, data }: NdArray<'float32'>, by: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    shape,
    data.map((value) => value / by),
  )

/** The volume that was read last, divided. */
interface LastVolume {
  of?: Hdf5Planes
  values?: NdArray<'float32'>
}

/**
 * Slices of a volume, divided by its largest value. To know that, all of it is read the first time; later
 * only what is asked for, unless it is the volume that was read last, which is kept.
 */
const volumeItems = (volume: Hdf5Planes, path: string, last: LastVolume): Items => {
  const { shape, planes } = volume
  const [count] = shape
  let largest: number | undefined
  return {
    count,
    rows: (from, to) => {
      if (largest !== undefined && last.of !== volume) return divided(planes(from, to), largest)
      if (largest === undefined || !last.values) {
        const values = planes(0, count)
        largest = largestOf(values, path)
        last.of = volume
        last.values = divided(values, largest)
      }
      return rows(last.values, from, to)
    },
  }
}

/**
 * Slices of a fastMRI volume, or of those of a folder, file by file in the order of their names, read when
 * they are asked for.
 *
 * @param path `.h5` file, or a folder of them.
 * @param most stop looking once there are so many slices (default: all).
 * @returns [N, 1, H, W] in [0, 1], at least `most` of them if the folder has as many.
 * @throws TweedieError `input` when the folder has no `.h5` file, one is damaged, or their slices differ in
 * size.
 */
const openFastMri = async (path: string, most = Number.POSITIVE_INFINITY): Promise<CleanSource> => {
  const files = listVolumes(path)
  if (files.length === 0) throw new TweedieError('input', `${path}: no .h5 file in this folder`)
  const volumes: { readonly name: string; readonly values: Hdf5Planes }[] = []
  for (let count = 0; volumes.length < files.length && count < most; ) {
    const name = files[volumes.length]
    const values = await openHdf5Planes(name, DATASET, FIRST, STOP)
    volumes.push({ name, values })
    count += values.shape[0]
  }
  checkStackSizes(volumes)
  const [, h, w] = volumes[0].values.shape
  const last: LastVolume = {}
  const parts = volumes.map(({ name, values }) => volumeItems(values, name, last))
  return unitSource(joinedItems(parts, [1, h, w], path), [1, h, w])
}

/**
 * Slices of a fastMRI volume, or of those of a folder, file by file in the order of their names.
 *
 * @param path `.h5` file, or a folder of them.
 * @param most stop reading once there are so many slices (default: all).
 * @returns [N, 1, H, W] in [0, 1], at least `most` of them if the folder has as many.
 * @throws TweedieError `input` when the folder has no `.h5` file, one is damaged, or their slices differ in
 * size.
 * @example
 * ```ts
 * const x = await readFastMri('singlecoil_train', 1000) // [1000 or a few more, 1, 320, 320]
 * ```
 */
export const readFastMri = async (path: string, most?: number): Promise<NdArray<'float32'>> =>
  wholeClean(await openFastMri(path, most)).x

export const fastMriLayout: SourceLayout = {
  form: '`.h5`, or a folder of them',
  summary: 'fastMRI volumes',
  matches: (path) => listVolumes(path).length > 0,
  open: (path, _, most) => openFastMri(path, most),
}
