/** Ops that change how gradients flow, not what is computed. */
import { vjp } from '../gradient.ts'
import { apply, Constant, type Op, Tensor } from '../tensor.ts'
import { leavesOf, mapTensors } from '../tree.ts'
import { add, cast } from './arithmetic.ts'
import { less, where } from './compare.ts'
import { reshape, slice } from './layout.ts'
import type { None } from './pointwise.ts'

const alias = (grad: Op<None>['grad'], name: string): Op<None> => ({
  name,
  infer: ([x]) => x,
  grad,
  lower: (node, emit) => emit.value(node.inputs[0]),
})

const stopOp = alias(() => [], 'stopGradient')

/** x, with gradient 0 (of any order). */
export const stopGradient = (x: Tensor): Tensor => apply(stopOp, [x], {})

/**
 * The value of `y` with a gradient of our own: `rule(g)` gives the cotangents of `inputs`, and the graph that
 * made `y` is not differentiated. A rule written in ops is differentiated in its turn.
 *
 * @throws TweedieError `shape` from `vjp` when a cotangent does not have the shape of its input
 *
 * @example
 * ```ts
 * withGradient(round(x), [x], (g) => [g]) // straight-through rounding
 * ```
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
 * Activation checkpointing: `fn(x)`, whose inside is computed again when the gradient is, instead of being
 * kept. Everything that needs a gradient must come in through `x` (a tensor or a record of them).
 *
 * The second computation starts from x + 0, with a zero that depends on the cotangent and on the value, so
 * neither hash-consing nor ONNX Runtime can merge it with the first or start it early.
 *
 * @example
 * ```ts
 * const layer = (h: Tensor, w: Tensor) => tanh(matmul(h, w))
 * const deep = [w, w, w].reduce((h, w) => rematerialise(([h, w]) => layer(h, w), [h, w]), x)
 * ```
 */
export const rematerialise = <T>(fn: (x: T) => Tensor, x: T): Tensor => {
  const leaves = leavesOf(x)
  const y = fn(x)
  return withGradient(y, leaves, (g) => {
    const zero = lateZero(add(firstOf(g), firstOf(y)))
    // Constants stay such: what is folded and packed of them once serves both.
    const again = mapTensors(
      (leaf) => (leaf instanceof Constant ? leaf : add(leaf, cast(zero, leaf.dtype))),
      x,
    )
    return leavesOf(vjp(fn(again), again, g))
  })
}

/** By way of the first sample, so that no more than that leaves the layout of the others. */
const firstOf = (x: Tensor): Tensor =>
  x.shape.length === 0 ? x : reshape(slice(reshape(slice(x, [0], [1]), [-1]), [0], [1]), [])

/** A scalar 0 that is known only when `t` is: what is computed from it is computed then, and not before. */
export const late = (t: Tensor): Tensor => lateZero(firstOf(t))

/** 0, NaN and ∞ notwithstanding, which is known only when t is. */
const lateZero = (t: Tensor): Tensor => stopGradient(where(less(t, t), t, 0))
