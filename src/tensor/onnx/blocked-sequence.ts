/**
 * Images as sequences of pixels and back, [B, C, H, W] ↔ [B, H·W, C] as attention wants them:
 * one conversion, no transpose.
 */
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { blocked, plain, type Rule, type Rules } from './blocked.ts'

/** Swaps the last two of three axes. */
const isSwap = (t: Tensor): boolean =>
  t.op.name === 'transpose' && typeof t.attrs.perm === 'object' && sameShape(t.attrs.perm, [0, 2, 1])

/** [B, C, H, W] → [B, C, H·W] → [B, H·W, C]. */
const transpose: Rule = (node, b) => {
  const [flat] = node.inputs
  if (!isSwap(node) || flat.op.name !== 'reshape') return undefined
  const [image] = flat.inputs
  if (b.kindOf(image) !== 'blocked' || !sameShape(image.shape.slice(0, 2), flat.shape.slice(0, 2)))
    return undefined
  const [, c] = image.shape
  const last = b.node('ReorderOutput', [b.blocked(image)], {
    channels: { int: c },
    channels_last: { int: 1 },
  })
  return plain(b.reshape(last, node.shape))
}

/** [B, H·W, C] → [B, C, H·W] → [B, C, H, W]. */
const reshape: Rule = (node, b) => {
  const [flat] = node.inputs
  if (!b.fits(node) || !isSwap(flat) || !sameShape(flat.shape.slice(0, 2), node.shape.slice(0, 2)))
    return undefined
  const [batch, c, h, w] = node.shape
  const pixels = b.reshape(b.emit.value(flat.inputs[0]), [batch, h, w, c])
  return blocked(b.reshape(b.node('ReorderInput', [pixels], { channels_last: { int: 1 } }), node.shape))
}

export const sequenceRules: Rules = { transpose, reshape }
