import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { TweedieError } from '../error.ts'
import { readHdf5Planes, unreadable } from '../formats/index.ts'
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

const joined = (stacks: readonly NdArray<'float32'>[], folder: string): NdArray<'float32'> => {
  const [, h, w] = stacks[0].shape
  const count = stacks.reduce((sum, { shape }) => sum + shape[0], 0)
  let data: Float32Array
  try {
    data = new Float32Array(count * h * w)
  } catch (error) {
    throw new TweedieError(
      'input',
      `${folder}: ${count} slices of ${h}×${w} do not fit into memory; read fewer of them (data.count)`,
      { cause: error },
    )
  }
  let at = 0
  for (const stack of stacks) {
    data.set(stack.data, at)
    at += stack.size
  }
  return new NdArray('float32', [count, 1, h, w], data)
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
  const stacks: NdArray<'float32'>[] = []
  for (let count = 0; stacks.length < names.length && count < most; ) {
    const name = names[stacks.length]
    const path = join(folder, name)
    const stack = normalised(await readHdf5Planes(path, DATASET, FIRST, STOP), path)
    const [, h, w] = stacks[0]?.shape ?? stack.shape
    if (stack.shape[1] !== h || stack.shape[2] !== w) {
      const [, height, width] = stack.shape
      throw new TweedieError(
        'input',
        `${path}: slices of ${height}×${width}, but ${names[0]} has ${h}×${w}; all must agree`,
      )
    }
    stacks.push(stack)
    count += stack.shape[0]
  }
  return joined(stacks, folder)
}

export const fastMriLayout: SourceLayout = {
  form: 'folder with `.h5`',
  summary: 'fastMRI volumes',
  matches: (folder) => listVolumes(folder).length > 0,
  read: async (folder, _, most) => unitData(await readFastMri(folder, most)),
}
