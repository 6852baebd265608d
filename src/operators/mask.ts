import { mul, type Shape, square, type Tensor } from '../tensor/index.ts'
import { type LinearOperator, ownBasis } from './operator.ts'

/**
 * y = m ∘ x: entries are kept (1) or deleted (0); deleted entries of y are 0 (plus noise, which Aᵀ ignores).
 *
 * @param m - [B, ...event] or broadcastable to it, such as [B, 1, H, W] for a mask shared by
 *   the channels; 0 or 1 only
 * @param event - shape of one x; that of one m by default
 *
 * @example
 * ```ts
 * const A = mask(constant(bernoulli(stream(0, 'mask'), 0.25, [8, 1, 28, 28]))) // 25 % of the pixels
 * ```
 */
export const mask = (m: Tensor, event: Shape = m.shape.slice(1)): LinearOperator => ({
  name: 'mask',
  linear: true,
  inShape: event,
  outShape: event,
  apply: (x) => mul(x, m),
  adjoint: (y) => mul(y, m),
  pinv: (y) => mul(y, m),
  eigenbasis: ownBasis(event, () => square(m)),
})
