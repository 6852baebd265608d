import type { Data } from '../tensor/dtype.ts'
import { NdArray, sizeOf } from '../tensor/ndarray.ts'

/**
 * Column-major to row-major.
 *
 * @param width - elements that stay together: 1, or 2 for complex numbers, whose last axis is those
 */
export const fromFortran = ({ dtype, shape: stored, data }: NdArray, width: number): NdArray => {
  const shape = width === 1 ? stored : stored.slice(0, -1)
  const out = data.slice()
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  let source = 0
  for (let i = 0; i < out.length; i += width) {
    for (let part = 0; part < width; part++) out[i + part] = data[source * width + part]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis]
      if (++index[axis] < shape[axis]) break
      source -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return new NdArray(dtype, stored, out as Data)
}
