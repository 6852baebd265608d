/** A linear problem with a known answer: prior N(m, S) over four entries, two of them observed with noise. */
import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix'
import { gaussianDenoiser } from '../../src/diffusion/index.ts'
import { lowRank } from '../../src/linalg/index.ts'
import { ndarray } from '../../src/tensor/index.ts'

export const SIZE = 4
export const NOISE = 0.3
export const KEPT = [1, 0, 1, 0]
export const Y = [0.9, 0, -0.6, 0]
const MEAN = [0.2, -0.1, 0.3, 0]

const S = new Matrix(
  Array.from({ length: SIZE }, (_, i) =>
    Array.from({ length: SIZE }, (_, j) => Math.exp(-Math.abs(i - j) / 2)),
  ),
)

/** N(m + K (y − A m), S − K A S): standard deviations are 0.29 … 0.81. */
export const posterior = (() => {
  const A = new Matrix([
    [1, 0, 0, 0],
    [0, 0, 1, 0],
  ])
  const Sy = A.mmul(S)
    .mmul(A.transpose())
    .add(Matrix.eye(2).mul(NOISE ** 2))
  const K = S.mmul(A.transpose()).mmul(inverse(Sy))
  const m = Matrix.columnVector(MEAN)
  const residual = Matrix.columnVector([Y[0], Y[2]]).sub(A.mmul(m))
  return { mean: m.add(K.mmul(residual)), covariance: Matrix.sub(S, K.mmul(A).mmul(S)) }
})()

/** The eigenvectors and eigenvalues of a symmetric matrix. */
export const eigen = (M: Matrix) => {
  const { eigenvectorMatrix: Q, realEigenvalues: values } = new EigenvalueDecomposition(M)
  return { Q, values }
}

/** The prior, as a floor times I and the rest along the eigenvectors. */
export const prior = (() => {
  const { Q, values } = eigen(S)
  const floor = Math.min(...values)
  const factor = Q.mmul(Matrix.diag(values.map((v) => Math.sqrt(Math.max(0, v - floor)))))
  return gaussianDenoiser({
    mean: ndarray(MEAN),
    covariance: lowRank(floor, ndarray(factor.to1DArray(), [SIZE, SIZE])),
  })
})()

/** Mean and covariance of the rows of x, or of weighted ones. */
export const momentsOf = (
  x: Matrix,
  weights: ArrayLike<number> = new Float64Array(x.rows).fill(1 / x.rows),
) => {
  const W = Matrix.rowVector(Array.from(weights))
  const mean = W.mmul(x).transpose()
  const centred = x.clone().subRowVector(mean.to1DArray())
  const covariance = centred.transpose().mmul(centred.clone().mulColumnVector(Array.from(weights)))
  return { mean, covariance }
}

/** Largest error of a mean, and relative error of a covariance. */
export const errorsAgainst = (
  got: { readonly mean: Matrix; readonly covariance: Matrix },
  want: { readonly mean: Matrix; readonly covariance: Matrix },
) => ({
  mean: Math.max(...Matrix.sub(got.mean, want.mean).to1DArray().map(Math.abs)),
  covariance: Matrix.sub(got.covariance, want.covariance).norm() / want.covariance.norm(),
})
