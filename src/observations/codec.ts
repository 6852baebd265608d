/**
 * Observation sets as arrays of a file: `y`, `noise`, optionally `range`, `view` (with `mesh.points` and
 * `mesh.faces` of a mesh of its own) and `valid`, and the operator. That is `operator`, the JSON text {name,
 * event, settings, of} with a byte for each element, with
 * arrays `parameter.NAME` and, of a blind set, `truth.NAME`.
 *
 * Three short forms are read as well, which are easy to write by hand and are how version 0.1 wrote them:
 * `mask` for deleted entries, `projection` for matrices, and nothing at all for y = x with noise.
 */
import { type Arrays, readArrays, writeArrays } from '../formats/index.ts'
import type { Parameters } from '../operators/index.ts'
import { NdArray, ndarray, scalar } from '../tensor/index.ts'
import { PARAMETER, TRUTH } from './file/description.ts'
import { observationsOf } from './file/open-observations.ts'
import { checkObservations, type ObservationSet } from './observation-set.ts'

const jsonArray = (value: unknown): NdArray<'uint8'> => {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return new NdArray('uint8', [bytes.length], bytes)
}

/** Masks take one byte an entry. */
const compact = (array: NdArray<'float32'>): NdArray =>
  array.data.every((v) => v === 0 || v === 1) ? ndarray(array.data, array.shape, 'bool') : array

const prefixed = (prefix: string, arrays: Parameters<NdArray<'float32'>>): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([key, array]) => [`${prefix}${key}`, compact(array)]))

/** The arrays of a set; see {@link observationsOf}. */
export const arraysOf = ({ y, operator, noise, std, range, view, mesh, valid }: ObservationSet): Arrays => {
  const { parameters, truth = {}, name, settings, event, of } = operator
  return {
    y,
    noise: std ?? scalar(noise, 'float64'),
    range: ndarray(range, [2], 'float64'),
    operator: jsonArray({ name, event, settings, ...(of ? { of } : {}) }),
    ...prefixed(PARAMETER, parameters),
    ...prefixed(TRUTH, truth),
    ...(view ? { view: jsonArray(view) } : {}),
    ...(mesh ? { 'mesh.points': mesh.points } : {}),
    ...(mesh?.faces ? { 'mesh.faces': mesh.faces } : {}),
    ...(valid ? { valid: compact(valid) } : {}),
  }
}

/**
 * Reads an observation set from `.npz` or `.safetensors`.
 *
 * @throws TweedieError `input` when the file is damaged or the set unsound (see {@link observationsOf}); `io`
 * when the system refuses
 * @example
 * ```ts
 * const { y, operator, noise } = readObservations('observations.npz')
 * ```
 */
export const readObservations = (path: string): ObservationSet => observationsOf(readArrays(path), path)

/**
 * Writes an observation set to `.npz` or `.safetensors`, whole or not at all.
 *
 * @throws TweedieError `input` when the set is unsound; `io` when the system refuses
 * @example
 * ```ts
 * const operator = maskedBy(mask, [1, 28, 28])
 * writeObservations('observations.npz', { y, operator, noise: 0.05, range: [0, 1] })
 * ```
 */
export const writeObservations = (path: string, set: ObservationSet): void => {
  checkObservations(set, path)
  writeArrays(path, arraysOf(set))
}
