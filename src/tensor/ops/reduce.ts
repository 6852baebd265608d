/** Sums, means and extrema over axes. */
import type { Shape } from '../ndarray.ts'
import { axesOf, shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'
import { cast, div, mul } from './arithmetic.ts'
import { broadcastTo } from './broadcast.ts'
import { equal } from './compare.ts'
import { reshape } from './layout.ts'
import { type Accepts, expectDType } from './pointwise.ts'

interface Axes extends Attrs {
  readonly axes: readonly number[]
  readonly keepdims: boolean
}

/**
 * Options of a reduction: the axes (all by default, negative ones from the back) and
 * whether they stay as size 1.
 */
export interface Reduce {
  /** Axes to reduce, negative ones counted from the last; default all. */
  readonly axes?: number | readonly number[]
  /** Whether reduced axes stay with size 1, default false. */
  readonly keepdims?: boolean
}

/** The shape after reducing. */
export const reducedShape = (shape: Shape, { axes, keepdims }: Pick<Axes, 'axes' | 'keepdims'>): Shape =>
  keepdims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))

/** The cotangent of a reduction in the rank of its input, ready to broadcast. */
const kept = (g: Tensor, shape: Shape, { axes }: Axes): Tensor =>
  reshape(g, reducedShape(shape, { axes, keepdims: true }))

const reduction = (name: string, onnx: string, accepts: Accepts, grad: Op<Axes>['grad']): Op<Axes> => ({
  name,
  infer: ([x], attrs) => {
    expectDType(name, x, accepts)
    if (attrs.axes.some((a) => x.shape[a] === 0)) shapeError(name, `nothing to reduce in ${show(x.shape)}`)
    return { dtype: x.dtype, shape: reducedShape(x.shape, attrs) }
  },
  grad,
  lower: (node, emit) =>
    emit.node(onnx, [emit.value(node.inputs[0]), emit.ints(node.attrs.axes)], {
      keepdims: { int: node.attrs.keepdims ? 1 : 0 },
    }),
})

const sumOp = reduction('sum', 'ReduceSum', 'number', ({ inputs: [x], attrs }, g) => [
  broadcastTo(kept(g, x.shape, attrs), x.shape),
])
const meanOp = reduction('mean', 'ReduceMean', 'float', ({ inputs: [x], attrs }, g) => {
  const count = attrs.axes.reduce((n, a) => n * x.shape[a], 1)
  return [broadcastTo(kept(mul(g, 1 / count), x.shape, attrs), x.shape)]
})
const extremum = (name: string, onnx: string): Op<Axes> =>
  reduction(name, onnx, 'number', (node, g) => {
    const [x] = node.inputs
    const at = cast(equal(x, kept(node, x.shape, node.attrs)), x.dtype)
    const share = div(at, sum(at, { axes: node.attrs.axes, keepdims: true }))
    return [mul(share, kept(g, x.shape, node.attrs))]
  })
const maxOp = extremum('max', 'ReduceMax')
const minOp = extremum('min', 'ReduceMin')

const reduce =
  (op: Op<Axes>) =>
  (x: Tensor, { axes, keepdims = false }: Reduce = {}): Tensor => {
    const list = axesOf(op.name, axes, x.shape.length)
    return list.length === 0 ? x : apply(op, [x], { axes: list, keepdims })
  }

/**
 * Sum over axes (all by default).
 *
 * @throws TweedieError `shape` when an axis is outside the tensor, repeated or of size 0
 *
 * @example
 * ```ts
 * sum(x, { axes: -1, keepdims: true }) // [2, 3] → [2, 1]
 * ```
 */
export const sum = reduce(sumOp)
/**
 * Sum over all axes but the first: [B, ...] → [B]; [B] is itself.
 *
 * @example
 * ```ts
 * sumRows(x) // [2, 3, 4] → [2]
 * ```
 */
export const sumRows = (x: Tensor): Tensor =>
  x.shape.length > 1 ? sum(x, { axes: x.shape.map((_, i) => i).slice(1) }) : x
/** Mean over axes (all by default) of a float tensor; otherwise like {@link sum}. */
export const mean = reduce(meanOp)
/** Largest element over axes (all by default); ties share the gradient equally. */
export const max = reduce(maxOp)
/** Smallest element over axes (all by default); ties share the gradient equally. */
export const min = reduce(minOp)
