/**
 * A Gaussian by the leading eigenpairs of its covariance: a denoiser then takes two products with them at
 * every noise level, where variances of their own for all entries ask for a system of equations.
 */
import type { Gaussian } from '../diffusion/index.ts'
import { lowRank } from '../linalg/index.ts'
import { normal, stream } from '../random/index.ts'
import { add, matmul, mul, ndarray, toNumbers } from '../tensor/index.ts'
import { bySubspace, widthFor } from './eigen.ts'
import { FULL_RANK_VARIANCE } from './ppca.ts'

/** Eigenpairs that are kept at most. Up to so many entries nothing changes but rounding. */
const RANK = 256

/** Rounds of subspace iteration: the factor is a good start. */
const ROUNDS = 5

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

/**
 * N(μ, d I + U Uᵀ) closest to N(μ, diag(v) + W Wᵀ): the leading eigenpairs of the covariance, and d the mean
 * of its other eigenvalues. Entries without variance, which lie outside the domain of the data, are no part
 * of either. Other covariances are returned as they are.
 *
 * @example
 * ```ts
 * const gaussian = await spectralGaussian(await gaussianStart(set))
 * ```
 */
export const spectralGaussian = async (gaussian: Gaussian): Promise<Gaussian> => {
  const { mean, covariance } = gaussian
  if (covariance.kind !== 'lowRank' || typeof covariance.variance === 'number') return gaussian
  const { factor } = covariance
  const [n, own] = factor.shape
  const w = toNumbers(factor)
  // Variances at the floor are of entries that are not there; the floor keeps exact draws finite.
  const v = toNumbers(covariance.variance).map((d) => (d > FULL_RANK_VARIANCE ? d : 0))
  const vary = v.filter((d) => d > 0).length
  const rank = Math.min(RANK, vary)
  const width = widthFor(rank, vary)
  const noise = toNumbers(normal(stream(0, 'spectral gaussian'), [n, width]))
  const start = noise.map((z, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    if (v[row] === 0) return 0
    return column < own ? w[row * own + column] : z
  })
  const product = {
    arrays: [ndarray(v, [n, 1], 'float64'), ndarray(w, [n, own], 'float64')],
    times: ([d, W], q) => add(mul(d, q), matmul(W, matmul(W, q, { transA: true }))),
  } satisfies Parameters<typeof bySubspace>[0]
  const { values, vectors } = await bySubspace(product, ndarray(start, [n, width], 'float64'), rank, ROUNDS)
  const rest = total(v) + total(w.map((x) => x * x)) - total(values)
  // At full rank nothing is left to average: the smallest eigenvalue is what all directions share.
  const shared = rank === vary ? values[rank - 1] / 2 : rest / (vary - rank)
  const scales = values.map((value) => Math.sqrt(Math.max(value - shared, 0)))
  const columns = vectors.to2DArray().flatMap((row) => row.map((q, j) => q * scales[j]))
  return { mean, covariance: lowRank(shared, ndarray(columns, [n, rank])) }
}
