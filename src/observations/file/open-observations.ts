/** Observation sets of files, whole or by rows. */
import { type ArrayFile, type Arrays, asFloat32, openArrays } from '../../formats/index.ts'
import { type NdArray, reshaped, sizeOf } from '../../tensor/index.ts'
import { checkMade } from '../check-operator.ts'
import { checkRows, checkStd, mapFrame, noiseLevel, type ObservationSet } from '../observation-set.ts'
import type { ObservationSource } from '../observation-source.ts'
import { withinDomain } from '../within-domain.ts'
import { type DescribedSet, describedSet, type FileField, withoutUnits } from './description.ts'

/** An array of a set, from that of the file: what all observations share may lack the first axis there. */
const floatsOf = ({ key, shape }: FileField, array: NdArray, where: string): NdArray<'float32'> => {
  const floats = asFloat32(array, key, false, where)
  return floats.shape.length < shape.length ? reshaped(floats, [1, ...floats.shape]) : floats
}

/** Rows of a described set, checked. @param from - row of the file that the first one is */
const rowsOf = (
  { frame, units, fieldOf }: DescribedSet,
  noise: number,
  read: (field: FileField) => NdArray<'float32'>,
  where: string,
  from: number,
): ObservationSet => {
  const set = mapFrame({ ...frame, noise }, read)
  checkRows(set, where, fieldOf, from)
  return withinDomain(units ? withoutUnits(set, units) : set)
}

/**
 * An observation set from the arrays of a file; see codec.ts for the fields.
 *
 * @throws TweedieError `input` as `checkObservations`, and for missing or unknown fields and wrong dtypes
 */
export const observationsOf = (arrays: Arrays, where: string): ObservationSet => {
  const described = describedSet({ fields: arrays, whole: (key) => arrays[key] }, where)
  const read = (field: FileField) => floatsOf(field, arrays[field.key], where)
  const { std } = described.frame
  const noise = described.noise ?? (std ? noiseLevel(read(std)) : Number.NaN)
  const set = rowsOf(described, noise, read, where, 0)
  checkMade(set.operator, set.y.shape, where)
  return set
}

/** Bytes that are read in one go where a file is gone through. */
const PIECE = 2 ** 24

/** Root of the mean square of standard deviations of all rows, one part of the file after the other. */
const levelOf = (field: FileField, read: (from: number, to: number) => NdArray<'float32'>, where: string) => {
  const [count] = field.shape
  const each = Math.max(1, Math.floor((PIECE * count) / (4 * sizeOf(field.shape))))
  let squares = 0
  for (let from = 0; from < count; from += each) {
    const std = read(from, Math.min(count, from + each))
    checkStd(std, where, from)
    squares = std.data.reduce((total, s) => total + s * s, squares)
  }
  return Math.sqrt(squares / sizeOf(field.shape))
}

/** An observation set that stays in its file. */
export interface OpenObservations extends ObservationSource {
  readonly close: () => void
}

/**
 * The observations of arrays of which rows are read when they are asked for. What all observations share is
 * read once and kept.
 *
 * @param path - for messages
 * @throws TweedieError `input` as `observationsOf`, for what all rows say and the first one
 */
export const observationsIn = (
  file: Pick<ArrayFile, 'fields' | 'rows' | 'whole'>,
  path: string,
): ObservationSource => {
  const described = describedSet(file, path)
  const { y, std } = described.frame
  const [count] = y.shape
  const known = new Map<string, NdArray<'float32'>>()
  const shared = (field: FileField): NdArray<'float32'> => {
    const array = known.get(field.key) ?? floatsOf(field, file.whole(field.key), path)
    known.set(field.key, array)
    return array
  }
  const hasRows = ({ key, shape }: FileField): boolean =>
    shape[0] === count && file.fields[key].shape.length === shape.length
  const read = (from: number, to: number) => (field: FileField) =>
    hasRows(field) ? floatsOf(field, file.rows(field.key, from, to), path) : shared(field)
  const noise =
    described.noise ??
    (std ? levelOf(std, (from, to) => read(from, hasRows(std) ? to : 1)(std), path) : Number.NaN)
  const rows = (from: number, to: number) => rowsOf(described, noise, read(from, to), path, from)
  const first = rows(0, 1)
  checkMade(first.operator, first.y.shape, path)
  const { noise: level, range } = first // of 0.1 in other units than those of the file
  const frame = mapFrame({ ...described.frame, noise }, ({ shape }) => ({ shape }))
  return { ...frame, noise: level, range, rows }
}

/**
 * Opens an observation set of `.npz` or `.safetensors` without reading its rows: these are read, and checked,
 * when they are asked for, so that the file may be larger than memory. Deflated arrays of a `.npz` are read
 * whole.
 *
 * @throws TweedieError `input` when the file is damaged or what it says of the set is unsound (see
 * `observationsOf`), or its first row; `io` when the system refuses
 *
 * @example
 * ```ts
 * const set = openObservations('observations.safetensors')
 * const { y } = set.rows(0, 64) // [64, ...]
 * set.close()
 * ```
 */
export const openObservations = (path: string): OpenObservations => {
  const file = openArrays(path)
  try {
    return { ...observationsIn(file, path), close: file.close }
  } catch (error) {
    file.close()
    throw error
  }
}
