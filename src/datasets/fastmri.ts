import { readdirSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { TweedieError } from '../error.ts'
import {
  checkStackSizes,
  hdf5PlanesShape,
  joinedStacks,
  readHdf5Planes,
  type Stack,
  unreadable,
} from '../formats/index.ts'
import { NdArray, rows, type Shape } from '../tensor/ndarray.ts'
import { type CleanSource, type SourceLayout, unitData, unitSource } from './data-set.ts'

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

/** A stack divided by its largest value. */
const normalised = ({ shape, data }: NdArray<'float32'>, path: string): NdArray<'float32'> => {
  let most = 0
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]) || data[i] < 0)
      throw new TweedieError('input', `${path}: magnitudes must be finite and not negative, got ${data[i]}`)
    most = Math.max(most, data[i])
  }
  if (most === 0) throw new TweedieError('input', `${path}: every slice from ${FIRST} on is zero`)
  return new NdArray(
    'float32',
    shape,
    data.map((value) => value / most),
  )
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
export const readFastMri = async (
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<NdArray<'float32'>> => {
  const files = listVolumes(path)
  if (files.length === 0) throw new TweedieError('input', `${path}: no .h5 file in this folder`)
  const stacks: Stack[] = []
  for (let count = 0; stacks.length < files.length && count < most; ) {
    const name = files[stacks.length]
    const values = normalised(await readHdf5Planes(name, DATASET, FIRST, STOP), name)
    stacks.push({ name, values })
    count += values.shape[0]
  }
  return joinedStacks(stacks, path)
}

/**
 * Slices of a fastMRI volume, or of those of a folder, of which a volume is read when slices of it are asked
 * for, and the last one is kept.
 *
 * @param most - stop looking once there are so many slices (default: all)
 * @throws TweedieError `input` as {@link readFastMri}
 */
const openFastMri = async (path: string, most = Number.POSITIVE_INFINITY): Promise<CleanSource> => {
  const files = listVolumes(path)
  const volumes: {
    readonly name: string
    readonly values: { readonly shape: Shape }
    readonly first: number
  }[] = []
  let count = 0
  for (let i = 0; i < files.length && count < most; i++) {
    const shape = await hdf5PlanesShape(files[i], DATASET, FIRST, STOP)
    volumes.push({ name: files[i], values: { shape }, first: count })
    count += shape[0]
  }
  checkStackSizes(volumes)
  const [, h, w] = volumes[0].values.shape
  let last: Stack | undefined
  const read = async (name: string): Promise<NdArray<'float32'>> => {
    if (last?.name !== name)
      last = { name, values: normalised(await readHdf5Planes(name, DATASET, FIRST, STOP), name) }
    return last.values
  }
  const slices = async (from: number, to: number): Promise<NdArray<'float32'>> => {
    const out = new NdArray('float32', [to - from, 1, h, w], new Float32Array((to - from) * h * w))
    for (const { name, values, first } of volumes) {
      const [start, stop] = [Math.max(from, first), Math.min(to, first + values.shape[0])]
      if (start >= stop) continue
      out.data.set(rows(await read(name), start - first, stop - first).data, (start - from) * h * w)
    }
    return out
  }
  return unitSource([count, 1, h, w], slices)
}

export const fastMriLayout: SourceLayout = {
  form: '`.h5`, or a folder of them',
  summary: 'fastMRI volumes',
  matches: (path) => listVolumes(path).length > 0,
  read: async (path, _, most) => unitData(await readFastMri(path, most)),
  open: (path, _, most) => openFastMri(path, most),
}
