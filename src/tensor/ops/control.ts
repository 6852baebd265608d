/** What changes how gradients flow, not what is computed. */
import type { Tree } from '../tree.ts'
import { leavesOf, mapTensors } from '../tree.ts'
import { vjp } from '../gradient.ts'
import { apply, type Op, Tensor } from '../tensor.ts'
import { add, mul } from './elementwise.ts'
import { reshape, slice } from './layout.ts'

type None = Record<string, never>

const alias = (grad: Op<None>['grad'], name: string): Op<None> => ({
  name,
  infer: ([x]) => x,
  grad,
  lower: (node, emit) => emit.value(node.inputs[0]),
})

const stopOp = alias(() => [], 'stopGradient')

/** x, with gradient 0. */
export const stopGradient = (x: Tensor): Tensor => apply(stopOp, [x], {})

/**
 * The value of `y` with a gradient of our own: `rule(g)` gives the cotangents of `inputs`, and the graph that made
 * `y` is not differentiated.
 */
export const withGradient = (
  y: Tensor,
  inputs: readonly Tensor[],
  rule: (g: Tensor) => readonly (Tensor | undefined)[],
): Tensor => {
  const op = alias((_node, g) => [undefined, ...rule(g)], 'withGradient')
  return new Tensor(op, [y, ...inputs], {}, y)
}

/**
 * Activation checkpointing: `fn(x)`, whose inside is computed again when the gradient is, instead of being kept.
 * Everything that needs a gradient must come in through `x` (a tensor or a record of them).
 *
 * The second computation starts from `x + 0·g`: it depends on the cotangent, so neither hash-consing nor ONNX
 * Runtime can merge it with the first.
 */
export const rematerialise = <T extends Tree<Tensor>>(fn: (x: T) => Tensor, x: T): Tensor => {
  const leaves = leavesOf(x)
  return withGradient(fn(x), leaves, (g) => {
    const first = slice(reshape(g, [-1]), [0], [1])
    const late = mapTensors((leaf) => add(leaf, mul(reshape(first, []), 0)), x)
    return leavesOf(vjp(fn(late), late, g))
  })
}
