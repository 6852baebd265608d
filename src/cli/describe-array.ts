import { isFloat } from '../tensor/dtype.ts'
import type { NdArray } from '../tensor/ndarray.ts'

/** An array in a line. */
export type ArrayDescription = {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Over the finite elements; null without any. */
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** Number of NaN and ±Inf. */
  readonly notFinite: number
}

/** Dtype, shape, range and mean of an array. */
export const describeArray = (name: string, array: NdArray): ArrayDescription => {
  let [min, max, sum, count] = [Infinity, -Infinity, 0, 0]
  for (const element of array.data) {
    const value = Number(element)
    if (!Number.isFinite(value)) continue
    if (value < min) min = value
    if (value > max) max = value
    sum += value
    count++
  }
  const range = count === 0 ? { min: null, max: null, mean: null } : { min, max, mean: sum / count }
  const notFinite = isFloat(array.dtype) ? array.size - count : 0
  return { name, dtype: array.dtype, shape: array.shape, ...range, notFinite }
}
