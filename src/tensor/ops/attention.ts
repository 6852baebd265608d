/** Scaled dot-product attention with several heads (Vaswani et al. 2017). */
import { shapeError, show } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { mul } from './elementwise.ts'
import { reshape, transpose } from './layout.ts'
import { matmul } from './matmul.ts'
import { softmax } from './reduce.ts'

/**
 * softmax(q kᵀ/√(C/heads)) v for each head; q, k, v are [B, L, C] and the heads are contiguous groups of channels.
 *
 * @returns [B, L, C]
 * @throws TweedieError `shape` when C is not divisible by `heads`
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor => {
  const [b, l, c] = q.shape
  if (q.shape.length !== 3 || c % heads !== 0) shapeError('attention', `${show(q.shape)} does not split into ${heads} heads`)
  const perHead = (x: Tensor) => transpose(reshape(x, [b, x.shape[1], heads, c / heads]), [0, 2, 1, 3])
  const scores = matmul(mul(perHead(q), (c / heads) ** -0.5), perHead(k), { transB: true })
  return reshape(transpose(matmul(softmax(scores), perHead(v)), [0, 2, 1, 3]), [b, l, c])
}
