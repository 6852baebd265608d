/** Arithmetic, comparisons and functions applied element by element, with NumPy broadcasting. */
import { TweedieError } from '../../error.ts'
import { type DType, isFloat } from '../dtype.ts'
import { full, type Shape, sizeOf } from '../ndarray.ts'
import type { Emitter } from '../onnx/emitter.ts'
import { onnxType } from '../onnx/proto.ts'
import { broadcastShapes, sameShape, show } from '../shape.ts'
import { apply, type Attrs, Constant, constant, type Op, Tensor } from '../tensor.ts'
import { broadcastTo, sumTo } from './reduce.ts'

/** A tensor, or a number that takes the dtype of its partner. */
export type Operand = Tensor | number

type None = Record<string, never>

/** A scalar constant of the dtype of `like`. */
export const scalarLike = (like: Tensor, value: number): Tensor => constant(full([], value, like.dtype))

/** One value in the shape of `like`. */
export const fullLike = (like: Tensor, value: number): Tensor => broadcastTo(scalarLike(like, value), like.shape)

const pair = (name: string, a: Operand, b: Operand): readonly [Tensor, Tensor] => {
  if (a instanceof Tensor) return [a, b instanceof Tensor ? b : scalarLike(a, b)]
  if (b instanceof Tensor) return [scalarLike(b, a), b]
  throw new TweedieError('shape', `${name}: at least one operand must be a tensor`)
}

const isScalar = (t: Tensor, value: number): boolean =>
  t instanceof Constant && t.value.size === 1 && Number(t.value.data[0]) === value

type BinaryGrad = (a: Tensor, b: Tensor, y: Tensor, g: Tensor) => readonly [Tensor?, Tensor?]

const binary = (name: string, onnx: string, gradient: BinaryGrad, result?: DType): Op<None> => ({
  name,
  infer: ([a, b]) => {
    if (a.dtype !== b.dtype) {
      throw new TweedieError('shape', `${name}: dtypes differ (${a.dtype}${show(a.shape)} and ${b.dtype}${show(b.shape)})`)
    }
    return { dtype: result ?? a.dtype, shape: broadcastShapes(name, a.shape, b.shape) }
  },
  grad: (node, g) => {
    const [a, b] = node.inputs
    const [ga, gb] = gradient(a, b, node, g)
    return [ga && sumTo(ga, a.shape), gb && sumTo(gb, b.shape)]
  },
  lower: (node, emit) => emit.node(onnx, node.inputs.map((t) => emit.value(t))),
})

const addOp = binary('add', 'Add', (_a, _b, _y, g) => [g, g])
const subOp = binary('sub', 'Sub', (_a, _b, _y, g) => [g, neg(g)])
const mulOp = binary('mul', 'Mul', (a, b, _y, g) => [mul(g, b), mul(g, a)])
const divOp = binary('div', 'Div', (_a, b, y, g) => [div(g, b), neg(div(mul(g, y), b))])
const powOp = binary('pow', 'Pow', (a, b, y, g) => [
  mul(g, mul(b, pow(a, sub(b, 1)))),
  b instanceof Constant ? undefined : mul(g, mul(y, log(a))),
])
const maximumOp = binary('maximum', 'Max', (a, b, _y, g) => choose(greater(a, b), equal(a, b), g))
const minimumOp = binary('minimum', 'Min', (a, b, _y, g) => choose(less(a, b), equal(a, b), g))

/** Ties share the cotangent: the subgradient that is symmetric in a and b. */
const choose = (first: Tensor, tie: Tensor, g: Tensor): readonly [Tensor, Tensor] => {
  const half = mul(g, 0.5)
  return [where(tie, half, where(first, g, 0)), where(tie, half, where(first, 0, g))]
}

const keepsShape = (x: Tensor, other: Tensor): boolean =>
  sameShape(broadcastShapes('', x.shape, other.shape), x.shape)

/** a + b. */
export const add = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('add', a, b)
  if (isScalar(y, 0) && keepsShape(x, y)) return x
  if (isScalar(x, 0) && keepsShape(y, x)) return y
  return apply(addOp, [x, y], {})
}

/** a − b. */
export const sub = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('sub', a, b)
  return isScalar(y, 0) && keepsShape(x, y) ? x : apply(subOp, [x, y], {})
}

/** a · b, element by element. */
export const mul = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('mul', a, b)
  if (isScalar(y, 1) && keepsShape(x, y)) return x
  if (isScalar(x, 1) && keepsShape(y, x)) return y
  return apply(mulOp, [x, y], {})
}

/** a / b. */
export const div = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('div', a, b)
  return isScalar(y, 1) && keepsShape(x, y) ? x : apply(divOp, [x, y], {})
}

/** a to the power b; differentiable in b only for a > 0. */
export const pow = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('pow', a, b)
  if (isScalar(y, 1) && keepsShape(x, y)) return x
  return isScalar(y, 0) ? fullLike(x, 1) : apply(powOp, [x, y], {})
}

