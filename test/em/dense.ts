/** Dense linear algebra by ml-matrix: the other way to every number. */
import { Matrix } from 'ml-matrix'
import type { Gaussian } from '../../src/diffusion/index.ts'
import { NdArray, toNumbers } from '../../src/tensor/index.ts'

/** Σ of a Gaussian, written out. */
export const denseCovariance = ({ mean, covariance: c }: Gaussian): Matrix => {
  const n = mean.size
  if (c.kind === 'isotropic') return Matrix.eye(n).mul(c.variance)
  if (c.kind === 'diagonal' && c.variance instanceof NdArray) return Matrix.diag(toNumbers(c.variance))
  if (c.kind !== 'lowRank') throw new Error(`not of this test: ${c.kind}`)
  const U = Matrix.from1DArray(n, c.factor.shape[1], toNumbers(c.factor))
  const D =
    typeof c.variance === 'number' ? Matrix.eye(n).mul(c.variance) : Matrix.diag(toNumbers(c.variance))
  return U.mmul(U.transpose()).add(D)
}

/** Mean and biased covariance of rows [S, N]. */
export const sampleMoments = (x: NdArray): { mean: number[]; covariance: Matrix } => {
  const rows = Matrix.from1DArray(x.shape[0], x.size / x.shape[0], toNumbers(x))
  const mean = rows.mean('column')
  const centred = rows.subRowVector(mean)
  return { mean, covariance: centred.transpose().mmul(centred).div(x.shape[0]) }
}

/** ‖a − b‖ / ‖b‖ of two matrices, Frobenius. */
export const relativeGap = (a: Matrix, b: Matrix): number => Matrix.sub(a, b).norm() / b.norm()
