import { type Shape, type Tensor, vjp } from '../tensor/index.ts'
import { probe } from '../tensor/tensor.ts'

/**
 * Aᵀ of a linear map given by its formula: the vector–Jacobian product, at a point that does not matter.
 *
 * @param apply - linear in x [B, ...inShape]
 */
export const transposeOf =
  (apply: (x: Tensor) => Tensor, inShape: Shape) =>
  (y: Tensor): Tensor => {
    const x = probe(y.dtype, [y.shape[0], ...inShape])
    return vjp(apply(x), x, y)
  }
