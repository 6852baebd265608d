/**
 * A Gaussian by the leading eigenpairs of its covariance: a denoiser then takes two products with them at
 * every noise level, where variances of their own for all entries ask for a system of equations.
 */
import { Matrix, QrDecomposition } from 'ml-matrix'
import type { Gaussian } from '../diffusion/index.ts'
import { lowRank } from '../linalg/index.ts'
import { normal, stream } from '../random/index.ts'
import { add, constant, jit, matmul, mul, ndarray, type Tensor, toNumbers } from '../tensor/index.ts'
import { byDecomposition } from './eigen.ts'

/** Eigenpairs that are kept at most. Up to so many entries nothing changes but rounding. */
const RANK = 256

/** Columns beside the wanted ones, which make those converge. */
const SPARE = 16

/** Rounds of subspace iteration, of three powers each: the factor is a good start. */
const ROUNDS = 5

const orthonormal = (columns: Matrix): Matrix => new QrDecomposition(columns).orthogonalMatrix

/**
 * N(μ, d I + U Uᵀ) closest to N(μ, diag(v) + W Wᵀ): the leading eigenpairs of the covariance, by subspace
 * iteration with Rayleigh–Ritz (Halko, Martinsson & Tropp 2011), and d the mean of its other eigenvalues.
 * Other covariances are returned as they are.
 *
 * @example
 * ```ts
 * const gaussian = await spectralGaussian(await gaussianStart(set))
 * ```
 */
export const spectralGaussian = async (gaussian: Gaussian): Promise<Gaussian> => {
  const { mean, covariance } = gaussian
  if (covariance.kind !== 'lowRank' || typeof covariance.variance === 'number') return gaussian
  const { variance, factor } = covariance
  const n = mean.size
  const [v, w] = [toNumbers(variance), toNumbers(factor)]
  const rank = Math.min(RANK, n)
  const width = Math.min(n, rank + SPARE)
  const trace = v.reduce((a, b) => a + b, 0) + w.reduce((a, b) => a + b * b, 0)
  const own = factor.shape[1]
  const d = constant(ndarray(v, [n, 1], 'float64'))
  const W = constant(ndarray(w, [n, own], 'float64'))
  const times = (q: Tensor): Tensor => add(mul(d, q), matmul(W, matmul(W, q, { transA: true })))
  const power = jit((q: Tensor) => {
    const cq = times(q)
    return { ritz: matmul(q, cq, { transA: true }), next: times(times(cq)) }
  })
  const noise = normal(stream(0, 'spectral gaussian'), [n, width]).data
  const start = Array.from({ length: n * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    return column < own ? w[row * own + column] : noise[i]
  })
  let Q = orthonormal(Matrix.from1DArray(n, width, start))
  for (let i = 0; ; i++) {
    const { ritz, next } = await power(ndarray(Q.to1DArray(), [n, width], 'float64'))
    if (i === ROUNDS || width === n) {
      await power.release()
      const { values, vectors } = byDecomposition(Matrix.from1DArray(width, width, toNumbers(ritz)), rank)
      const rest = trace - values.reduce((a, b) => a + b, 0)
      // At full rank nothing is left to average: the smallest eigenvalue is what all directions share.
      const shared = rank === n ? values[n - 1] / 2 : rest / (n - rank)
      const columns = Q.mmul(vectors).to2DArray()
      const u = columns.flatMap((row) => row.map((q, j) => q * Math.sqrt(Math.max(values[j] - shared, 0))))
      return { mean, covariance: lowRank(shared, ndarray(u, [n, rank])) }
    }
    Q = orthonormal(Matrix.from1DArray(n, width, toNumbers(next)))
  }
}
