import { TweedieError } from '../error.ts'
import { full, NdArray, ndarray, type Shape, scalar, toNumbers } from '../tensor/ndarray.ts'
import { type Arrays, readArrays, writeArrays } from './arrays.ts'
import { nearestName } from './nearest.ts'

/** How the latent x became y, before noise. */
export type ObservationOperator =
  /** y = m * x: 1 where observed, 0 elsewhere; of y's shape, or [N, 1, H, W] for y [N, C, H, W]. */
  | { readonly kind: 'mask'; readonly mask: NdArray<'float32'> }
  /** y_n = A_n x_n with matrix [N, M, D] for y [N, M]. */
  | { readonly kind: 'projection'; readonly matrix: NdArray<'float32'> }
  /** y = x. */
  | { readonly kind: 'identity' }

/** Lowest and highest value of the data, mapped to [-2, 2] for the prior. */
export type DataRange = readonly [low: number, high: number]

/** Noisy observations y = A x + noise · z of N latents, each seen once through its own operator. */
export interface ObservationSet {
  /** [N, ...]; finite everywhere, also where nothing was observed. */
  readonly y: NdArray<'float32'>
  readonly operator: ObservationOperator
  /** Standard deviation of the noise in units of y, > 0. */
  readonly noise: number
  /** Default when read: [0, 1]. */
  readonly range: DataRange
}

const KEYS = ['y', 'noise', 'mask', 'projection', 'range'] as const

const wrong = (where: string, message: string): TweedieError =>
  new TweedieError('input', `${where}: ${message}`)

/** Multi-index of a flat one. */
const indexOf = (flat: number, shape: Shape): number[] => {
  const index: number[] = []
  let rest = flat
  for (const dimension of [...shape].reverse()) {
    index.unshift(rest % dimension)
    rest = Math.floor(rest / dimension)
  }
  return index
}

const checkFinite = (array: NdArray<'float32'>, field: string, advice: string, where: string): void => {
  const first = array.data.findIndex((value) => !Number.isFinite(value))
  if (first < 0) return
  const count = array.data.reduce((n, value) => n + (Number.isFinite(value) ? 0 : 1), 0)
  const at = indexOf(first, array.shape).join(', ')
  throw wrong(
    where,
    `field '${field}' has ${count} values that are NaN or infinite, the first at [${at}]${advice}`,
  )
}

const checkMask = (mask: NdArray<'float32'>, y: Shape, where: string): void => {
  const shared = y.map((dimension, axis) => (axis === 1 && y.length > 2 ? 1 : dimension))
  if (![String(y), String(shared)].includes(String(mask.shape))) {
    const or = String(shared) === String(y) ? '' : ` or [${shared}]`
    throw wrong(where, `field 'mask' must have the shape of y, [${y}]${or}, got [${mask.shape}]`)
  }
  const first = mask.data.findIndex((value) => value !== 0 && value !== 1)
  if (first >= 0) {
    const at = indexOf(first, mask.shape).join(', ')
    throw wrong(where, `field 'mask' must be 0 or 1 (1 = observed), got ${mask.data[first]} at [${at}]`)
  }
}

const checkProjection = (matrix: NdArray<'float32'>, y: Shape, where: string): void => {
  const fits =
    y.length === 2 && matrix.shape.length === 3 && matrix.shape[0] === y[0] && matrix.shape[1] === y[1]
  if (!fits || matrix.shape[2] < 1) {
    throw wrong(
      where,
      `field 'projection' must be [N, M, D] for y [N, M], got [${matrix.shape}] for y [${y}]`,
    )
  }
  checkFinite(matrix, 'projection', '', where)
}

/**
 * Checks that an observation set is sound.
 *
 * @param where file, for messages.
 * @throws TweedieError `input`: no observations, NaN or infinity (also where the mask is 0), a mask that is not 0/1,
 * shapes that do not fit, noise or range that make no sense.
 */
export const checkObservations = ({ y, operator, noise, range }: ObservationSet, where: string): void => {
  if (y.shape.length < 2 || y.size === 0) {
    throw wrong(where, `field 'y' must be [N, ...] with at least one value, got shape [${y.shape}]`)
  }
  checkFinite(y, 'y', "; write 0 there and mark what is missing with 0 in 'mask'", where)
  if (!(Number.isFinite(noise) && noise > 0)) {
    throw wrong(where, `field 'noise' must be a positive standard deviation in units of y, got ${noise}`)
  }
  const [low, high] = range
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw wrong(where, `field 'range' must be two numbers, low < high, got [${range}]`)
  }
  if (operator.kind === 'mask') checkMask(operator.mask, y.shape, where)
  if (operator.kind === 'projection') checkProjection(operator.matrix, y.shape, where)
}

/** As float32; integers and booleans only where they make sense. */
const asFloat32 = (array: NdArray, field: string, floatOnly: boolean, where: string): NdArray<'float32'> => {
  const { dtype, shape, data } = array
  if (floatOnly && dtype !== 'float32' && dtype !== 'float64') {
    throw wrong(
      where,
      `field '${field}' must have dtype float32 or float64, got ${dtype}; convert and scale it`,
    )
  }
  if (data instanceof Float32Array) return new NdArray('float32', shape, data)
  return ndarray(toNumbers(array), shape)
}

const numbers = (array: NdArray, count: number, field: string, where: string): number[] => {
  if (array.size !== count)
    throw wrong(where, `field '${field}' must hold ${count} number(s), got shape [${array.shape}]`)
  return toNumbers(array)
}

const operatorOf = ({ mask, projection }: Arrays, where: string): ObservationOperator => {
  if (mask && projection)
    throw wrong(where, "has both 'mask' and 'projection'; an observation set has one operator")
  if (mask) return { kind: 'mask', mask: asFloat32(mask, 'mask', false, where) }
  if (projection) return { kind: 'projection', matrix: asFloat32(projection, 'projection', true, where) }
  return { kind: 'identity' }
}

/**
 * An observation set from the arrays of a file: `y`, `noise`, and optionally `mask` or `projection`, and `range`.
 *
 * @throws TweedieError `input` as {@link checkObservations}, and for missing or unknown keys and wrong dtypes.
 */
export const observationsOf = (arrays: Arrays, where: string): ObservationSet => {
  const unknown = Object.keys(arrays).find((key) => !KEYS.some((known) => known === key))
  if (unknown !== undefined)
    throw wrong(where, `unknown field '${unknown}'; did you mean '${nearestName(unknown, KEYS)}'?`)
  const { y, noise, range } = arrays
  if (!y || !noise) throw wrong(where, `an observation set needs the field '${y ? 'noise' : 'y'}'`)
  const [low, high] = range ? numbers(range, 2, 'range', where) : [0, 1]
  const set: ObservationSet = {
    y: asFloat32(y, 'y', true, where),
    operator: operatorOf(arrays, where),
    noise: numbers(noise, 1, 'noise', where)[0],
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
  const { y, operator, noise, range } = set
  const arrays: Arrays = { y, noise: scalar(noise, 'float64'), range: ndarray(range, [2], 'float64') }
  if (operator.kind === 'mask') arrays.mask = ndarray(operator.mask.data, operator.mask.shape, 'bool')
  if (operator.kind === 'projection') arrays.projection = operator.matrix
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
