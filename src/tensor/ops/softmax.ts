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
 * The largest element along the axes, or 0 where that is infinite; held constant, which keeps derivatives
 * exact.
 */
const shiftOf = (x: Tensor, axes: readonly number[]): Tensor => {
  const top = max(x, { axes, keepdims: true })
  return stopGradient(where(less(abs(top), Number.POSITIVE_INFINITY), top, 0))
}

const logTotal = (x: Tensor, axes: readonly number[]): Tensor => log(sum(exp(x), { axes, keepdims: true }))

/** log Σ eˣ over axes (all by default); the largest element is taken out of the sum, so nothing overflows. */
export const logsumexp = (x: Tensor, { axes, keepdims = false }: Reduce = {}): Tensor => {
  const list = axesOf('logsumexp', axes, x.shape.length)
  const shift = shiftOf(x, list)
  const total = add(logTotal(sub(x, shift), list), shift)
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
export const logSoftmax = (x: Tensor, axis = -1): Tensor => {
  const axes = [axisOf('logSoftmax', axis, x.shape.length)]
  const shifted = sub(x, shiftOf(x, axes))
  return sub(shifted, logTotal(shifted, axes))
}
