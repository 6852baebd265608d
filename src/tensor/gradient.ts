/** Derivatives as expressions: reverse mode by walking the graph, forward mode by reversing twice. */
import { TweedieError } from '../error.ts'
import { isFloat } from './dtype.ts'
import { full } from './ndarray.ts'
import { add } from './ops/arithmetic.ts'
import { fullLike, sumTo } from './ops/broadcast.ts'
import { broadcasts, sameShape, show } from './shape.ts'
import { constant, probe, type Tensor } from './tensor.ts'
import { leavesOf, mapTensors } from './tree.ts'

/** All nodes that lead to `roots`, inputs before the nodes that use them. Iterative: graphs are deep. */
export const topological = (roots: readonly Tensor[]): Tensor[] => {
  const order: Tensor[] = []
  const state = new Set<Tensor>()
  const stack: { node: Tensor; next: number }[] = []
  for (const root of roots) {
    if (!state.has(root)) {
      state.add(root)
      stack.push({ node: root, next: 0 })
    }
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next === top.node.inputs.length) {
        order.push(top.node)
        stack.pop()
        continue
      }
      const child = top.node.inputs[top.next++]
      if (state.has(child)) continue
      state.add(child)
      stack.push({ node: child, next: 0 })
    }
  }
  return order
}

/** Sums over the axes along which the op has broadcast its input. */
const narrowed = (node: Tensor, cotangent: Tensor, into: Tensor): Tensor => {
  if (cotangent.dtype !== into.dtype || !broadcasts(cotangent.shape, into.shape)) {
    const [got, want] = [cotangent, into].map((t) => `${t.dtype}${show(t.shape)}`)
    throw new TweedieError('shape', `${node.op.name}: its gradient rule gave ${got} for an input ${want}`)
  }
  return sumTo(cotangent, into.shape)
}

const cotangents = (y: Tensor, xs: readonly Tensor[], v: Tensor): (Tensor | undefined)[] => {
  const order = topological([y])
  const relevant = new Set<Tensor>(xs)
  for (const node of order) if (node.inputs.some((t) => relevant.has(t))) relevant.add(node)
  const gathered = new Map<Tensor, Tensor>([[y, v]])
  const targets = new Set(xs)
  for (const node of order.reverse()) {
    const g = gathered.get(node)
    if (!g || !relevant.has(node) || (targets.has(node) && !node.inputs.some((t) => relevant.has(t))))
      continue
    for (const [i, gi] of node.op.grad(node, g).entries()) {
      const into = node.inputs[i]
      if (!gi || !relevant.has(into)) continue
      const fitted = narrowed(node, gi, into)
      const before = gathered.get(into)
      gathered.set(into, before ? add(before, fitted) : fitted)
    }
  }
  return xs.map((x) => gathered.get(x))
}

/**
 * Vector–Jacobian product vᵀ ∂y/∂x.
 *
 * @param y - a tensor computed from `x`
 * @param x - a tensor or a nested record of tensors
 * @param v - cotangent, of the shape and dtype of `y`
 * @returns the nesting and shapes of `x`; zeros where `y` does not depend on a leaf
 * @throws TweedieError `shape` when `v` does not fit `y`, or `y` is not a float tensor; `input` when a
 *   leaf of `x` is no tensor
 *
 * @example
 * ```ts
 * const y = sin(x)
 * vjp(y, x, v) // v · cos(x)
 * ```
 */
export const vjp = <T>(y: Tensor, x: T, v: Tensor): T => {
  if (!sameShape(v.shape, y.shape) || v.dtype !== y.dtype) {
    const [want, got] = [y, v].map((t) => `${t.dtype}${show(t.shape)}`)
    throw new TweedieError('shape', `vjp: the cotangent must be ${want} like y, got ${got}`)
  }
  if (!isFloat(y.dtype))
    throw new TweedieError('shape', `vjp: only float tensors have derivatives, y is ${y.dtype}`)
  const xs = leavesOf(x)
  const results = cotangents(y, xs, v)
  let i = 0
  return mapTensors((leaf) => results[i++] ?? fullLike(leaf, 0), x)
}

/**
 * Value and gradient of a scalar function with respect to its first argument, a tensor
 * or a nested record of them.
 *
 * @throws TweedieError `shape` when the function does not return a scalar (shape `[]`)
 *
 * @example
 * ```ts
 * const loss = (w: Tensor, x: Tensor) => mean(square(mul(w, x)))
 * const step = jit((w: Tensor, x: Tensor) => valueAndGrad(loss)(w, x)) // [loss, ∂loss/∂w]
 * ```
 */
export const valueAndGrad =
  <T, R extends readonly unknown[]>(fn: (x: T, ...rest: R) => Tensor) =>
  (x: T, ...rest: R): readonly [Tensor, T] => {
    const y = fn(x, ...rest)
    if (y.shape.length !== 0)
      throw new TweedieError('shape', `grad: the function must return a scalar, got ${show(y.shape)}`)
    return [y, vjp(y, x, constant(full([], 1, y.dtype)))]
  }

/** Gradient of a scalar function with respect to its first argument; see {@link valueAndGrad}. */
export const grad =
  <T, R extends readonly unknown[]>(fn: (x: T, ...rest: R) => Tensor) =>
  (x: T, ...rest: R): T =>
    valueAndGrad(fn)(x, ...rest)[1]

/**
 * Jacobian–vector product (∂y/∂x) v, by two reverse passes: uᵀ ∂y/∂x is linear in u, so its own vjp in u with
 * cotangent v is the answer, whatever u is.
 *
 * @param y - a tensor computed from `x`
 * @param v - tangent, of the shape and dtype of `x`
 * @returns a tensor of the shape of `y`
 * @throws TweedieError `shape` when `v` does not fit `x`
 */
export const jvp = (y: Tensor, x: Tensor, v: Tensor): Tensor => {
  const u = probe(y.dtype, y.shape)
  return vjp(vjp(y, x, u), u, v)
}
