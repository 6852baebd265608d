/**
 * Leading eigenpairs of a symmetric matrix that is known by its products only, each of which is dear: a pass
 * over data on disk. Locally optimal block preconditioned conjugate gradients (Knyazev 2001) without a
 * preconditioner: each pass looks for the best columns in the span of those of before, of their residuals and
 * of the last change, which takes far fewer passes than powers of the matrix do.
 */
import { Matrix } from 'ml-matrix'
import {
  concat,
  jit,
  matmul,
  mul,
  type NdArray,
  ndarray,
  sub,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'
import { byDecomposition, type Eigen } from './eigen.ts'

/** Columns [N, k], float64. */
type Columns = NdArray

/** When to stop. */
export interface LobpcgOptions {
  /** A pair is known when ‖C q − λ q‖ ≤ tolerance · λ, > 0: so near to λ is an eigenvalue. Default 1e-3. */
  readonly tolerance?: number
  /** Products at most, ≥ 2, default 60. */
  readonly passes?: number
}

/** Directions of less than this part of the largest are rounding, and so are eigenvalues. */
const NEGLIGIBLE = 1e-12

/** Columns [N, k], and their products with C. */
interface Block {
  readonly of: Columns
  readonly times: Columns
}

/**
 * T [m, m'] such that S T is orthonormal, from the Gram matrix SᵀS: columns of one length, then the
 * directions that are more than rounding (SVQB, Stathopoulos & Wu 2002).
 */
const orthonormalising = (gram: Matrix): Matrix => {
  const scales = gram.diagonal().map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0))
  const D = Matrix.diag(scales)
  const { values, vectors } = byDecomposition(D.mmul(gram).mmul(D), gram.rows)
  const sound = values.filter((v) => v > NEGLIGIBLE * values[0])
  const kept = vectors.subMatrix(0, gram.rows - 1, 0, sound.length - 1)
  return D.mmul(kept).mmul(Matrix.diag(sound.map((v) => 1 / Math.sqrt(v))))
}

const matrixOf = (array: NdArray): Matrix =>
  Matrix.from1DArray(array.shape[0], array.shape[1], toNumbers(array))

const columnsOf = (m: Matrix): Columns => ndarray(m.to1DArray(), [m.rows, m.columns], 'float64')

const programs = () => ({
  /** SᵀS and Sᵀ C S. */
  project: jit((S: readonly Tensor[], CS: readonly Tensor[]) => {
    const s = concat(S, 1)
    return { gram: matmul(s, s, { transA: true }), ritz: matmul(s, concat(CS, 1), { transA: true }) }
  }),
  /** Columns S B, and the part P of them that is new: that without the first k columns of S. */
  combine: jit((S: readonly Tensor[], B: Tensor, change: Tensor) => {
    const s = concat(S, 1)
    return { of: matmul(s, B), change: matmul(s, change) }
  }),
  /** C X − X Λ, and the squares of its columns. */
  residual: jit((X: Tensor, CX: Tensor, values: Tensor) => {
    const R = sub(CX, mul(X, values))
    return { R, squares: matmul(R, R, { transA: true }) }
  }),
})

/** The leading k pairs in the span of the blocks, as coefficients [m, k] of their columns. */
const rayleighRitz = (gram: Matrix, ritz: Matrix, k: number): { values: readonly number[]; B: Matrix } => {
  const T = orthonormalising(gram)
  const H = T.transpose().mmul(ritz).mmul(T)
  const { values, vectors } = byDecomposition(Matrix.add(H, H.transpose()).div(2), Math.min(k, T.columns))
  return { values, B: T.mmul(vectors) }
}

/** Rows of the first k columns of S without effect. */
const withoutFirst = (B: Matrix, k: number): Matrix => {
  const change = B.clone()
  for (let i = 0; i < k; i++) for (let j = 0; j < change.columns; j++) change.set(i, j, 0)
  return change
}

const firstColumns = (m: Matrix, r: number): Matrix => m.subMatrix(0, m.rows - 1, 0, r - 1)

/**
 * The r leading eigenpairs of C, positive semi-definite.
 *
 * @param times - C Q for columns Q [N, k]
 * @param start - [N, width ≥ r], see `widthFor`; spare columns make the wanted ones converge
 */
export const lobpcg = async (
  times: (q: Columns) => Promise<Columns>,
  start: Columns,
  r: number,
  { tolerance = 1e-3, passes = 60 }: LobpcgOptions = {},
): Promise<Eigen> => {
  const [, width] = start.shape
  const { project, combine, residual } = programs()
  try {
    let blocks: Block[] = [{ of: start, times: await times(start) }]
    for (let pass = 1; ; pass++) {
      const [S, CS] = [blocks.map(({ of }) => of), blocks.map((block) => block.times)]
      const { gram, ritz } = await project(S, CS)
      const { values, B } = rayleighRitz(matrixOf(gram), matrixOf(ritz), width)
      const [b, change] = [columnsOf(B), columnsOf(withoutFirst(B, S[0].shape[1]))]
      const X = await combine(S, b, change)
      const CX = await combine(CS, b, change)
      const { R, squares } = await residual(X.of, CX.of, ndarray([...values], [1, values.length], 'float64'))
      const lengths = matrixOf(squares).diagonal().map(Math.sqrt)
      const isKnown = (value: number, j: number) =>
        lengths[j] <= tolerance * value || value <= NEGLIGIBLE * values[0]
      if (values.slice(0, r).every(isKnown) || pass === passes)
        return { values: values.slice(0, r), vectors: firstColumns(matrixOf(X.of), r) }
      const best: Block = { of: X.of, times: CX.of }
      const residuals: Block = { of: R, times: await times(R) }
      const last: Block = { of: X.change, times: CX.change }
      blocks = pass === 1 ? [best, residuals] : [best, residuals, last]
    }
  } finally {
    await Promise.all([project, combine, residual].map((program) => program.release()))
  }
}
