import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/index.ts'
import { finiteValues } from '../values.ts'

/** A Gaussian by its moments. */
export interface Moments {
  /** `[d]` */
  mean: NdArray
  /** `[d, d]`, symmetric, positive semi-definite */
  covariance: NdArray
}

/**
 * Mean and covariance of points, in float64. The covariance is that of the fitted
 * (maximum-likelihood) Gaussian: 1/n.
 *
 * @param points `[n, d]`, n ≥ 1
 * @throws TweedieError `shape` unless points are `[n, d]`, `numeric` on NaN or infinity
 */
export const gaussianMoments = (points: NdArray): Moments => {
  const [n, d] = points.shape
  if (points.shape.length !== 2 || n < 1) {
    throw new TweedieError('shape', `gaussianMoments: expected points of shape [n, d], got [${points.shape}]`)
  }
  const x = finiteValues(points, 'gaussianMoments: points')
  const mean = new Float64Array(d)
  for (let i = 0; i < n; i++) for (let a = 0; a < d; a++) mean[a] += x[i * d + a] / n
  const covariance = new Float64Array(d * d)
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < d; a++) {
      const da = (x[i * d + a] - mean[a]) / n
      for (let b = 0; b < d; b++) covariance[a * d + b] += da * (x[i * d + b] - mean[b])
    }
  }
  return { mean: new NdArray('float64', [d], mean), covariance: new NdArray('float64', [d, d], covariance) }
}

const matrixOf = (
  { mean, covariance }: Moments,
  what: string,
): { mean: ArrayLike<number>; covariance: Matrix } => {
  const d = mean.size
  if (mean.shape.length !== 1 || covariance.shape.join() !== `${d},${d}`) {
    throw new TweedieError(
      'shape',
      `${what}: expected mean [d] and covariance [d, d], got [${mean.shape}] and [${covariance.shape}]`,
    )
  }
  const values = finiteValues(covariance, `${what}.covariance`)
  return {
    mean: finiteValues(mean, `${what}.mean`),
    covariance: Matrix.from1DArray(d, d, Array.from(values)),
  }
}

/**
 * Eigenvalues of a symmetric matrix, those that rounding made negative set to 0, with the vectors in columns.
 */
const eigen = (matrix: Matrix) => {
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  })
  return { values: realEigenvalues.map((v) => Math.max(0, v)), vectors: eigenvectorMatrix }
}

/** Square root of a symmetric positive semi-definite matrix. */
const squareRoot = (matrix: Matrix): Matrix => {
  const { values, vectors } = eigen(matrix)
  return vectors.mmul(Matrix.diag(values.map(Math.sqrt))).mmul(vectors.transpose())
}

/**
 * Bures–Wasserstein-2 distance between two Gaussians (the distance, not its square; units of the data):
 *
 *     W² = |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1^½ S2 S1^½)^½
 *
 * (Dowson & Landau 1982; Bhatia, Jain & Lim, "On the Bures–Wasserstein distance between positive definite
 * matrices", 2019.) Divided by sqrt(tr S2) it is the relative error of a fitted Gaussian.
 *
 * @throws TweedieError `shape` when the Gaussians do not fit, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * buresWasserstein(gaussianMoments(samples), gaussianMoments(truth))
 * ```
 */
export const buresWasserstein = (p: Moments, q: Moments): number => {
  const [a, b] = [matrixOf(p, 'buresWasserstein: p'), matrixOf(q, 'buresWasserstein: q')]
  if (a.mean.length !== b.mean.length) {
    throw new TweedieError(
      'shape',
      `buresWasserstein: dimensions differ, ${a.mean.length} and ${b.mean.length}`,
    )
  }
  const root = squareRoot(a.covariance)
  const cross = eigen(root.mmul(b.covariance).mmul(root)).values.reduce((sum, v) => sum + Math.sqrt(v), 0)
  let shift = 0
  for (let i = 0; i < a.mean.length; i++) shift += (a.mean[i] - b.mean[i]) ** 2
  return Math.sqrt(Math.max(0, shift + a.covariance.trace() + b.covariance.trace() - 2 * cross))
}
