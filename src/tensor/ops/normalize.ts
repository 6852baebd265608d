/** Layer normalisation without learned scale or shift, along one axis. */
import { full } from '../ndarray.ts'
import { axisOf } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'
import { mul, sub } from './arithmetic.ts'
import { expectDType } from './pointwise.ts'
import { mean } from './reduce.ts'

interface NormAttrs extends Attrs {
  readonly axis: number
  readonly eps: number
}

/** x − mean(x) along an axis: symmetric, so it is its own gradient. */
const centreOp: Op<{ readonly axis: number }> = {
  name: 'centre',
  infer: ([x]) => x,
  grad: (node, g) => [centre(g, node.attrs.axis)],
  lower: (node, emit) => {
    const x = emit.value(node.inputs[0])
    return emit.node('Sub', [x, emit.node('ReduceMean', [x, emit.ints([node.attrs.axis])])])
  },
}
const centre = (x: Tensor, axis: number): Tensor => apply(centreOp, [x], { axis })

/** Names of (x − m)/√(v + eps) and of 1/√(v + eps), emitted once for both. */
const normalised = (node: Tensor<NormAttrs>, emit: Emit): { y: string; r: string } => {
  const { axis, eps } = node.attrs
  const x = emit.value(node.inputs[0])
  const axes = emit.ints([axis])
  const constant = (value: number) => emit.constant(full([], value, node.dtype))
  const once = (part: string, make: () => string) => emit.once(`norm ${part} ${x} ${axis} ${eps}`, make)
  const d = once('d', () => emit.node('Sub', [x, emit.node('ReduceMean', [x, axes])]))
  const r = once('r', () => {
    const variance = emit.node('ReduceMean', [emit.node('Mul', [d, d]), axes])
    return emit.node('Reciprocal', [emit.node('Sqrt', [emit.node('Add', [variance, constant(eps)])])])
  })
  return { y: once('y', () => emit.node('Mul', [d, r])), r }
}

/**
 * With m, v the mean and variance along the axis and r = (v + eps)^(−1/2), y = (x − m) r:
 * ∂x = r (g − mean(g) − y mean(g y)), and mean(g y) = mean((g − mean(g)) y) since y has mean 0.
 */
const layerNormOp: Op<NormAttrs> = {
  name: 'layerNorm',
  infer: ([x]) => {
    expectDType('layerNorm', x, 'float')
    return x
  },
  grad: (y, g) => {
    const { axis } = y.attrs
    const centred = centre(g, axis)
    const along = mul(y, mean(mul(centred, y), { axes: axis, keepdims: true }))
    return [mul(apply(invStdOp, [y.inputs[0]], y.attrs), sub(centred, along))]
  },
  lower: (node, emit) => normalised(node, emit).y,
}

/** r = (v + eps)^(−1/2) of layerNorm, axis kept: ∂x = −g r² y / n. */
const invStdOp: Op<NormAttrs> = {
  name: 'invStd',
  infer: ([x], { axis }) => ({ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? 1 : d)) }),
  grad: (r, g) => {
    const [x] = r.inputs
    const y = apply(layerNormOp, [x], r.attrs)
    return [mul(y, mul(mul(g, -1 / x.shape[r.attrs.axis]), mul(r, r)))]
  },
  lower: (node, emit) => normalised(node, emit).r,
}

/**
 * (x − mean)/√(variance + eps) along one axis (the last by default), biased variance, eps 1e-5 by default.
 */
export const layerNorm = (
  x: Tensor,
  { axis = -1, eps = 1e-5 }: { axis?: number; eps?: number } = {},
): Tensor => apply(layerNormOp, [x], { axis: axisOf('layerNorm', axis, x.shape.length), eps })
