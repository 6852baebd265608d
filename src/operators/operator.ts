import type { Shape, Tensor } from '../tensor/index.ts'

/**
 * A forward model A on batches: `apply` maps [B, ...inShape] to [B, ...outShape]. Parameters that differ between
 * observations (a mask per image) are tensors with a batch axis, so one compiled program serves all observations.
 */
export interface Operator {
  readonly name: string
  readonly inShape: Shape
  readonly outShape: Shape
  apply(x: Tensor): Tensor
  /** Aᵀ y: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩. */
  adjoint(y: Tensor): Tensor
  /** A⁺ y, where it is cheap: A A⁺ A = A. */
  pinv?(y: Tensor): Tensor
}
