/** Closed-form E-step: the mean and covariance of x averaged over the posteriors of all observations, small N. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { covarianceMatrix } from '../linalg/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { NdArray, sizeOf, toNumbers } from '../tensor/index.ts'

const dense = ({ mean, covariance }: Gaussian): Matrix =>
  Matrix.from1DArray(mean.size, mean.size, toNumbers(covarianceMatrix(covariance, mean.size)))

/** Without the rounding by which a product misses being symmetric, over which Cholesky stumbles. */
const symmetric = (m: Matrix): Matrix => Matrix.add(m, m.transpose()).div(2)

/** The matrix A of observation i, [M, N], without the rows of deleted entries. */
const rowsOf = ({ y, operator }: ObservationSet, i: number): { A: Matrix; y: Matrix } => {
  const m = sizeOf(y.shape.slice(1))
  const values = Array.from(y.data.subarray(i * m, (i + 1) * m))
  if (operator.kind === 'projection') {
    const n = operator.matrix.shape[2]
    const P = operator.matrix.data.subarray(i * m * n, (i + 1) * m * n)
    return { A: Matrix.from1DArray(m, n, Array.from(P)), y: Matrix.columnVector(values) }
  }
  const isKept = (j: number) => operator.kind !== 'mask' || operator.mask.data[i * m + j] === 1
  const kept = values.flatMap((_, j) => (isKept(j) ? [j] : []))
  const A = Matrix.zeros(kept.length, m)
  for (const [row, j] of kept.entries()) A.set(row, j, 1)
  return { A, y: Matrix.columnVector(kept.map((j) => values[j])) }
}

/**
 * Mean and covariance of the mixture of posteriors p(x | y_i), i < count: with K = Σ Aᵀ (A Σ Aᵀ + s²)⁻¹, each posterior is
 * N(μ + K (y − A μ), Σ − K A Σ).
 *
 * @throws TweedieError `input` for other operators than masks, projections and the identity, and for noise that differs between entries
 */
export const posteriorMoments = (
  prior: Gaussian,
  set: ObservationSet,
  count: number,
): { mean: NdArray<'float64'>; covariance: NdArray<'float64'> } => {
  if (set.operator.kind === 'mask' && set.operator.mask.size !== set.y.size) {
    throw new TweedieError('input', 'the closed-form E-step needs a mask of the shape of y')
  }
  if (set.operator.kind === 'family' || set.std) {
    const what =
      set.operator.kind === 'family' ? `operator '${set.operator.name}'` : 'noise of its own on each entry'
    throw new TweedieError(
      'input',
      `the closed-form E-step knows masks, projections and one noise level, the observations have ${what}; use eStep: exact`,
    )
  }
  const n = prior.mean.size
  const mu = Matrix.columnVector(toNumbers(prior.mean))
  const S = dense(prior)
  const first = Matrix.zeros(n, 1)
  const second = Matrix.zeros(n, n)
  for (let i = 0; i < count; i++) {
    const { A, y } = rowsOf(set, i)
    const SAt = S.mmul(A.transpose())
    const G = symmetric(A.mmul(SAt)).add(Matrix.eye(A.rows, A.rows, set.noise ** 2))
    const Kt = A.rows ? new CholeskyDecomposition(G).solve(SAt.transpose()) : Matrix.zeros(0, n)
    const m = Matrix.add(mu, Kt.transpose().mmul(Matrix.sub(y, A.mmul(mu))))
    first.add(m)
    second.add(m.mmul(m.transpose())).add(Matrix.sub(S, Kt.transpose().mmul(SAt.transpose())))
  }
  first.div(count)
  second.div(count).sub(first.mmul(first.transpose()))
  return {
    mean: new NdArray('float64', [n], Float64Array.from(first.to1DArray())),
    covariance: new NdArray('float64', [n, n], Float64Array.from(second.to1DArray())),
  }
}
