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

/** The r leading eigenpairs of a symmetric matrix. */
const leading = (C: Matrix, r: number): Eigen => (r < C.rows / 5 ? bySubspace(C, r) : byDecomposition(C, r))

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

/**
 * Subspace iteration with Rayleigh–Ritz (Halko, Martinsson & Tropp 2011): far cheaper than the whole spectrum. A few
 * spare columns make the wanted ones converge; it stops when no wanted eigenvalue moves by more than 1e-7 of the first.
 */
const bySubspace = (C: Matrix, r: number): Eigen => {
  const width = Math.min(C.rows, r + 16)
  const start = normal(stream(0, 'subspace'), [C.rows, width])
  let Q = new QrDecomposition(Matrix.from1DArray(C.rows, width, Array.from(start.data))).orthogonalMatrix
  let values: number[] = []
  for (let i = 0; i < 60; i++) {
    const CQ = C.mmul(Q)
    const small = byDecomposition(Q.transpose().mmul(CQ), width)
    const moved = small.values
      .slice(0, r)
      .some((v, j) => !(Math.abs(v - values[j]) < 1e-7 * Math.abs(small.values[0])))
    values = [...small.values]
    if (!moved)
      return { values: values.slice(0, r), vectors: Q.mmul(small.vectors).subMatrix(0, C.rows - 1, 0, r - 1) }
    Q = new QrDecomposition(CQ.mmul(small.vectors)).orthogonalMatrix
  }
  const small = byDecomposition(Q.transpose().mmul(C.mmul(Q)), width)
  return {
    values: small.values.slice(0, r),
    vectors: Q.mmul(small.vectors).subMatrix(0, C.rows - 1, 0, r - 1),
  }
}

/** The Gaussian of rank r closest to a mean [N] and a covariance [N, N], both float64. */
export const ppcaOfMoments = (
  mean: NdArray<'float64'>,
  covariance: NdArray<'float64'>,
  rank: number,
): Gaussian => {
  const n = mean.size
  if (!Number.isInteger(rank) || rank < 1 || rank > n) {
    throw new TweedieError('input', `ppca: the rank must be between 1 and ${n}, got ${rank}`)
  }
  const C = Matrix.from1DArray(n, n, Array.from(covariance.data))
  const { values, vectors } = leading(C, rank)
  const rest = C.trace() - values.reduce((a, b) => a + b, 0)
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
