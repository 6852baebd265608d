/** Broadcasting, and the reductions that are its transpose. */
import type { Shape } from '../ndarray.ts'
import type { Emitter } from '../onnx/emitter.ts'
import { axesOf, broadcastShapes, sameShape, shapeError, show } from '../shape.ts'
import { apply, type Attrs, type Op, type Tensor } from '../tensor.ts'
import { add, cast, div, equal, exp, log, mul, sub } from './elementwise.ts'
import { reshape } from './layout.ts'
import { stopGradient } from './control.ts'

interface Axes extends Attrs {
  readonly axes: readonly number[]
  readonly keepdims: boolean
}

/** Options of a reduction: the axes (all by default, negative ones from the back) and whether they stay as size 1. */
export interface Reduce {
  readonly axes?: number | readonly number[]
  readonly keepdims?: boolean
}

const reducedShape = (shape: Shape, { axes, keepdims }: Axes): Shape =>
  keepdims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))

/** The cotangent of a reduction in the rank of its input, ready to broadcast. */
const kept = (g: Tensor, shape: Shape, { axes }: Axes): Tensor =>
  reshape(g, shape.map((d, i) => (axes.includes(i) ? 1 : d)))

const reduction = (name: string, onnx: string, grad: Op<Axes>['grad']): Op<Axes> => ({
  name,
  infer: ([x], attrs) => {
    if (attrs.axes.some((a) => x.shape[a] === 0)) shapeError(name, `nothing to reduce in ${show(x.shape)}`)
    return { dtype: x.dtype, shape: reducedShape(x.shape, attrs) }
  },
  grad,
  lower: (node, emit) => lowerReduction(onnx, node, emit),
})

/** Shared with device lowerings. */
export const lowerReduction = (onnx: string, node: Tensor<Axes>, emit: Emitter): string =>
  emit.node(onnx, [emit.value(node.inputs[0]), emit.ints(node.attrs.axes)], {
    keepdims: { int: node.attrs.keepdims ? 1 : 0 },
  })

const sumOp = reduction('sum', 'ReduceSum', ({ inputs: [x], attrs }, g) => [
  broadcastTo(kept(g, x.shape, attrs), x.shape),
])
const meanOp = reduction('mean', 'ReduceMean', ({ inputs: [x], attrs }, g) => {
  const count = attrs.axes.reduce((n, a) => n * x.shape[a], 1)
  return [broadcastTo(kept(mul(g, 1 / count), x.shape, attrs), x.shape)]
})
const extremum = (name: string, onnx: string): Op<Axes> =>
  reduction(name, onnx, (node, g) => {
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

/** Sum over axes (all by default). */
export const sum = reduce(sumOp)
/** Mean over axes (all by default). */
export const mean = reduce(meanOp)
/** Largest element; ties share the gradient. */
export const max = reduce(maxOp)
/** Smallest element; ties share the gradient. */
export const min = reduce(minOp)

/** log Σ eˣ over axes, by the largest element, which is held constant: the derivative is exact without it. */
export const logsumexp = (x: Tensor, { axes, keepdims = false }: Reduce = {}): Tensor => {
  const list = axesOf('logsumexp', axes, x.shape.length)
  const top = stopGradient(max(x, { axes: list, keepdims: true }))
  const total = add(log(sum(exp(sub(x, top)), { axes: list, keepdims: true })), top)
  return keepdims ? total : reshape(total, reducedShape(x.shape, { axes: list, keepdims }))
}

interface OneAxis extends Attrs {
  readonly axis: number
}
const softmaxOp: Op<OneAxis> = {
  name: 'softmax',
  infer: ([x]) => x,
  grad: (y, g) => {
    const gy = mul(g, y)
    return [sub(gy, mul(y, sum(gy, { axes: y.attrs.axis, keepdims: true })))]
  },
  lower: (node, emit) => emit.node('Softmax', [emit.value(node.inputs[0])], { axis: { int: node.attrs.axis } }),
}

/** eˣ / Σ eˣ along one axis (the last by default). */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  apply(softmaxOp, [x], { axis: axesOf('softmax', axis, x.shape.length)[0] })

/** x − log Σ eˣ along one axis (the last by default). */
export const logSoftmax = (x: Tensor, axis = -1): Tensor => sub(x, logsumexp(x, { axes: axis, keepdims: true }))

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
  grad: ({ inputs: [x] }, g) => [sumTo(g, x.shape)],
  lower: (node, emit) => emit.node('Expand', [emit.value(node.inputs[0]), emit.ints(node.attrs.shape)]),
}

/** x repeated along axes of size 1 and new leading axes. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : apply(broadcastOp, [x], { shape: [...shape] })

/** The transpose of {@link broadcastTo}: sums what had been repeated. */
export const sumTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const extra = x.shape.length - shape.length
  const axes = x.shape.flatMap((d, i) => (i < extra || (shape[i - extra] === 1 && d !== 1) ? [i] : []))
  return reshape(sum(x, { axes, keepdims: true }), shape)
}
