import { type DType, isFloat, type NdArray, ndarray, toNumbers } from '../tensor/index.ts'
import { constant, type Tensor } from '../tensor/tensor.ts'

const known = new WeakMap<NdArray, Map<DType, Tensor>>()

/**
 * A fixed array inside programs, in the dtype of another tensor: float32 arrays serve programs in float64 and
 * the other way round. One constant for each array and dtype, however often it is asked for.
 *
 * Nodes derived from it live as long as the array does when it is their first operand: let it be the second.
 *
 * @param array - must not change afterwards
 */
export const constantLike = (array: NdArray, { dtype }: Pick<Tensor, 'dtype'>): Tensor => {
  const made = known.get(array) ?? new Map<DType, Tensor>()
  known.set(array, made)
  const found = made.get(dtype)
  if (found) return found
  const same = array.dtype === dtype || !isFloat(array.dtype)
  const fresh = constant(same ? array : ndarray(toNumbers(array), array.shape, dtype))
  made.set(dtype, fresh)
  return fresh
}
