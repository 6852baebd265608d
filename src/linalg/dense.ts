/**
 * Fixed matrices inside programs. Resampling and Fourier transforms are products with them: exact in f32 and
 * f64.
 */
import { constant, type DType, type NdArray, ndarray, type Tensor } from '../tensor/index.ts'

/** A fixed array, as a constant of the dtype of a tensor; one constant for each dtype. */
export type Dense = (like: Tensor) => Tensor

/** @param values - in f64, rounded when the program is in f32 */
export const dense = (values: NdArray<'float64'>): Dense => {
  const made = new Map<DType, Tensor>()
  return ({ dtype }) => {
    const known = made.get(dtype)
    if (known) return known
    const fresh = constant(ndarray(values.data, values.shape, dtype))
    made.set(dtype, fresh)
    return fresh
  }
}

/** The matrix [rows, columns] of a function of row and column. */
export const matrixOf = (
  rows: number,
  columns: number,
  entry: (row: number, column: number) => number,
): NdArray<'float64'> =>
  ndarray(
    Float64Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns)),
    [rows, columns],
    'float64',
  )
