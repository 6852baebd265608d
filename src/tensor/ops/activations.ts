/** Activation functions of neural networks, element by element on float tensors. */
import { full } from '../ndarray.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import { abs, add, maximum, mul, neg, sub } from './arithmetic.ts'
import { greater, where } from './compare.ts'
import { erf, exp, expm1, log1p } from './functions.ts'
import { expectDType, type None, unary } from './pointwise.ts'

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary('sigmoid', 'Sigmoid', (_x, y, g) => mul(g, mul(y, sub(1, y))))

/** log(1 + eˣ), stable at both ends: max(x, 0) + log1p(e^−|x|). */
export const softplus = unary(
  'softplus',
  (_x, emit, node) => emit.value(stableSoftplus(node.inputs[0])),
  (x, _y, g) => mul(g, sigmoid(x)),
)
const stableSoftplus = (x: Tensor): Tensor => add(maximum(x, 0), log1p(exp(neg(abs(x)))))

/** log sigmoid(x), stable at both ends. */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)))

/**
 * x · sigmoid(x) (Elfwing, Uchibe & Doya 2018). In float64 as x/(1 + e⁻ˣ): ONNX Runtime would join the two
 * nodes of the product to one that it has in float32 alone.
 */
export const silu = unary(
  'silu',
  (x, emit, node) => {
    if (node.dtype === 'float32') return emit.node('Mul', [x, emit.node('Sigmoid', [x])])
    const below = emit.node('Add', [
      emit.constant(full([], 1, node.dtype)),
      emit.node('Exp', [emit.node('Neg', [x])]),
    ])
    return emit.node('Div', [x, below])
  },
  (x, y, g) => {
    return mul(g, apply(siluSlopeOp, [x, y], {}))
  },
)

/**
 * silu′ = s + y (1 − s) with s = sigmoid(x) and y = silu(x), which is at hand: its own gradient is all in x.
 */
const siluSlopeOp: Op<None> = {
  name: 'siluSlope',
  infer: ([x]) => x,
  grad: ({ inputs: [x] }, g) => {
    const s = sigmoid(x)
    const bend = add(mul(x, sub(1, mul(s, 2))), 2)
    return [mul(g, mul(mul(s, sub(1, s)), bend)), undefined]
  },
  lower: (node, emit) => {
    const [x, y] = node.inputs.map((t) => emit.value(t))
    const s = emit.node('Sigmoid', [x])
    const rest = emit.node('Sub', [emit.constant(full([], 1, node.dtype)), s])
    return emit.node('Add', [s, emit.node('Mul', [y, rest])])
  },
}

/** max(x, 0); gradient 0 at 0. */
export const relu = unary('relu', 'Relu', (x, _y, g) => where(greater(x, 0), g, 0))

/** ONNX Runtime joins the float32 node to the matrix product before it; in float64 there is no such node. */
const leakyReluOp: Op<{ readonly slope: number }> = {
  name: 'leakyRelu',
  infer: ([x]) => {
    expectDType('leakyRelu', x, 'float')
    return x
  },
  grad: ({ inputs: [x], attrs: { slope } }, g) => [where(greater(x, 0), g, mul(g, slope))],
  lower: ({ inputs: [x], attrs: { slope }, dtype }, emit) =>
    dtype === 'float32'
      ? emit.node('LeakyRelu', [emit.value(x)], { alpha: { float: slope } })
      : emit.value(where(greater(x, 0), x, mul(x, slope))),
}

/** x for x > 0, else slope · x. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => apply(leakyReluOp, [x], { slope })

/** x for x > 0, else eˣ − 1. The exponential never sees x > 0, where it could overflow. */
export const elu = (x: Tensor): Tensor => {
  const positive = greater(x, 0)
  return where(positive, x, expm1(where(positive, 0, x)))
}

/** x Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel 2016); float32 only, as erf. */
export const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))
