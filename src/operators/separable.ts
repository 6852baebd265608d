/**
 * Operators that act on each axis of an image apart: y = L x Rᵀ for each channel. With
 * L = U S Vᵀ and R = U' S' V'ᵀ,
 *
 *     A⁺ y = V ((Uᵀ y U') / (s s'ᵀ)) V'ᵀ,
 *
 * where products of singular values below a share of the largest count as 0. With all of the columns of U
 * and U', A Aᵀ has the eigenvalues (s s'ᵀ)². A signal has one axis: y = x Rᵀ.
 */
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix'
import { type Dense, dense, matrixOf } from '../linalg/index.ts'
import {
  add,
  alignTo,
  div,
  matmul,
  mul,
  type NdArray,
  ndarray,
  type Shape,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'
import { shapeError, show } from '../tensor/shape.ts'
import { gridOf } from './image.ts'
import type { Eigenbasis, LinearOperator } from './operator.ts'

interface Factors {
  /** Uᵀ, [r, m]. */
  readonly left: Dense
  /** V, [n, r]. */
  readonly right: Dense
  /** Singular values. */
  readonly values: readonly number[]
}

const factorsOf = (matrix: NdArray<'float64'>): Factors => {
  const [m, n] = matrix.shape
  const svd = new SingularValueDecomposition(Matrix.from1DArray(m, n, toNumbers(matrix)), {
    autoTranspose: true,
  })
  const [U, V] = [svd.leftSingularVectors, svd.rightSingularVectors]
  const r = Math.min(m, n)
  return {
    left: dense(matrixOf(r, m, (i, j) => U.get(j, i))),
    right: dense(matrixOf(n, r, (i, j) => V.get(i, j))),
    values: svd.diagonal.slice(0, r),
  }
}

/** A value that is worked out when it is first asked for. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** L x Rᵀ, or Lᵀ x R, over the last two axes; x Rᵀ, or x R, over the last axis when there is one matrix. */
const product = (matrices: readonly Dense[], x: Tensor, transpose = false): Tensor => {
  const [R, L] = matrices.toReversed().map((matrix) => matrix(x))
  const rows = L ? matmul(L, x, { transA: transpose }) : x
  return matmul(rows, R, { transB: !transpose })
}

/** Functions of the singular values, which are the products of those of the axes. */
const spectral = (matrices: readonly NdArray<'float64'>[], cutoff: number) => {
  const factors = matrices.map(factorsOf)
  const values = factors.reduce<number[]>((all, f) => all.flatMap((s) => f.values.map((t) => s * t)), [1])
  const least = cutoff * values[0]
  const shape = factors.map((f) => f.values.length)
  const along = (fn: (s: number) => number): Dense => dense(ndarray(values.map(fn), shape, 'float64'))
  const [inverse, squares] = [along((s) => (s > least ? 1 / s : 0)), along((s) => s * s)]
  const [into, back] = [factors.map((f) => f.left), factors.map((f) => f.right)]
  return {
    pinv: (y: Tensor): Tensor => product(back, mul(product(into, y), inverse(y))),
    /** U ((Uᵀ y U') / (s² s'²ᵀ + ρ)) U'ᵀ: right where U and U' are square. */
    resolvent: (y: Tensor, ridge: Tensor): Tensor =>
      product(into, div(product(into, y), add(alignTo(ridge, y), squares(y))), true),
  }
}

/** AᵀA = (LᵀL) ⊗ (RᵀR): the eigenvectors of each axis, and products of their eigenvalues. */
const eigenbasisOf = (matrices: readonly NdArray<'float64'>[], event: Shape): Eigenbasis => {
  const decomposed = once(() => {
    const axes = matrices.map(({ shape: [m, n], data }) => {
      const M = Matrix.from1DArray(m, n, Array.from(data))
      const { eigenvectorMatrix: Q, realEigenvalues } = new EigenvalueDecomposition(M.transpose().mmul(M), {
        assumeSymmetric: true,
      })
      return { Q: dense(matrixOf(n, n, (i, j) => Q.get(i, j))), values: realEigenvalues }
    })
    // The gram matrix is only semidefinite, so rounding makes eigenvalues a little negative.
    const values = axes.reduce<number[]>(
      (all, { values }) => all.flatMap((s) => values.map((t) => s * Math.max(t, 0))),
      [1],
    )
    return { Q: axes.map(({ Q }) => Q), lambda: dense(ndarray(values, event.slice(1), 'float64')) }
  })
  return {
    shape: event,
    local: false,
    deletes: false,
    forward: (x) => product(decomposed().Q, x, true),
    inverse: (c) => product(decomposed().Q, c),
    eigenvalues: (c) => decomposed().lambda(c),
  }
}

/**
 * One matrix for each axis after the channels: y = L x Rᵀ on each channel of an image,
 * y = x Rᵀ on each of a signal.
 *
 * @param name - of the operator, for messages
 * @param matrices - L [H', H] and R [W', W] for images, R [V', V] for signals
 * @param event - [C, H, W] or [C, V]
 * @param cutoff - singular values below this share of the largest count as 0 in A⁺, default 1e-6
 * @throws TweedieError `input` when the event is neither an image nor a signal, `shape`
 *   when the matrices do not fit
 *
 * @example
 * ```ts
 * const difference = ndarray([-1, 1, 0, 0, -1, 1], [2, 3], 'float64')
 * separable('difference', [difference], [1, 3]).outShape // [1, 2]
 * ```
 */
export const separable = (
  name: string,
  matrices: readonly NdArray<'float64'>[],
  event: Shape,
  cutoff = 1e-6,
): LinearOperator => {
  const grid = gridOf(event, name)
  if (matrices.map(({ shape }) => shape[1]).join() !== grid.join())
    shapeError(
      name,
      `matrices ${matrices.map(({ shape }) => show(shape)).join(' and ')} do not act on [${event}]`,
    )
  const factors = matrices.map(dense)
  const decomposed = once(() => spectral(matrices, cutoff))
  const wide = matrices.every(({ shape: [m, n] }) => m <= n)
  return {
    name,
    linear: true,
    inShape: event,
    outShape: [event[0], ...matrices.map(({ shape }) => shape[0])],
    apply: (x) => product(factors, x),
    adjoint: (y) => product(factors, y, true),
    pinv: (y) => decomposed().pinv(y),
    eigenbasis: eigenbasisOf(matrices, event),
    ...(wide ? { resolvent: (y: Tensor, ridge: Tensor) => decomposed().resolvent(y, ridge) } : {}),
  }
}
