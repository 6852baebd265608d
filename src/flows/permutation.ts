/**
 * Fixed orders of entries: part of a flow's structure, not of what it learns. The volume does not change.
 *
 * The reference takes numpy's `RandomState(step).permutation(n)`, whose legacy stream is not worth
 * reproducing: ours come from Philox (addressed by the step too), so weights trained there do not fit here.
 */
import { permutation, stream } from '../random/index.ts'
import { type Tensor, take, withGradient } from '../tensor/index.ts'

/** Entry i of the result is entry `order[i]`. */
export type Order = readonly number[]

/** n − 1, …, 0. */
export const reversal = (n: number): Order => Array.from({ length: n }, (_, i) => n - 1 - i)

/** The fixed random order of step `step`: a function of (n, step) alone. */
export const randomOrder = (n: number, step: number): Order =>
  Array.from(permutation(stream(0, 'flow permutation'), n, { step }).data, Number)

/** First `a`, then `b`. */
export const compose = (a: Order, b: Order): Order => b.map((i) => a[i])

/** The order that undoes one. */
export const inverseOrder = (order: Order): Order => {
  const back = new Array<number>(order.length)
  for (const [i, from] of order.entries()) back[from] = i
  return back
}

/**
 * Entries of an axis reordered (axis 1 by default). The cotangent goes back by the inverse order: a gather,
 * where that of `take` in general is a scatter.
 */
export const permute = (x: Tensor, order: Order, axis = 1): Tensor =>
  withGradient(take(x, order, axis), [x], (g) => [permute(g, inverseOrder(order), axis)])
