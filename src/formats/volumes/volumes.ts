/** Volumes from files and folders. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { itemAt, reshaped } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { unreadable } from '../bytes/descriptor.ts'
import { readBytes } from '../bytes/files.ts'
import { isDicom } from './dicom.ts'
import { decodeNifti } from './nifti.ts'
import type { Volume } from './orientation.ts'
import { readSeries } from './series.ts'

const isNifti = (path: string): boolean => /\.nii(\.gz)?$/i.test(path)

/** The volumes of a NIfTI file: one, or those of a series, first to last. */
const niftiVolumes = (path: string): Volume[] => {
  const { values, affine } = decodeNifti(readBytes(path), path)
  const [width, height, depth = 1, count = 1, ...more] = values.shape.toReversed()
  if (height === undefined || more.some((size) => size > 1))
    throw wrong(path, `must be an image, a volume or a series [T, Z, Y, X], got [${values.shape}]`)
  const series = reshaped(values, [count, depth, height, width])
  return Array.from({ length: count }, (_, t) => ({ name: path, values: itemAt(series, t), affine }))
}

/** Paths of what lies in a folder, hidden files left out, sorted by name. */
const entriesOf = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(folder, name))
      .sort()
  } catch (error) {
    throw unreadable(folder, error)
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

/** The files of volumes at a path, by kind. */
const filesAt = (path: string): { readonly nifti: readonly string[]; readonly dicom: readonly string[] } => {
  const files = (isFile(path) ? [path] : entriesOf(path)).filter(isFile)
  return { nifti: files.filter(isNifti), dicom: files.filter((file) => !isNifti(file) && isDicom(file)) }
}

/** Whether a path, which exists, is a NIfTI or DICOM file, or a folder that holds some. */
export const isVolumes = (path: string): boolean => {
  const { nifti, dicom } = filesAt(path)
  return nifti.length + dicom.length > 0
}

/**
 * Volumes in the units of their files: of a NIfTI image one, of a series [T, Z, Y, X] T; of DICOM images one
 * for each series and time, in the order of their places in space.
 *
 * @param path - `.nii`, `.nii.gz` or DICOM file, or a folder of either
 * @param most - enough slices along the files' own axes: reading may stop there
 * @throws TweedieError `input` when a file is damaged, or a folder holds neither kind or both
 *
 * @example
 * ```ts
 * const [{ values }] = await readVolumes('head.nii.gz') // values: [Z, Y, X]
 * ```
 */
export const readVolumes = async (path: string, most = Number.POSITIVE_INFINITY): Promise<Volume[]> => {
  const { nifti, dicom } = filesAt(path)
  if (nifti.length > 0 && dicom.length > 0)
    throw wrong(path, 'holds both NIfTI and DICOM files; put them into folders of their own')
  if (nifti.length === 0 && dicom.length === 0) throw wrong(path, 'holds no NIfTI or DICOM file')
  if (dicom.length > 0) return readSeries(dicom)
  const volumes: Volume[] = []
  for (let i = 0, count = 0; i < nifti.length && count < most; i++) {
    const read = niftiVolumes(nifti[i])
    volumes.push(...read)
    count += read.reduce((sum, { values }) => sum + values.shape[0], 0)
  }
  return volumes
}
