import { type Shape, scalarLike } from '../tensor/index.ts'
import { type LinearOperator, ownBasis } from './operator.ts'

/**
 * y = x: denoising.
 *
 * @param shape - of one x
 *
 * @example
 * ```ts
 * const A = identity([1, 28, 28])
 * ```
 */
export const identity = (shape: Shape): LinearOperator => ({
  name: 'identity',
  linear: true,
  inShape: shape,
  outShape: shape,
  apply: (x) => x,
  adjoint: (y) => y,
  pinv: (y) => y,
  eigenbasis: ownBasis(shape, (c) => scalarLike(c, 1)),
})
