import {
  type Arrays,
  asFloat32,
  checkFinite,
  indexOf,
  numbers,
  readArrays,
  writeArrays,
  wrong,
} from '../formats/index.ts'
import { nearestName } from '../nearest.ts'
import type { DataRange } from '../operators/index.ts'
import { full, NdArray, ndarray, reshaped, type Shape, scalar, toNumbers } from '../tensor/ndarray.ts'
import {
  arraysOfOperator,
  checkOperator,
  isParameterKey,
  type ObservationOperator,
  OPERATOR_KEYS,
  operatorOfArrays,
} from './operator.ts'

/** Noisy observations y = A x + noise · z of N latents, each seen once through its own operator. */
export interface ObservationSet {
  /** [N, ...]; finite everywhere, also where nothing was observed. */
  readonly y: NdArray<'float32'>
  readonly operator: ObservationOperator
  /** Standard deviation of the noise in units of y, > 0; the root of its mean square where entries differ. */
  readonly noise: number
  /** Where entries differ: the standard deviation of each, [N, ...] like y, or [1, ...] for all observations alike. */
  readonly std?: NdArray<'float32'>
  /** Default when read: [0, 1]. */
  readonly range: DataRange
}

const KEYS = ['y', 'noise', ...OPERATOR_KEYS, 'range'] as const

const NOISE = "field 'noise' must be a positive standard deviation in units of y"

const checkStd = (std: NdArray<'float32'>, y: Shape, where: string): void => {
  const fits = [1, y[0]].includes(std.shape[0]) && String(std.shape.slice(1)) === String(y.slice(1))
  if (!fits) {
    throw wrong(
      where,
      `field 'noise' must be one number, or of the shape of y, [${y}], or of one of its items, got [${std.shape}]`,
    )
  }
  const bad = std.data.findIndex((s) => !(Number.isFinite(s) && s > 0))
  if (bad >= 0)
    throw wrong(where, `${NOISE}, got ${std.data[bad]} at [${indexOf(bad, std.shape).join(', ')}]`)
}

/**
 * Checks that an observation set is sound.
 *
 * @param where file, for messages.
 * @throws TweedieError `input`: no observations, NaN or infinity (also where the mask is 0), a mask that is not 0/1,
 * shapes that do not fit, noise or range that make no sense.
 */
export const checkObservations = (
  { y, operator, noise, std, range }: ObservationSet,
  where: string,
): void => {
  if (y.shape.length < 2 || y.size === 0) {
    throw wrong(where, `field 'y' must be [N, ...] with at least one value, got shape [${y.shape}]`)
  }
  checkFinite(y, 'y', "; write 0 there and mark what is missing with 0 in 'mask'", where)
  if (std) checkStd(std, y.shape, where)
  if (!(Number.isFinite(noise) && noise > 0)) throw wrong(where, `${NOISE}, got ${noise}`)
  const [low, high] = range
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw wrong(where, `field 'range' must be two numbers, low < high, got [${range}]`)
  }
  checkOperator(operator, y.shape, where)
}

/** Root of the mean square of standard deviations. */
export const noiseLevel = (std: NdArray<'float32'>): number =>
  Math.sqrt(std.data.reduce((total, s) => total + s * s, 0) / std.size)

/** One number, or an array; that of one item is shared by all. */
const noiseOf = (noise: NdArray, y: Shape, where: string): Pick<ObservationSet, 'noise' | 'std'> => {
  if (noise.size === 1) return { noise: toNumbers(noise)[0] }
  const array = asFloat32(noise, 'noise', true, where)
  const shared = String(array.shape) === String(y.slice(1)) && array.shape.length < y.length
  const std = shared ? reshaped(array, [1, ...array.shape]) : array
  checkStd(std, y, where)
  return { noise: noiseLevel(std), std }
}

/**
 * An observation set from the arrays of a file: `y`, `noise`, optionally `range`, and what describes the operator: `mask`,
 * `projection`, or `operator` with `parameter.NAME` (and, of a blind set, `truth.NAME`); without any, y is x with noise.
 *
 * @throws TweedieError `input` as {@link checkObservations}, and for missing or unknown keys and wrong dtypes.
 */
export const observationsOf = (arrays: Arrays, where: string): ObservationSet => {
  const unknown = Object.keys(arrays).find(
    (key) => !isParameterKey(key) && !KEYS.some((known) => known === key),
  )
  if (unknown !== undefined)
    throw wrong(where, `unknown field '${unknown}'; did you mean '${nearestName(unknown, KEYS)}'?`)
  const { y, noise, range } = arrays
  if (!y || !noise) throw wrong(where, `an observation set needs the field '${y ? 'noise' : 'y'}'`)
  const [low, high] = range ? numbers(range, 2, 'range', where) : [0, 1]
  const set: ObservationSet = {
    y: asFloat32(y, 'y', true, where),
    operator: operatorOfArrays(arrays, where),
    ...noiseOf(noise, y.shape, where),
    range: [low, high],
  }
  checkObservations(set, where)
  return set
}

/**
 * Reads an observation set from `.npz` or `.safetensors`.
 *
 * @throws TweedieError `input` when the file is damaged or the set unsound (see {@link observationsOf}); `io` when the system refuses.
 * @example
 * ```ts
 * const { y, operator, noise } = readObservations('observations.npz')
 * ```
 */
export const readObservations = (path: string): ObservationSet => observationsOf(readArrays(path), path)

/**
 * Writes an observation set to `.npz` or `.safetensors`, whole or not at all.
 *
 * @throws TweedieError `input` when the set is unsound; `io` when the system refuses.
 * @example
 * ```ts
 * writeObservations('observations.npz', { y, operator: { kind: 'mask', mask }, noise: 0.05, range: [0, 1] })
 * ```
 */
export const writeObservations = (path: string, set: ObservationSet): void => {
  checkObservations(set, path)
  const { y, operator, noise, std, range } = set
  const arrays: Arrays = {
    y,
    noise: std ?? scalar(noise, 'float64'),
    range: ndarray(range, [2], 'float64'),
    ...arraysOfOperator(operator),
  }
  writeArrays(path, arrays)
}

/** The mask of a set with the shape of y: shared channels repeated, ones where the operator is no mask. */
export const maskLikeY = ({ y, operator }: Pick<ObservationSet, 'y' | 'operator'>): NdArray<'float32'> => {
  if (operator.kind !== 'mask') return full(y.shape, 1)
  const { mask } = operator
  if (mask.size === y.size) return mask
  const [, channels, ...space] = y.shape
  const size = space.reduce((n, d) => n * d, 1)
  return new NdArray(
    'float32',
    y.shape,
    y.data.map((_, i) => mask.data[Math.floor(i / (channels * size)) * size + (i % size)]),
  )
}
