/** Operators made of operators. */
import { TweedieError } from '../error.ts'
import { add, concat, mul, reshape, sizeOf, split, type Tensor } from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import type { Eigenbasis, LinearOperator, Operator } from './operator.ts'

const flat = (y: Tensor): Tensor => reshape(y, [y.shape[0], -1])

/**
 * x ↦ A2(A1 x). Linear when both are; its pseudo-inverse is not known.
 *
 * @throws TweedieError `shape` when A2 does not take what A1 gives
 *
 * @example
 * ```ts
 * const kernels = constant(motionKernels(8, { size: 15, seed: 0 }))
 * const A = compose(bicubic([3, 64, 64], 4), blur(kernels, [3, 64, 64])) // first blur, then make smaller
 * ```
 */
export function compose(A2: LinearOperator, A1: LinearOperator): LinearOperator
export function compose(A2: Operator, A1: Operator): Operator
export function compose(A2: Operator, A1: Operator): Operator {
  if (String(A1.outShape) !== String(A2.inShape))
    shapeError('compose', `${A2.name} takes [${A2.inShape}], ${A1.name} gives [${A1.outShape}]`)
  const parts = {
    name: `${A2.name} after ${A1.name}`,
    inShape: A1.inShape,
    outShape: A2.outShape,
    apply: (x: Tensor) => A2.apply(A1.apply(x)),
  }
  if (!A1.linear || !A2.linear) return { ...parts, linear: false }
  return { ...parts, linear: true, adjoint: (y) => A1.adjoint(A2.adjoint(y)) }
}

/**
 * The observations of one x by several operators, one after the other: y = (A1 x, A2 x, …), each
 * flattened. Linear when all are.
 *
 * @throws TweedieError `input` for an empty list, `shape` when they do not take the same x
 *
 * @example
 * ```ts
 * const m = constant(boxMasks(8, { height: 32, width: 32, size: 16, seed: 0 }))
 * const event = [3, 32, 32]
 * const A = stacked([mask(m, event), averagePool(event, 8)]) // some pixels, and the mean of each block
 * ```
 */
export function stacked(operators: readonly LinearOperator[]): LinearOperator
export function stacked(operators: readonly Operator[]): Operator
export function stacked(operators: readonly Operator[]): Operator {
  const [first] = operators
  if (!first) throw new TweedieError('input', 'stacked: needs at least one operator')
  const other = operators.find(({ inShape }) => String(inShape) !== String(first.inShape))
  if (other)
    shapeError('stacked', `${first.name} takes [${first.inShape}], ${other.name} takes [${other.inShape}]`)
  const sizes = operators.map(({ outShape }) => sizeOf(outShape))
  const parts = {
    name: `stack of ${operators.map(({ name }) => name).join(', ')}`,
    inShape: first.inShape,
    outShape: [sizes.reduce((a, b) => a + b, 0)],
    apply: (x: Tensor) =>
      concat(
        operators.map((A) => flat(A.apply(x))),
        1,
      ),
  }
  const linear = operators.filter((A) => A.linear)
  if (linear.length < operators.length) return { ...parts, linear: false }
  const adjoint = (y: Tensor) =>
    split(y, sizes, 1)
      .map((part, i) => linear[i].adjoint(reshape(part, [y.shape[0], ...linear[i].outShape])))
      .reduce((a, b) => add(a, b))
  return { ...parts, linear: true, adjoint }
}

/** The same basis with other eigenvalues. */
const withEigenvalues = (basis: Eigenbasis, change: (lambda: Tensor) => Tensor): Eigenbasis => ({
  ...basis,
  eigenvalues: (c) => change(basis.eigenvalues(c)),
})

/**
 * x ↦ s A(x).
 *
 * @param s - finite and not 0
 * @throws TweedieError `input` for another s
 *
 * @example
 * ```ts
 * const A = scaled(averagePool([3, 32, 32], 8), 0.5)
 * ```
 */
export function scaled(A: LinearOperator, s: number): LinearOperator
export function scaled(A: Operator, s: number): Operator
export function scaled(A: Operator, s: number): Operator {
  if (s === 0 || !Number.isFinite(s))
    throw new TweedieError('input', `scaled: the factor must be finite and not 0, got ${s}`)
  const parts = { name: `${s} × ${A.name}`, apply: (x: Tensor) => mul(A.apply(x), s) }
  if (!A.linear) return { ...A, ...parts }
  const { pinv, eigenbasis, resolvent } = A
  return {
    ...A,
    ...parts,
    adjoint: (y) => mul(A.adjoint(y), s),
    ...(pinv ? { pinv: (y: Tensor) => mul(pinv(y), 1 / s) } : {}),
    ...(eigenbasis ? { eigenbasis: withEigenvalues(eigenbasis, (lambda) => mul(lambda, s * s)) } : {}),
    ...(resolvent
      ? {
          resolvent: (y: Tensor, ridge: Tensor) => mul(resolvent(y, mul(ridge, 1 / s ** 2)), 1 / s ** 2),
        }
      : {}),
  }
}
