import { TweedieError } from '../error.ts'
import { isVolumes, joinedStacks, type Plane, readStacks, type Stack } from '../formats/index.ts'
import { NdArray } from '../tensor/ndarray.ts'
import { type CleanData, cleanSource, type SourceLayout, unitData } from './data-set.ts'

const least = ({ values }: Stack): number => values.data.reduce((a, b) => Math.min(a, b), 0)
const most = ({ values }: Stack): number =>
  values.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)

/** A stack divided by its largest value. */
const normalised = (stack: Stack): Stack => {
  const { name, values } = stack
  const largest = most(stack)
  if (largest <= 0) throw new TweedieError('input', `${name}: expected a volume with a value above zero`)
  return {
    name,
    values: new NdArray(
      'float32',
      values.shape,
      values.data.map((value) => value / largest),
    ),
  }
}

/**
 * Slices of volumes. Magnitudes have no units, so each volume is divided by its largest value; where a value
 * is negative (Hounsfield units), all keep their units, and the range is that of the values.
 *
 * @param path - NIfTI or DICOM file, or a folder of them
 * @param plane - how they are cut; default: as the files have them
 * @param count - enough slices: reading may stop there
 * @returns [N, 1, H, W]
 * @throws TweedieError `input` when a file is damaged, slices differ in size, or a volume has no value above
 * zero
 *
 * @example
 * ```ts
 * const { x, range } = await readSlices('head.nii.gz', { plane: 'axial' })
 * ```
 */
export const readSlices = async (
  path: string,
  { plane, count }: { readonly plane?: Plane; readonly count?: number } = {},
): Promise<CleanData> => {
  const stacks = await readStacks(path, { plane, most: count })
  const low = Math.min(...stacks.map(least))
  if (low >= 0) return unitData(joinedStacks(stacks.map(normalised), path))
  const high = Math.max(...stacks.map(most))
  if (high <= low) throw new TweedieError('input', `${path}: expected volumes whose values differ`)
  return { ...unitData(joinedStacks(stacks, path)), range: [low, high] }
}

export const volumesLayout: SourceLayout = {
  form: '`.nii`, `.nii.gz`, DICOM, or a folder of them',
  summary: 'slices of volumes, each divided by its largest value unless some are negative',
  matches: isVolumes,
  open: async (path, _, count) => cleanSource(await readSlices(path, { count })),
}
