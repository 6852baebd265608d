/** Checks of the fields of a file of arrays; messages name file and field. */
import { firstNotFinite, NdArray, ndarray, type Shape, toNumbers, zeros } from '../tensor/ndarray.ts'
import { wrong } from './bytes/bytes.ts'

/** Arrays by name. */
export type Float32s = Readonly<Record<string, NdArray<'float32'>>>

/** Multi-index of a flat one. */
export const indexOf = (flat: number, shape: Shape): number[] => {
  const index: number[] = []
  let rest = flat
  for (const dimension of [...shape].reverse()) {
    index.unshift(rest % dimension)
    rest = Math.floor(rest / dimension)
  }
  return index
}

/** Multi-index of a flat one in rows of a field, of which the first one is row `from`. */
export const indexFrom = (flat: number, shape: Shape, from: number): number[] =>
  indexOf(flat, shape).map((i, axis) => (axis === 0 ? from + i : i))

/**
 * @param from - row of the field that the first one of `array` is, default 0
 * @throws TweedieError `input` for NaN and infinities, with how many there are and where the first is
 */
export const checkFinite = (
  array: NdArray<'float32'>,
  field: string,
  advice: string,
  where: string,
  from = 0,
): void => {
  const first = firstNotFinite(array)
  if (first < 0) return
  const count = array.data.reduce((n, value) => n + (Number.isFinite(value) ? 0 : 1), 0)
  const at = indexFrom(first, array.shape, from).join(', ')
  throw wrong(
    where,
    `field '${field}' has ${count} values that are NaN or infinite, the first at [${at}]${advice}`,
  )
}

/** @throws TweedieError `input` for integers and booleans */
export const checkFloats = ({ dtype }: Pick<NdArray, 'dtype'>, field: string, where: string): void => {
  if (dtype === 'float32' || dtype === 'float64') return
  throw wrong(
    where,
    `field '${field}' must have dtype float32 or float64, got ${dtype}; convert and scale it`,
  )
}

/**
 * As float32; integers and booleans only where they make sense.
 *
 * @throws TweedieError `input` for integers and booleans where they make no sense
 */
export const asFloat32 = (
  array: NdArray,
  field: string,
  floatOnly: boolean,
  where: string,
): NdArray<'float32'> => {
  if (floatOnly) checkFloats(array, field, where)
  const { shape, data } = array
  if (data instanceof Float32Array) return new NdArray('float32', shape, data)
  if (data instanceof BigInt64Array) return ndarray(toNumbers(array), shape)
  const floats = zeros(shape)
  floats.data.set(data)
  return floats
}

/**
 * The numbers of an array that must hold so many.
 *
 * @throws TweedieError `input` when the array holds another number of them
 */
export const numbers = (array: NdArray, count: number, field: string, where: string): number[] => {
  if (array.size !== count)
    throw wrong(where, `field '${field}' must hold ${count} number(s), got shape [${array.shape}]`)
  return toNumbers(array)
}
