/** Arithmetic element by element, with NumPy broadcasting. */
import type { DType } from '../dtype.ts'
import { isFloat } from '../dtype.ts'
import { onnxType } from '../onnx/proto.ts'
import { broadcastShapes, sameShape } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'
import { fullLike } from './broadcast.ts'
import { equal, greater, less, where } from './compare.ts'
import { log } from './functions.ts'
import { binary, type Operand, operator, pair, scalarLike, scalarValue, unary } from './pointwise.ts'

const addOp = binary('add', 'Add', (_a, _b, _y, g) => [g, g])
const subOp = binary('sub', 'Sub', (_a, _b, _y, g) => [g, neg(g)])
const mulOp = binary('mul', 'Mul', (a, b, _y, g) => [mul(g, b), mul(g, a)])
const divOp = binary('div', 'Div', (_a, b, y, g) => [div(g, b), neg(div(mul(g, y), b))])

const keepsShape = (x: Tensor, other: Tensor): boolean =>
  sameShape(broadcastShapes('', x.shape, other.shape), x.shape)

/** Whether `other` is that number everywhere and adds no axis to `x`. */
const isNeutral = (other: Tensor, value: number, x: Tensor): boolean =>
  scalarValue(other) === value && keepsShape(x, other)

/**
 * a + b, of float or integer tensors of one dtype, shapes broadcast.
 *
 * @throws TweedieError `shape` when the shapes do not broadcast or the dtypes differ
 *
 * @example
 * ```ts
 * const shifted = add(x, 1)
 * ```
 */
export const add = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('add', a, b)
  if (isNeutral(y, 0, x)) return x
  return isNeutral(x, 0, y) ? y : apply(addOp, [x, y], {})
}

/** a − b; otherwise like {@link add}. */
export const sub = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('sub', a, b)
  return isNeutral(y, 0, x) ? x : apply(subOp, [x, y], {})
}

/**
 * a · b, element by element; otherwise like {@link add}.
 *
 * @example
 * ```ts
 * const doubled = mul(x, 2)
 * ```
 */
export const mul = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('mul', a, b)
  if (isNeutral(y, 1, x)) return x
  return isNeutral(x, 1, y) ? y : apply(mulOp, [x, y], {})
}

/** a / b (integers truncate towards zero); otherwise like {@link add}. */
export const div = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('div', a, b)
  return isNeutral(y, 1, x) ? x : apply(divOp, [x, y], {})
}

/** ∂(aᵇ)/∂a = b aᵇ⁻¹, where 0·∞ at a = b = 0 counts as 0. */
const powerRule = (a: Tensor, b: Tensor): Tensor => {
  const exponent = scalarValue(b)
  if (exponent !== undefined) return mul(b, pow(a, scalarLike(a, exponent - 1)))
  return where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))))
}

/** ∂(aᵇ)/∂b = aᵇ log a, with the limit 0 at a = 0. */
const exponentRule = (a: Tensor, b: Tensor, y: Tensor): Tensor | undefined =>
  scalarValue(b) === undefined ? mul(y, log(where(equal(a, 0), 1, a))) : undefined

const powOp = binary(
  'pow',
  'Pow',
  (a, b, y, g) => {
    const byExponent = exponentRule(a, b, y)
    return [mul(g, powerRule(a, b)), byExponent && mul(g, byExponent)]
  },
  { accepts: 'float' },
)

/** a to the power b, float only. The derivative in b is NaN for a < 0 and 0 at a = 0. */
export const pow = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair('pow', a, b)
  if (isNeutral(y, 1, x)) return x
  return isNeutral(y, 0, x) ? fullLike(x, 1) : apply(powOp, [x, y], {})
}

/** Ties share the cotangent: the subgradient that is symmetric in a and b. */
const choose = (first: Tensor, tie: Tensor, g: Tensor): readonly [Tensor, Tensor] => {
  const half = mul(g, 0.5)
  return [where(tie, half, where(first, g, 0)), where(tie, half, where(first, 0, g))]
}

/** The larger of a and b; at ties each gets half of the gradient. */
export const maximum = operator(
  binary('maximum', 'Max', (a, b, _y, g) => choose(greater(a, b), equal(a, b), g)),
)

/** The smaller of a and b; at ties each gets half of the gradient. */
export const minimum = operator(binary('minimum', 'Min', (a, b, _y, g) => choose(less(a, b), equal(a, b), g)))

/** x limited to [lo, hi]; the gradient is 0 outside and halved on the bounds. */
export const clip = (x: Tensor, lo: number, hi: number): Tensor => minimum(maximum(x, lo), hi)

/** −x. */
export const neg = unary('neg', 'Neg', (_x, _y, g) => neg(g), { accepts: 'number' })
/** |x|; gradient 0 at 0. */
export const abs = unary('abs', 'Abs', (x, _y, g) => mul(g, sign(x)), { accepts: 'number' })
/** −1, 0 or 1; gradient 0. */
export const sign = unary('sign', 'Sign', () => undefined, { accepts: 'number' })
/** Largest integer ≤ x; gradient 0. */
export const floor = unary('floor', 'Floor', () => undefined)
/** Smallest integer ≥ x; gradient 0. */
export const ceil = unary('ceil', 'Ceil', () => undefined)
/** Nearest integer, halves to even; gradient 0. */
export const round = unary('round', 'Round', () => undefined)
/** 1 / x. */
export const reciprocal = unary('reciprocal', 'Reciprocal', (_x, y, g) => neg(mul(g, square(y))))
/**
 * x², element by element.
 *
 * @example
 * ```ts
 * const power = mean(square(x))
 * ```
 */
export const square = (x: Tensor): Tensor => mul(x, x)
/** √x; the gradient is infinite at 0. */
export const sqrt = unary('sqrt', 'Sqrt', (_x, y, g) => div(mul(g, 0.5), y))
/** 1 / √x. */
export const rsqrt = (x: Tensor): Tensor => reciprocal(sqrt(x))

interface CastAttrs extends Attrs {
  readonly to: DType
}
const castOp: Op<CastAttrs> = {
  name: 'cast',
  infer: ([x], { to }) => ({ dtype: to, shape: x.shape }),
  grad: ({ inputs: [x], attrs }, g) => [isFloat(x.dtype) && isFloat(attrs.to) ? cast(g, x.dtype) : undefined],
  lower: (node, emit) =>
    emit.node('Cast', [emit.value(node.inputs[0])], { to: { int: onnxType[node.attrs.to] } }),
}

/** x in another dtype. Gradients pass between float types only. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : apply(castOp, [x], { to }))
