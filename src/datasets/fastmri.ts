import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { TweedieError } from '../error.ts'
import { joinedStacks, readHdf5Planes, type Stack, unreadable } from '../formats/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { type SourceLayout, unitData } from './data-set.ts'

/**
 * Folders of fastMRI volumes (J. Zbontar et al., "fastMRI: an open dataset and benchmarks for accelerated
 * MRI", 2018): one
 * `.h5` each, whose `reconstruction_rss` [slices, H, W] holds magnitudes. As in DiEM (Rozet et al. 2024,
 * section 5.3), slices 10 … 40 are taken and divided by the largest value among them.
 */
const DATASET = 'reconstruction_rss'
const FIRST = 10
const STOP = 41

/** Names of the `.h5` files of a folder, sorted. */
export const listVolumes = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => extname(name).toLowerCase() === '.h5' && !name.startsWith('.'))
      .sort()
  } catch (error) {
    throw unreadable(folder, error)
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
 * Slices of the fastMRI volumes of a folder, file by file in the order of their names.
 *
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
  folder: string,
  most = Number.POSITIVE_INFINITY,
): Promise<NdArray<'float32'>> => {
  const names = listVolumes(folder)
  if (names.length === 0) throw new TweedieError('input', `${folder}: no .h5 file in this folder`)
  const stacks: Stack[] = []
  for (let count = 0; stacks.length < names.length && count < most; ) {
    const path = join(folder, names[stacks.length])
    const values = normalised(await readHdf5Planes(path, DATASET, FIRST, STOP), path)
    stacks.push({ name: path, values })
    count += values.shape[0]
  }
  return joinedStacks(stacks, folder)
}

export const fastMriLayout: SourceLayout = {
  form: 'folder with `.h5`',
  summary: 'fastMRI volumes',
  matches: (folder) => listVolumes(folder).length > 0,
  read: async (folder, _, most) => unitData(await readFastMri(folder, most)),
}
