/**
 * Probabilistic PCA (Tipping & Bishop 1999): the maximum-likelihood Gaussian N(μ, d I + U Uᵀ) of rank r, from the r
 * leading eigenpairs (λ, q) of the sample covariance: d the mean of the other eigenvalues, U = q √(λ − d).
 */
import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { normal, stream } from '../random/index.ts'
import {
  cast,
  jit,
  matmul,
  mul,
  NdArray,
  ndarray,
  reshaped,
  sub,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'

/** Variance outside the factor when the rank is full: the spectrum has nothing left to average (DiEM). */
const FULL_RANK_VARIANCE = 1e-6

interface Eigen {
  /** Descending. */
  readonly values: readonly number[]
  /** Columns q, [N, r]. */
  readonly vectors: Matrix
}

/** The r leading eigenpairs of a symmetric matrix [N, N]. */
const leading = async (C: NdArray<'float64'>, r: number): Promise<Eigen> => {
  const n = C.shape[0]
  return r < n / 5 ? bySubspace(C, r) : byDecomposition(Matrix.from1DArray(n, n, Array.from(C.data)), r)
}

const byDecomposition = (C: Matrix, r: number): Eigen => {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(C, {
    assumeSymmetric: true,
  })
  const order = values
    .map((_, i) => i)
    .sort((a, b) => values[b] - values[a])
    .slice(0, r)
  return { values: order.map((i) => values[i]), vectors: vectors.subMatrixColumn(order) }
}

/** Relative to the largest eigenvalue: below this, a moving eigenvalue no longer matters to the fit. */
const SETTLED = 1e-6

/**
 * Subspace iteration with Rayleigh–Ritz (Halko, Martinsson & Tropp 2011), Q ← orth(C³ Q): far cheaper than the whole
 * spectrum. Spare columns make the wanted ones converge.
 */
const bySubspace = async (C: NdArray<'float64'>, r: number): Promise<Eigen> => {
  const n = C.shape[0]
  const width = Math.min(n, r + 16)
  const power = jit((c: Tensor, q: Tensor) => {
    const cq = matmul(c, q)
    return { ritz: matmul(q, cq, { transA: true }), next: matmul(c, matmul(c, cq)) }
  })
  const orthonormal = (columns: Matrix) => new QrDecomposition(columns).orthogonalMatrix
  let Q = orthonormal(
    Matrix.from1DArray(n, width, Array.from(normal(stream(0, 'subspace'), [n, width]).data)),
  )
  let before: readonly number[] = []
  for (let i = 0; ; i++) {
    const { ritz, next } = await power(C, ndarray(Q.to1DArray(), [n, width], 'float64'))
    const { values, vectors } = byDecomposition(Matrix.from1DArray(width, width, toNumbers(ritz)), r)
    const settled = values.every((v, j) => Math.abs(v - before[j]) <= SETTLED * values[0])
    if (settled || i === MOST_ROUNDS) {
      await power.release()
      return { values, vectors: Q.mmul(vectors) }
    }
    before = values
    Q = orthonormal(Matrix.from1DArray(n, width, toNumbers(next)))
  }
}

/** Three powers a round: an eigenvalue gap of 1 % has had its effect by then. */
const MOST_ROUNDS = 40

/** The Gaussian of rank r closest to a mean [N] and a covariance [N, N], both float64. */
export const ppcaOfMoments = async (
  mean: NdArray<'float64'>,
  covariance: NdArray<'float64'>,
  rank: number,
): Promise<Gaussian> => {
  const n = mean.size
  if (!Number.isInteger(rank) || rank < 1 || rank > n) {
    throw new TweedieError('input', `ppca: the rank must be between 1 and ${n}, got ${rank}`)
  }
  const { values, vectors } = await leading(covariance, rank)
  const trace = mean.data.reduce((sum, _, i) => sum + covariance.data[i * (n + 1)], 0)
  const rest = trace - values.reduce((a, b) => a + b, 0)
  const d = rank === n ? FULL_RANK_VARIANCE : Math.max(rest / (n - rank), FULL_RANK_VARIANCE)
  const factor = vectors
    .to2DArray()
    .flatMap((row) => row.map((q, j) => q * Math.sqrt(Math.max(values[j] - d, 0))))
  return {
    mean: ndarray(mean.data, [n]),
    covariance: { kind: 'ppca', variance: d, factor: ndarray(factor, [n, rank]) },
  }
}

/** Mean [N] and biased covariance [N, N] of samples [S, ...event], accumulated in float64. */
export const moments = async (
  samples: NdArray,
): Promise<{ mean: NdArray<'float64'>; covariance: NdArray<'float64'> }> => {
  const s = samples.shape[0]
  const n = samples.size / s
  const sums = new Float64Array(n)
  for (let i = 0; i < samples.size; i++) sums[i % n] += Number(samples.data[i])
  const mean = new NdArray(
    'float64',
    [n],
    sums.map((v) => v / s),
  )
  const gram = jit((x: Tensor, mu: Tensor) => {
    const d = sub(cast(x, 'float64'), mu)
    return mul(matmul(d, d, { transA: true }), 1 / s)
  })
  const covariance = await gram(reshaped(samples, [s, n]), mean)
  await gram.release()
  return { mean, covariance: ndarray(toNumbers(covariance), [n, n], 'float64') }
}

/**
 * PPCA of samples.
 *
 * @param samples - [S, ...event] with N entries each
 * @param rank - 1 … N; with rank N the variance outside the factor is 1e-6
 * @throws TweedieError `input` for an impossible rank
 *
 * @example
 * ```ts
 * const { mean, covariance } = await ppca(samples, 64)
 * ```
 */
export const ppca = async (samples: NdArray, rank: number): Promise<Gaussian> => {
  const { mean, covariance } = await moments(samples)
  return ppcaOfMoments(mean, covariance, rank)
}
