/** Checks of the fields of a file of arrays; messages name file and field. */
import { firstNotFinite, NdArray, ndarray, type Shape, toNumbers } from '../tensor/ndarray.ts'
import { wrong } from './bytes.ts'

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

/** @throws TweedieError `input` for NaN and infinities, with how many there are and where the first is */
export const checkFinite = (
  array: NdArray<'float32'>,
  field: string,
  advice: string,
  where: string,
): void => {
  const first = firstNotFinite(array)
  if (first < 0) return
  const count = array.data.reduce((n, value) => n + (Number.isFinite(value) ? 0 : 1), 0)
  const at = indexOf(first, array.shape).join(', ')
  throw wrong(
    where,
    `field '${field}' has ${count} values that are NaN or infinite, the first at [${at}]${advice}`,
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
