import type { DType } from '../tensor/dtype.ts'
import { type NdArray, reshaped } from '../tensor/ndarray.ts'

/**
 * Grey images [N, H, W] with their channel, [N, 1, H, W]; [N, 1, V] are signals, not
 * images of one row, and stay.
 */
export const withChannel = <D extends DType>(x: NdArray<D>): NdArray<D> => {
  const [n, h, w] = x.shape
  return x.shape.length === 3 && h > 1 ? reshaped(x, [n, 1, h, w]) : x
}
