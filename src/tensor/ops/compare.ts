/** Comparisons, logic and choice, element by element with broadcasting. */
import { TweedieError } from '../../error.ts'
import { broadcastShapes } from '../shape.ts'
import { apply, type Op, type Tensor } from '../tensor.ts'
import {
  type Accepts,
  binary,
  describe,
  type None,
  type Operand,
  operator,
  pair,
  unary,
} from './pointwise.ts'

const comparison = (name: string, onnx: string, accepts: Accepts = 'number') =>
  operator(binary(name, onnx, () => [], { accepts, result: 'bool' }))

/** a = b, as booleans; any dtype. NaN equals nothing. */
export const equal = comparison('equal', 'Equal', 'any')
/** a < b, as booleans. */
export const less = comparison('less', 'Less')
/** a ≤ b, as booleans. */
export const lessEqual = comparison('lessEqual', 'LessOrEqual')
/** a > b, as booleans. */
export const greater = comparison('greater', 'Greater')
/** a ≥ b, as booleans. */
export const greaterEqual = comparison('greaterEqual', 'GreaterOrEqual')

const logical = (name: string, onnx: string) => {
  const apply = comparison(name, onnx, 'bool')
  return (a: Tensor, b: Tensor): Tensor => apply(a, b)
}

/** Both a and b (booleans). */
export const and = logical('and', 'And')
/** Either a or b (booleans). */
export const or = logical('or', 'Or')
/** Not a (a boolean). */
export const not = unary('not', 'Not', () => undefined, { accepts: 'bool' })

const whereOp: Op<None> = {
  name: 'where',
  infer: ([c, a, b]) => {
    if (c.dtype !== 'bool')
      throw new TweedieError('shape', `where: the condition must be bool, got ${describe(c)}`)
    const shape = broadcastShapes('where', c.shape, broadcastShapes('where', a.shape, b.shape))
    return { dtype: a.dtype, shape }
  },
  grad: ({ inputs: [c] }, g) => [undefined, where(c, g, 0), where(c, 0, g)],
  lower: (node, emit) =>
    emit.node(
      'Where',
      node.inputs.map((t) => emit.value(t)),
    ),
}

/**
 * a where the condition (boolean) holds, else b; all three are broadcast.
 *
 * Both branches are computed, and so are both of their derivatives: 0 · ∞ of the branch not taken is NaN.
 * Keep it finite by choosing its argument too: `where(c, log(where(c, x, 1)), 0)`.
 */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(whereOp, [condition, ...pair('where', a, b)], {})
