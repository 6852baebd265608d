import { TweedieError } from '../error.ts'
import { allocate, type Data, type DataOf, type DType } from './dtype.ts'

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** Number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1)

/**
 * A dense row-major array outside programs: what goes into a program and comes out of it.
 *
 * It is a view of its `data`: nothing is copied on construction.
 *
 * @example
 * ```ts
 * const x = new NdArray('float32', [2, 3], new Float32Array(6))
 * ```
 */
export class NdArray<D extends DType = DType> {
  readonly dtype: D
  readonly shape: Shape
  readonly data: DataOf[D]

  /** @throws TweedieError `shape` when `data` does not hold exactly the elements of `shape`. */
  constructor(dtype: D, shape: Shape, data: DataOf[D]) {
    if (data.length !== sizeOf(shape)) {
      throw new TweedieError(
        'shape',
        `array of shape [${shape}] needs ${sizeOf(shape)} elements, got ${data.length}`,
      )
    }
    this.dtype = dtype
    this.shape = shape
    this.data = data
  }

  /** Number of elements. */
  get size(): number {
    return this.data.length
  }
}

/**
 * An array of plain numbers, float32 by default.
 *
 * @throws TweedieError `shape` when the shape is not that of so many numbers
 *
 * @example
 * ```ts
 * const x = ndarray([1, 2, 3, 4], [2, 2])
 * ```
 */
export const ndarray = <D extends DType = 'float32'>(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
  dtype: D = 'float32' as D,
): NdArray<D> => {
  const data: Data = allocate(dtype, values.length)
  if (data instanceof BigInt64Array) for (let i = 0; i < data.length; i++) data[i] = BigInt(values[i])
  else data.set(values)
  return new NdArray(dtype, shape, data as DataOf[D])
}

/** Zeros of a shape. */
export const zeros = <D extends DType = 'float32'>(shape: Shape, dtype: D = 'float32' as D): NdArray<D> =>
  new NdArray(dtype, shape, allocate(dtype, sizeOf(shape)))

/** One value everywhere. */
export const full = <D extends DType = 'float32'>(
  shape: Shape,
  value: number,
  dtype: D = 'float32' as D,
): NdArray<D> => {
  const array = zeros(shape, dtype)
  if (array.data instanceof BigInt64Array) array.data.fill(BigInt(value))
  else (array.data as Exclude<Data, BigInt64Array>).fill(value)
  return array
}

/** A scalar: shape `[]`. */
export const scalar = <D extends DType = 'float32'>(value: number, dtype: D = 'float32' as D): NdArray<D> =>
  full([], value, dtype)

/**
 * Elements as plain numbers, in row-major order.
 *
 * @example
 * ```ts
 * toNumbers(ndarray([1, 2])) // [1, 2]
 * ```
 */
export const toNumbers = (array: NdArray): number[] =>
  Array.from(array.data as ArrayLike<number | bigint>, Number)

/**
 * The one element of a scalar (or of any array with a single element), as a number.
 *
 * @throws TweedieError `shape` when the array has more than one element, or none
 */
export const item = (array: NdArray): number => {
  if (array.size !== 1)
    throw new TweedieError('shape', `item() needs one element, got shape [${array.shape}]`)
  return Number(array.data[0])
}

/** Same data under another shape (no copy). */
export const reshaped = <D extends DType>(array: NdArray<D>, shape: Shape): NdArray<D> =>
  new NdArray(array.dtype, shape, array.data)

/** Rows `start … stop - 1` of the first axis, as a view (no copy). */
export const rows = <D extends DType>(array: NdArray<D>, start: number, stop: number): NdArray<D> => {
  const [n = 1, ...rest] = array.shape
  const stride = sizeOf(rest)
  const [from, to] = [Math.max(0, start), Math.min(n, stop)]
  return new NdArray(
    array.dtype,
    [to - from, ...rest],
    array.data.subarray(from * stride, to * stride) as DataOf[D],
  )
}

/** Item `index` of the first axis, without that axis, as a view. `itemAt(draws, k)` is draw k. */
export const itemAt = <D extends DType>(array: NdArray<D>, index: number): NdArray<D> =>
  reshaped(rows(array, index, index + 1), array.shape.slice(1))

/** Rows of the first axis by index, copied. */
export const rowsAt = (array: NdArray<'float32'>, index: readonly number[]): NdArray<'float32'> => {
  const event = array.shape.slice(1)
  const out = zeros([index.length, ...event])
  for (const [i, row] of index.entries()) out.data.set(rows(array, row, row + 1).data, i * sizeOf(event))
  return out
}

/** Arrays one after the other, along the first axis. */
export const joinedRows = (arrays: readonly NdArray<'float32'>[]): NdArray<'float32'> => {
  const count = arrays.reduce((sum, { shape }) => sum + shape[0], 0)
  const data = new Float32Array(arrays.reduce((sum, { size }) => sum + size, 0))
  let at = 0
  for (const array of arrays) {
    data.set(array.data, at)
    at += array.size
  }
  return new NdArray('float32', [count, ...arrays[0].shape.slice(1)], data)
}

/** A float32 array as such: what programs in float32 give. @throws TweedieError `shape` for another dtype */
export const float32 = ({ dtype, shape, data }: NdArray): NdArray<'float32'> => {
  if (data instanceof Float32Array) return new NdArray('float32', shape, data)
  throw new TweedieError('shape', `expected float32, got ${dtype}`)
}

/** Flat index of the first value that is NaN or infinite; -1 when all are finite. */
export const firstNotFinite = ({ data }: { readonly data: ArrayLike<number> }): number => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}
