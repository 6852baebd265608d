/**
 * Operators that act on rows and columns apart: y = L x Rᵀ for each channel. With L = U S Vᵀ and R = U' S' V'ᵀ,
 *
 *     A⁺ y = V ((Uᵀ y U') / (s s'ᵀ)) V'ᵀ,
 *
 * where products of singular values below a share of the largest count as 0.
 */
import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { type Dense, dense, matrixOf } from '../linalg/index.ts'
import { matmul, mul, type NdArray, type Shape, type Tensor, toNumbers } from '../tensor/index.ts'
import { imageShape } from './image.ts'
import type { LinearOperator } from './operator.ts'

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

const product = (L: Tensor, x: Tensor, R: Tensor, transpose = false): Tensor =>
  matmul(matmul(L, x, { transA: transpose }), R, { transB: !transpose })

const pseudoInverse = (L: NdArray<'float64'>, R: NdArray<'float64'>, cutoff: number) => {
  const [rows, columns] = [factorsOf(L), factorsOf(R)]
  const least = cutoff * rows.values[0] * columns.values[0]
  const inverse = dense(
    matrixOf(rows.values.length, columns.values.length, (i, j) => {
      const s = rows.values[i] * columns.values[j]
      return s > least ? 1 / s : 0
    }),
  )
  return (y: Tensor): Tensor => {
    const inside = product(rows.left(y), y, columns.left(y))
    return product(rows.right(y), mul(inside, inverse(y)), columns.right(y))
  }
}

/**
 * y = L x Rᵀ on each channel.
 *
 * @param L - [H', H]
 * @param R - [W', W]
 * @param event - [C, H, W]
 * @param cutoff - share of the largest singular value below which they count as 0 in A⁺, default 1e-6
 */
export const separable = (
  name: string,
  L: NdArray<'float64'>,
  R: NdArray<'float64'>,
  event: Shape,
  cutoff = 1e-6,
): LinearOperator => {
  const [c] = imageShape(event, name)
  const [left, right] = [dense(L), dense(R)]
  let inverse: ((y: Tensor) => Tensor) | undefined
  return {
    name,
    linear: true,
    inShape: event,
    outShape: [c, L.shape[0], R.shape[0]],
    apply: (x) => product(left(x), x, right(x)),
    adjoint: (y) => product(left(y), y, right(y), true),
    pinv: (y) => {
      inverse ??= pseudoInverse(L, R, cutoff) // the decomposition is made when it is asked for
      return inverse(y)
    },
  }
}
