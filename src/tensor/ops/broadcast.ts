/** Broadcasting and its transpose. */
import type { Shape } from '../ndarray.ts'
import { broadcastShapes, sameShape, shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'
import { reshape } from './layout.ts'
import { scalarLike } from './pointwise.ts'
import { sum } from './reduce.ts'

interface ShapeAttrs extends Attrs {
  readonly shape: readonly number[]
}
const broadcastOp: Op<ShapeAttrs> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
      shapeError('broadcastTo', `${show(x.shape)} does not broadcast to ${show(shape)}`)
    }
    return { dtype: x.dtype, shape }
  },
  grad: (_node, g) => [g],
  lower: (node, emit) => emit.node('Expand', [emit.value(node.inputs[0]), emit.ints(node.attrs.shape)]),
}

/**
 * x repeated along axes of size 1 and new leading axes.
 *
 * @throws TweedieError `shape` when x does not broadcast to that shape
 */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastOp, [x], { shape: [...shape] })

/** One value in the shape and dtype of `like`. */
export const fullLike = (like: Tensor, value: number): Tensor =>
  broadcastTo(scalarLike(like, value), like.shape)

/**
 * The transpose of {@link broadcastTo}: sums what had been repeated.
 *
 * @throws TweedieError `shape` when `shape` does not broadcast to that of x
 */
export const sumTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  if (!sameShape(broadcastShapes('sumTo', x.shape, shape), x.shape)) {
    shapeError('sumTo', `${show(shape)} does not broadcast to ${show(x.shape)}`)
  }
  const extra = x.shape.length - shape.length
  const axes = x.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []))
  return reshape(sum(x, { axes, keepdims: true }), shape)
}
