import { broadcastTo, concat, mul, type Tensor } from '../tensor/index.ts'

/**
 * The condition of a flow that knows which entries of y were observed: m ∘ y and the mask beside it. Given y
 * alone, an entry that was deleted looks like one that was observed as 0.
 *
 * @param y - [B, m] or [B, C, H, W]
 * @param mask - 0/1, of that shape or [B, 1, H, W] for all channels
 * @returns [B, 2m], or [B, C + channels of the mask, H, W]
 *
 * @example
 * ```ts
 * const flow = realNvp({ size: 784, condition: 2 * 784 })
 * const params = frozen(flow.init(0))
 * const draw = jit((y: Tensor, m: Tensor, z: Tensor) => flow.sample(params, maskedCondition(y, m), z).x)
 * ```
 */
export const maskedCondition = (y: Tensor, mask: Tensor): Tensor =>
  concat([mul(y, broadcastTo(mask, y.shape)), mask], 1)
