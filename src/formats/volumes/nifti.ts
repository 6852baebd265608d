import { NdArray } from '../../tensor/ndarray.ts'
import { viewOf, wrong } from '../bytes/bytes.ts'
import { claimedBytes, decodeElements, type Element } from '../elements.ts'
import { gunzipped } from '../zip/gzip.ts'
import type { Affine } from './orientation.ts'

/**
 * NIfTI-1 volumes in one file (`.nii`, `.nii.gz`): a header of 348 bytes, then the voxels, x running fastest.
 *
 *     value = slope · stored + intercept,   unless slope is 0, or NaN, as nibabel has it.
 *
 * https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
 */

/** A volume in its own units. */
export interface NiftiVolume {
  /** [Z, Y, X], or [T, Z, Y, X] and so on: the axes of the file in reverse, so that x is the innermost. */
  readonly values: NdArray<'float32'>
  /** Size of a voxel along each axis of `values`, in the units of the file (mostly millimetres). */
  readonly spacing: readonly number[]
  /** Where voxels lie: the `sform` of the file, else its `qform`; absent when it has none. */
  readonly affine?: Affine
}

/** Codes of the element types that are read. */
const elements: Readonly<Record<number, Element>> = {
  2: 'u1',
  4: 'i2',
  8: 'i4',
  16: 'f4',
  64: 'f8',
  256: 'i1',
  512: 'u2',
  768: 'u4',
  1024: 'i8',
}

const HEADER = 348
const MOST_AXES = 7

/** Byte offsets of the fields of the header. */
const at = { dim: 40, datatype: 70, pixdim: 76, offset: 108, slope: 112, intercept: 116 }
const CODE = { qform: 252, sform: 254 }
const QUATERNION = 256
const SFORM = 280
const MAGIC = 344

interface Header {
  readonly littleEndian: boolean
  readonly element: Element
  /** Of the file: x first. */
  readonly sizes: readonly number[]
  readonly spacing: readonly number[]
  readonly start: number
  readonly slope: number
  readonly intercept: number
  readonly affine?: Affine
}

/** The header holds its own length, by which the order of its bytes is known. */
const byteOrder = (view: DataView, name: string): boolean => {
  const isLittle = view.getInt32(0, true) === HEADER
  if (!isLittle && view.getInt32(0, false) !== HEADER)
    throw wrong(name, `not a NIfTI-1 file (its first four bytes are not ${HEADER})`)
  return isLittle
}

/** The map of the header's unit quaternion (1, b, c, d), offsets and spacings: method 2 of nifti1.h. */
const quaternionAffine = (float: (offset: number) => number): Affine => {
  const [b, c, d, ...offsets] = Array.from({ length: 6 }, (_, i) => float(QUATERNION + 4 * i))
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d))
  const handedness = float(at.pixdim) < 0 ? -1 : 1
  const [dx, dy, dz] = [1, 2, 3].map((axis) => float(at.pixdim + 4 * axis))
  const rotation = [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ]
  return rotation.map(([x, y, z], row) => [x * dx, y * dy, z * dz * handedness, offsets[row]])
}

const affineOf = (
  short: (offset: number) => number,
  float: (offset: number) => number,
): Affine | undefined => {
  if (short(CODE.sform) > 0)
    return [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => float(SFORM + 16 * row + 4 * column)))
  return short(CODE.qform) > 0 ? quaternionAffine(float) : undefined
}

const parseHeader = (bytes: Uint8Array, name: string): Header => {
  if (bytes.length < HEADER)
    throw wrong(name, `truncated: ${bytes.length} bytes do not hold a NIfTI-1 header of ${HEADER}`)
  const view = viewOf(bytes)
  const littleEndian = byteOrder(view, name)
  const magic = String.fromCharCode(...bytes.subarray(MAGIC, MAGIC + 3))
  if (magic !== 'n+1')
    throw wrong(name, `NIfTI magic must be 'n+1' (header and voxels in one file), got '${magic}'`)
  const short = (offset: number) => view.getInt16(offset, littleEndian)
  const float = (offset: number) => view.getFloat32(offset, littleEndian)
  const rank = short(at.dim)
  if (rank < 1 || rank > MOST_AXES) throw wrong(name, `field 'dim[0]' must be 1 … ${MOST_AXES}, got ${rank}`)
  const element = elements[short(at.datatype)]
  if (element === undefined) {
    const known = Object.keys(elements).join(', ')
    throw wrong(name, `field 'datatype' must be one of ${known}, got ${short(at.datatype)}`)
  }
  const each = <T>(read: (axis: number) => T): T[] => Array.from({ length: rank }, (_, axis) => read(axis))
  return {
    littleEndian,
    element,
    sizes: each((axis) => short(at.dim + 2 * (axis + 1))),
    spacing: each((axis) => float(at.pixdim + 4 * (axis + 1))),
    start: float(at.offset),
    slope: float(at.slope),
    intercept: float(at.intercept),
    affine: affineOf(short, float),
  }
}

/** Voxels as the file stores them, checked against its size before anything is allocated. */
const stored = (bytes: Uint8Array, header: Header, name: string): NdArray => {
  const { element, sizes, start, littleEndian } = header
  const wanted = sizes.findIndex((size) => size < 1)
  if (wanted >= 0) throw wrong(name, `field 'dim[${wanted + 1}]' must be at least 1, got ${sizes[wanted]}`)
  if (!Number.isInteger(start) || start < HEADER)
    throw wrong(name, `field 'vox_offset' must be an integer of at least ${HEADER}, got ${start}`)
  const needed = claimedBytes(element, sizes, name)
  const available = Math.max(0, bytes.length - start)
  if (needed > available)
    throw wrong(
      name,
      `truncated: dimensions [${sizes}] of ${element} need ${needed} bytes, the file has ${available}`,
    )
  const raw = bytes.subarray(start, start + needed)
  return decodeElements(element, sizes.toReversed(), raw, littleEndian, name)
}

/**
 * Reads the bytes of a NIfTI-1 file, plain or gzipped, either byte order, integers and floats.
 *
 * @param name file, for messages.
 * @throws TweedieError `input` when the bytes are not such a file, are truncated, or a value is not finite.
 * @example
 * ```ts
 * const { values, spacing } = decodeNifti(readBytes('head.nii.gz'), 'head.nii.gz') // values: [Z, Y, X]
 * ```
 */
export const decodeNifti = (bytes: Uint8Array, name: string): NiftiVolume => {
  const content = gunzipped(bytes, name)
  const header = parseHeader(content, name)
  const { shape, data } = stored(content, header, name)
  const isScaled = header.slope !== 0 && Number.isFinite(header.slope)
  const [slope, intercept] = isScaled ? [header.slope, header.intercept] : [1, 0]
  if (!Number.isFinite(intercept)) throw wrong(name, `field 'scl_inter' must be finite, got ${intercept}`)
  const values = new Float32Array(data.length)
  for (let i = 0; i < values.length; i++) {
    values[i] = slope * Number(data[i]) + intercept
    if (!Number.isFinite(values[i]))
      throw wrong(name, `voxel ${i} is not finite; write 0 where nothing is known`)
  }
  return {
    values: new NdArray('float32', shape, values),
    spacing: header.spacing.toReversed(),
    affine: header.affine,
  }
}
