import { spend } from './allocation.ts'

/** Element types of arrays and tensors, named as in ONNX and NumPy. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool'

/** The typed array that holds each dtype; booleans are bytes 0 and 1. */
export interface DataOf {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  int64: BigInt64Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** Any of the typed arrays that back an {@link NdArray}. */
export type Data = DataOf[DType]

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const

/** Fresh zero-filled storage of `size` elements. */
export const allocate = <D extends DType>(dtype: D, size: number): DataOf[D] => {
  spend(size)
  return new constructors[dtype](size) as DataOf[D]
}

/** Bytes of one element. */
export const elementBytes = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT

/** True for float32 and float64. */
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'
