/** log Σ eˣ and its derivatives. */
import { axesOf, axisOf } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'
import { abs, add, mul, sub } from './arithmetic.ts'
import { less, where } from './compare.ts'
import { stopGradient } from './control.ts'
import { exp, log } from './functions.ts'
import { reshape } from './layout.ts'
import { expectDType } from './pointwise.ts'
import { max, type Reduce, reducedShape, sum } from './reduce.ts'

/**
 * log Σ eˣ over axes (all by default). The largest element, or 0 where that is infinite, is taken out of the sum;
 * the derivative is exact when it is held constant.
 */
export const logsumexp = (x: Tensor, { axes, keepdims = false }: Reduce = {}): Tensor => {
  const list = axesOf('logsumexp', axes, x.shape.length)
  const top = max(x, { axes: list, keepdims: true })
  const shift = stopGradient(where(less(abs(top), Number.POSITIVE_INFINITY), top, 0))
  const total = add(log(sum(exp(sub(x, shift)), { axes: list, keepdims: true })), shift)
  return keepdims ? total : reshape(total, reducedShape(x.shape, { axes: list, keepdims }))
}

interface OneAxis extends Attrs {
  readonly axis: number
}
const softmaxOp: Op<OneAxis> = {
  name: 'softmax',
  infer: ([x]) => {
    expectDType('softmax', x, 'float')
    return x
  },
  grad: (y, g) => {
    const gy = mul(g, y)
    return [sub(gy, mul(y, sum(gy, { axes: y.attrs.axis, keepdims: true })))]
  },
  lower: (node, emit) =>
    emit.node('Softmax', [emit.value(node.inputs[0])], { axis: { int: node.attrs.axis } }),
}

/** eˣ / Σ eˣ along one axis (the last by default); NaN where all of the axis is −∞. */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  apply(softmaxOp, [x], { axis: axisOf('softmax', axis, x.shape.length) })

/** x − log Σ eˣ along one axis (the last by default). */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  sub(x, logsumexp(x, { axes: axisOf('logSoftmax', axis, x.shape.length), keepdims: true }))
