/** Makers of element-by-element ops: one dtype and shape rule, one gradient, one ONNX node or a few. */
import { TweedieError } from '../../error.ts'
import { type DType, isFloat } from '../dtype.ts'
import { full } from '../ndarray.ts'
import { broadcastShapes, show } from '../shape.ts'
import { apply, Constant, constant, type Emit, type Op, Tensor } from '../tensor.ts'

/** A tensor, or a number that takes the dtype of its partner. */
export type Operand = Tensor | number

/** No attributes. */
export type None = Record<string, never>

/** `float32[2,3]`, for messages. */
export const describe = (t: Tensor): string => `${t.dtype}${show(t.shape)}`

/** A scalar constant of the dtype of `like`. */
export const scalarLike = (like: Tensor, value: number): Constant => constant(full([], value, like.dtype))

/** The value of a constant with one element. */
export const scalarValue = (t: Tensor): number | undefined =>
  t instanceof Constant && t.value.size === 1 ? Number(t.value.data[0]) : undefined

const partner = (name: string, like: Tensor, value: number): Tensor => {
  if (!isFloat(like.dtype) && !Number.isInteger(value)) {
    throw new TweedieError('shape', `${name}: ${value} is not a value of dtype ${like.dtype}`)
  }
  return scalarLike(like, value)
}

/** Both operands as tensors of one dtype. */
export const pair = (name: string, a: Operand, b: Operand): readonly [Tensor, Tensor] => {
  if (a instanceof Tensor && b instanceof Tensor) {
    if (a.dtype === b.dtype) return [a, b]
    throw new TweedieError('shape', `${name}: dtypes differ (${describe(a)} and ${describe(b)})`)
  }
  if (a instanceof Tensor && typeof b === 'number') return [a, partner(name, a, b)]
  if (typeof a === 'number' && b instanceof Tensor) return [partner(name, b, a), b]
  throw new TweedieError('shape', `${name}: at least one operand must be a tensor`)
}

/** The dtypes that an op accepts: `number` is every dtype that ONNX Runtime can compute with. */
export type Accepts = 'float' | 'float32' | 'number' | 'bool' | 'any'

const accepted = (dtype: DType, accepts: Accepts): boolean => {
  if (accepts === 'any') return true
  if (accepts === 'bool') return dtype === 'bool'
  if (accepts === 'float32') return dtype === 'float32'
  return isFloat(dtype) || (accepts === 'number' && (dtype === 'int32' || dtype === 'int64'))
}

const wanted: Record<Accepts, string> = {
  float: 'float32 or float64',
  float32: 'float32',
  number: 'float32, float64, int32 or int64',
  bool: 'bool',
  any: 'anything',
}

/** Fails with the op's name when the dtype of `t` is none that the op takes. */
export const expectDType = (op: string, t: Tensor, accepts: Accepts): void => {
  if (!accepted(t.dtype, accepts)) {
    throw new TweedieError('shape', `${op}: expected ${wanted[accepts]}, got ${describe(t)}`)
  }
}

/** Cotangents of both inputs, before the sum over broadcast axes (which `vjp` does). */
export type BinaryGrad = (a: Tensor, b: Tensor, y: Tensor, g: Tensor) => readonly [Tensor?, Tensor?]

/** An op of two broadcast tensors of one dtype. */
export const binary = (
  name: string,
  onnx: string,
  gradient: BinaryGrad,
  { accepts = 'number', result }: { accepts?: Accepts; result?: DType } = {},
): Op<None> => ({
  name,
  infer: ([a, b]) => {
    expectDType(name, a, accepts)
    return { dtype: result ?? a.dtype, shape: broadcastShapes(name, a.shape, b.shape) }
  },
  grad: (node, g) => gradient(node.inputs[0], node.inputs[1], node, g),
  lower: (node, emit) =>
    emit.node(
      onnx,
      node.inputs.map((t) => emit.value(t)),
    ),
})

/** The function that applies a binary op. */
export const operator =
  (op: Op<None>) =>
  (a: Operand, b: Operand): Tensor =>
    apply(op, pair(op.name, a, b), {})

/** Cotangent of the input, `undefined` when the derivative is zero everywhere. */
export type UnaryGrad = (x: Tensor, y: Tensor, g: Tensor) => Tensor | undefined

/** A few ONNX nodes for one op; `x` names its input. */
export type UnaryLower = (x: string, emit: Emit, node: Tensor) => string

/** A function of one float tensor, by the name of its ONNX op or by a few nodes. */
export const unary = (
  name: string,
  onnx: string | UnaryLower,
  gradient: UnaryGrad,
  { accepts = 'float' }: { accepts?: Accepts } = {},
): ((x: Tensor) => Tensor) => {
  const op: Op<None> = {
    name,
    infer: ([x]) => {
      expectDType(name, x, accepts)
      return x
    },
    grad: (node, g) => [gradient(node.inputs[0], node, g)],
    lower: (node, emit) => {
      const x = emit.value(node.inputs[0])
      return typeof onnx === 'string' ? emit.node(onnx, [x]) : onnx(x, emit, node)
    },
  }
  return (x) => apply(op, [x], {})
}

/** A number as an initializer of the dtype of the node that is being written. */
export const literal = (emit: Emit, like: Tensor, value: number): string =>
  emit.constant(full([], value, like.dtype))