/** The larger of a and b; at ties each gets half of the gradient. */
export const maximum = (a: Operand, b: Operand): Tensor => apply(maximumOp, pair('maximum', a, b), {})

/** The smaller of a and b; at ties each gets half of the gradient. */
export const minimum = (a: Operand, b: Operand): Tensor => apply(minimumOp, pair('minimum', a, b), {})

/** x limited to [lo, hi]; the gradient is 0 outside. */
export const clip = (x: Tensor, lo: number, hi: number): Tensor => minimum(maximum(x, lo), hi)

const comparison = (name: string, onnx: string): Op<None> => binary(name, onnx, () => [], 'bool')
const equalOp = comparison('equal', 'Equal')
const lessOp = comparison('less', 'Less')
const lessEqualOp = comparison('lessEqual', 'LessOrEqual')
const greaterOp = comparison('greater', 'Greater')
const greaterEqualOp = comparison('greaterEqual', 'GreaterOrEqual')

/** a = b, as booleans. */
export const equal = (a: Operand, b: Operand): Tensor => apply(equalOp, pair('equal', a, b), {})
/** a < b. */
export const less = (a: Operand, b: Operand): Tensor => apply(lessOp, pair('less', a, b), {})
/** a ≤ b. */
export const lessEqual = (a: Operand, b: Operand): Tensor => apply(lessEqualOp, pair('lessEqual', a, b), {})
/** a > b. */
export const greater = (a: Operand, b: Operand): Tensor => apply(greaterOp, pair('greater', a, b), {})
/** a ≥ b. */
export const greaterEqual = (a: Operand, b: Operand): Tensor => apply(greaterEqualOp, pair('greaterEqual', a, b), {})

const logical = (name: string, onnx: string): Op<None> => {
  const op = comparison(name, onnx)
  return {
    ...op,
    infer: (inputs, attrs) => {
      const wrong = inputs.find((t) => t.dtype !== 'bool')
      if (wrong) throw new TweedieError('shape', `${name}: expected booleans, got ${wrong.dtype}${show(wrong.shape)}`)
      return inputs.length === 1 ? inputs[0] : op.infer(inputs, attrs)
    },
  }
}
const andOp = logical('and', 'And')
const orOp = logical('or', 'Or')
const notOp = logical('not', 'Not')

/** Both. */
export const and = (a: Tensor, b: Tensor): Tensor => apply(andOp, [a, b], {})
/** Either. */
export const or = (a: Tensor, b: Tensor): Tensor => apply(orOp, [a, b], {})
/** Negated. */
export const not = (a: Tensor): Tensor => apply(notOp, [a], {})

const whereOp: Op<None> = {
  name: 'where',
  infer: ([c, a, b]) => {
    if (c.dtype !== 'bool') throw new TweedieError('shape', `where: the condition must be bool, got ${c.dtype}`)
    if (a.dtype !== b.dtype) throw new TweedieError('shape', `where: dtypes differ (${a.dtype} and ${b.dtype})`)
    const shape = broadcastShapes('where', c.shape, broadcastShapes('where', a.shape, b.shape))
    return { dtype: a.dtype, shape }
  },
  grad: ({ inputs: [c, a, b] }, g) => [
    undefined,
    sumTo(where(c, g, 0), a.shape),
    sumTo(where(c, 0, g), b.shape),
  ],
  lower: (node, emit) => emit.node('Where', node.inputs.map((t) => emit.value(t))),
}

