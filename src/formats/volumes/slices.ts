/** Slices of volumes as images. */
import { basename } from 'node:path'
import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { cut, type Plane } from './orientation.ts'
import { readVolumes } from './volumes.ts'

/** The slices of one volume. */
export interface Stack {
  /** File or series, for messages. */
  readonly name: string
  /** [slices, H, W]. */
  readonly values: NdArray<'float32'>
}

/** A stack, or what stands for it. */
interface StackShape extends Pick<Stack, 'name'> {
  readonly values: Pick<NdArray, 'shape'>
}

/** @throws TweedieError `input` when the slices of two stacks differ in size */
export const checkStackSizes = (stacks: readonly StackShape[]): void => {
  const [first] = stacks
  const size = ({ values }: StackShape) => values.shape.slice(1).join('×')
  const other = stacks.find((stack) => size(stack) !== size(first))
  if (other)
    throw wrong(
      other.name,
      `slices of ${size(other)}, but ${basename(first.name)} has ${size(first)}; all must agree`,
    )
}

/**
 * Stacks one after the other, as images of one channel.
 *
 * @param where - file or folder, for messages
 * @returns [N, 1, H, W]
 * @throws TweedieError `input` when the slices differ in size, or all of them do not fit into memory
 */
export const joinedStacks = (stacks: readonly Stack[], where: string): NdArray<'float32'> => {
  checkStackSizes(stacks)
  const [, h, w] = stacks[0].values.shape
  const count = stacks.reduce((sum, { values }) => sum + values.shape[0], 0)
  let data: Float32Array
  try {
    data = new Float32Array(count * h * w)
  } catch (error) {
    throw new TweedieError(
      'input',
      `${where}: ${count} slices of ${h}×${w} do not fit into memory; read fewer of them (data.count)`,
      { cause: error },
    )
  }
  let at = 0
  for (const { values } of stacks) {
    data.set(values.data, at)
    at += values.size
  }
  return new NdArray('float32', [count, 1, h, w], data)
}

/**
 * Slices of the volumes at a path, in the units of the files, volume after volume.
 *
 * @param path - NIfTI or DICOM file, or a folder of them
 * @param plane - how they are cut; default: as the files have them, across the third axis of NIfTI, and image
 * by image of DICOM
 * @param most - enough slices: reading may stop there
 * @throws TweedieError `input` when a file is damaged, or is to be cut by a plane and does not say how
 * it lies
 *
 * @example
 * ```ts
 * const stacks = await readStacks('heads/', { plane: 'coronal' }) // one for each volume, [slices, H, W]
 * ```
 */
export const readStacks = async (
  path: string,
  { plane, most }: { readonly plane?: Plane; readonly most?: number } = {},
): Promise<Stack[]> => {
  const volumes = await readVolumes(path, plane ? undefined : most)
  return volumes.map((volume) => ({
    name: volume.name,
    values: plane ? cut(volume, plane) : volume.values,
  }))
}
