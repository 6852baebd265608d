/** Scaled dot-product attention with several heads (Vaswani et al. 2017). */
import { sameShape, shapeError, show } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { mul } from './arithmetic.ts'
import { reshape, transpose } from './layout.ts'
import { matmul } from './matmul.ts'
import { softmax } from './softmax.ts'

/**
 * softmax(q kᵀ/√(C/heads)) v for each head; the heads are contiguous groups of channels.
 *
 * @param q - [B, L, C]
 * @param k - [B, M, C], M = L in self-attention
 * @param v - [B, M, C]
 * @returns [B, L, C]
 * @throws TweedieError `shape` when the three do not fit, or C is not divisible by `heads`
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor => {
  const [b, l, c] = q.shape
  if (q.shape.length !== 3 || c % heads !== 0) {
    shapeError('attention', `queries ${show(q.shape)} do not split into ${heads} heads`)
  }
  if (!sameShape(k.shape, [b, k.shape[1], c]) || !sameShape(v.shape, k.shape)) {
    shapeError(
      'attention',
      `keys ${show(k.shape)} and values ${show(v.shape)} do not fit queries ${show(q.shape)}`,
    )
  }
  const perHead = (x: Tensor) => transpose(reshape(x, [b, x.shape[1], heads, c / heads]), [0, 2, 1, 3])
  const scores = matmul(mul(perHead(q), (c / heads) ** -0.5), perHead(k), { transB: true })
  return reshape(transpose(matmul(softmax(scores), perHead(v)), [0, 2, 1, 3]), [b, l, c])
}