/** a where the condition holds, else b. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(whereOp, [condition, ...pair('where', a, b)], {})

type UnaryGrad = (x: Tensor, y: Tensor, g: Tensor) => Tensor | undefined
type UnaryLower = (x: string, emit: Emitter, node: Tensor) => string

const unary = (name: string, onnx: string | UnaryLower, gradient: UnaryGrad): Op<None> => ({
  name,
  infer: ([x]) => {
    if (!isFloat(x.dtype)) throw new TweedieError('shape', `${name}: expected a float tensor, got ${x.dtype}`)
    return x
  },
  grad: (node, g) => [gradient(node.inputs[0], node, g)],
  lower: (node, emit) => {
    const x = emit.value(node.inputs[0])
    return typeof onnx === 'string' ? emit.node(onnx, [x]) : onnx(x, emit, node)
  },
})

const fn = (op: Op<None>) => (x: Tensor): Tensor => apply(op, [x], {})
const none: UnaryGrad = () => undefined

/** −x. */
export const neg = fn(unary('neg', 'Neg', (_x, _y, g) => neg(g)))
/** |x|; gradient 0 at 0. */
export const abs = fn(unary('abs', 'Abs', (x, _y, g) => mul(g, sign(x))))
/** −1, 0 or 1. */
export const sign = fn(unary('sign', 'Sign', none))
/** Largest integer ≤ x. */
export const floor = fn(unary('floor', 'Floor', none))
/** Smallest integer ≥ x. */
export const ceil = fn(unary('ceil', 'Ceil', none))
/** Nearest integer, halves to even. */
export const round = fn(unary('round', 'Round', none))
/** 1 / x. */
export const reciprocal = fn(unary('reciprocal', 'Reciprocal', (_x, y, g) => neg(mul(g, square(y)))))
/** x². */
export const square = (x: Tensor): Tensor => mul(x, x)
/** √x. */
export const sqrt = fn(unary('sqrt', 'Sqrt', (_x, y, g) => div(mul(g, 0.5), y)))
/** 1 / √x. */
export const rsqrt = (x: Tensor): Tensor => reciprocal(sqrt(x))
/** eˣ. */
export const exp = fn(unary('exp', 'Exp', (_x, y, g) => mul(g, y)))
/** eˣ − 1 without cancellation: tanh(x/2) (eˣ + 1), with a ceiling where that would be ∞·1. */
export const expm1 = (x: Tensor): Tensor => mul(tanh(mul(x, 0.5)), add(exp(x), 1))
/** Natural logarithm. */
export const log = fn(unary('log', 'Log', (x, _y, g) => div(g, x)))
/** log(1 + x), exact for small x (Kahan's correction of the rounding in 1 + x). */
export const log1p = fn(
  unary(
    'log1p',
    (x, emit, node) => {
      const one = emit.constant(full([], 1, node.dtype))
      const u = emit.node('Add', [x, one])
      const exact = emit.node('Equal', [u, one])
      const d = emit.node('Where', [exact, one, emit.node('Sub', [u, one])])
      const corrected = emit.node('Div', [emit.node('Mul', [emit.node('Log', [u]), x]), d])
      return emit.node('Where', [exact, x, corrected])
    },
    (x, _y, g) => div(g, add(x, 1)),
  ),
)
/** Sine. */
export const sin = fn(unary('sin', 'Sin', (x, _y, g) => mul(g, cos(x))))
/** Cosine. */
export const cos = fn(unary('cos', 'Cos', (x, _y, g) => neg(mul(g, sin(x)))))
/** Tangent. */
export const tan = (x: Tensor): Tensor => div(sin(x), cos(x))
/** Arc tangent (float32 only on the CPU). */
export const atan = fn(unary('atan', 'Atan', (x, _y, g) => div(g, add(square(x), 1))))
/** Arc sine (float32 only on the CPU). */
export const asin = fn(unary('asin', 'Asin', (x, _y, g) => mul(g, rsqrt(sub(1, square(x))))))
/** Arc cosine (float32 only on the CPU). */
export const acos = fn(unary('acos', 'Acos', (x, _y, g) => neg(mul(g, rsqrt(sub(1, square(x)))))))
/** Hyperbolic sine, (eˣ − e⁻ˣ)/2 with the stable expm1. */
export const sinh = (x: Tensor): Tensor => mul(sub(expm1(x), expm1(neg(x))), 0.5)
/** Hyperbolic cosine. */
export const cosh = (x: Tensor): Tensor => mul(add(exp(x), exp(neg(x))), 0.5)
/** Hyperbolic tangent. */
export const tanh = fn(unary('tanh', 'Tanh', (_x, y, g) => mul(g, sub(1, square(y)))))
/** Error function (float32 only on the CPU). */
export const erf = fn(unary('erf', 'Erf', (x, _y, g) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))))
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = fn(unary('sigmoid', 'Sigmoid', (_x, y, g) => mul(g, mul(y, sub(1, y)))))
/** log(1 + eˣ), stable at both ends. */
export const softplus = (x: Tensor): Tensor => add(maximum(x, 0), log1p(exp(neg(abs(x)))))
/** log sigmoid(x), stable at both ends. */
export const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)))
/** x · sigmoid(x). */
export const silu = fn(
  unary(
    'silu',
    (x, emit) => emit.node('Mul', [x, emit.node('Sigmoid', [x])]),
    (x, y, g) => {
      const s = sigmoid(x)
      return mul(g, add(s, mul(y, sub(1, s))))
    },
  ),
)
/** max(x, 0); gradient 0 at 0. */
export const relu = fn(unary('relu', 'Relu', (x, _y, g) => where(greater(x, 0), g, 0)))
/** x for x > 0, else slope · x. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => where(greater(x, 0), x, mul(x, slope))
/** x for x > 0, else eˣ − 1. */
export const elu = (x: Tensor): Tensor => where(greater(x, 0), x, expm1(minimum(x, 0)))
/** x Φ(x) (float32 only on the CPU). */
export const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))

interface CastAttrs extends Attrs {
  readonly to: DType
}
const castOp: Op<CastAttrs> = {
  name: 'cast',
  infer: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  grad: ({ inputs: [x], attrs }, g) => [isFloat(x.dtype) && isFloat(attrs.to) ? cast(g, x.dtype) : undefined],
  lower: (node, emit) => emit.node('Cast', [emit.value(node.inputs[0])], { to: { int: onnxType[node.attrs.to] } }),
}

/** x in another dtype. Gradients pass between float types only. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : apply(castOp, [x], { to }))

/** True when a shape has no elements: such tensors are refused by the ops that would reduce over nothing. */
export const isEmpty = (shape: Shape): boolean => sizeOf(shape) === 0
