/**
 * Probabilistic PCA (Tipping & Bishop 1999): the maximum-likelihood Gaussian N(μ, d I + U Uᵀ) of rank r, from
 * the r leading eigenpairs (λ, q) of the sample covariance: d the mean of the other eigenvalues, U = q √(λ −
 * d). Entries that never vary, which lie outside the domain of the data, are no part of that mean, and U is 0
 * there.
 */
import { Matrix } from 'ml-matrix'
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import { type LowRankCovariance, lowRank } from '../linalg/index.ts'
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
import { byDecomposition, bySubspace, type Eigen, widthFor } from './eigen.ts'

/** N(μ, d I + U Uᵀ). */
export interface PpcaGaussian extends Gaussian {
  readonly covariance: LowRankCovariance
}

/** Variance outside the factor when the rank is full: the spectrum has nothing left to average (DiEM). */
export const FULL_RANK_VARIANCE = 1e-6

/** The r leading eigenpairs of a symmetric matrix [N, N]. */
const leading = async (C: NdArray<'float64'>, r: number): Promise<Eigen> => {
  const n = C.shape[0]
  if (r >= n / 5) return byDecomposition(Matrix.from1DArray(n, n, Array.from(C.data)), r)
  const start = normal(stream(0, 'subspace'), [n, widthFor(r, n)])
  return bySubspace({ arrays: [C], times: ([c], q) => matmul(c, q) }, start, r)
}

/** The fit from the leading eigenpairs of the covariance and its diagonal. */
const fitted = (
  mean: NdArray<'float64'>,
  variances: readonly number[],
  { values, vectors }: Eigen,
  rank: number,
): PpcaGaussian => {
  const n = mean.size
  const vary = variances.filter((v) => v > 0).length
  const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
  const rest = total(variances) - total(values)
  const d = rank >= vary ? FULL_RANK_VARIANCE : Math.max(rest / (vary - rank), FULL_RANK_VARIANCE)
  const factor = vectors
    .to2DArray()
    .flatMap((row) => row.map((q, j) => q * Math.sqrt(Math.max(values[j] - d, 0))))
  return {
    mean: ndarray(mean.data, [n]),
    covariance: lowRank(d, ndarray(factor, [n, rank])),
  }
}

const checkRank = (rank: number, n: number): void => {
  if (!Number.isInteger(rank) || rank < 1 || rank > n)
    throw new TweedieError('input', `ppca: the rank must be between 1 and ${n}, got ${rank}`)
}

const diagonalOf = ({ data, shape: [n] }: NdArray<'float64'>): number[] =>
  Array.from({ length: n }, (_, i) => data[i * (n + 1)])

/** The Gaussian of rank r closest to a mean [N] and a covariance [N, N], both float64. */
export const ppcaOfMoments = async (
  mean: NdArray<'float64'>,
  covariance: NdArray<'float64'>,
  rank: number,
): Promise<PpcaGaussian> => {
  checkRank(rank, mean.size)
  return fitted(mean, diagonalOf(covariance), await leading(covariance, rank), rank)
}

/**
 * Eigenvalues of the covariance below this part of the largest are rounding: their directions mean nothing.
 */
const NEGLIGIBLE = 1e-12

/**
 * The same from S < N samples by their Gram matrix G = X Xᵀ / S, [S, S], which has the eigenvalues of the
 * covariance Xᵀ X / S: from G w = λ w follows q = Xᵀ w / √(S λ). No matrix of N × N is made.
 */
const ppcaOfFew = async (samples: NdArray, rank: number): Promise<PpcaGaussian> => {
  const s = samples.shape[0]
  const n = samples.size / s
  const mean = meanOf(samples)
  const x = reshaped(samples, [s, n])
  const gram = jit((x: Tensor, mu: Tensor) => {
    const d = sub(cast(x, 'float64'), mu)
    return mul(matmul(d, d, { transB: true }), 1 / s)
  })
  const directions = jit((x: Tensor, mu: Tensor, w: Tensor) =>
    matmul(sub(cast(x, 'float64'), mu), w, { transA: true }),
  )
  const G = float64(await gram(x, mean))
  await gram.release()
  const few = Math.min(rank, s)
  const { values, vectors: w } = await leading(G, few)
  const columns = toNumbers(await directions(x, mean, ndarray(w.to1DArray(), [s, few], 'float64')))
  await directions.release()
  const q = Matrix.zeros(n, rank)
  for (let j = 0; j < few; j++) {
    if (values[j] <= NEGLIGIBLE * values[0]) continue
    const scale = 1 / Math.sqrt(s * values[j])
    for (let i = 0; i < n; i++) q.set(i, j, columns[i * few + j] * scale)
  }
  const padded = [...values, ...Array<number>(rank - few).fill(0)]
  return fitted(mean, variancesOf(samples, mean), { values: padded, vectors: q }, rank)
}

const float64 = (array: NdArray): NdArray<'float64'> =>
  array.data instanceof Float64Array
    ? new NdArray('float64', array.shape, array.data)
    : ndarray(toNumbers(array), array.shape, 'float64')

/** Mean [N] of samples [S, ...event], summed in float64. */
const meanOf = (samples: NdArray): NdArray<'float64'> => {
  const s = samples.shape[0]
  const n = samples.size / s
  const sums = new Float64Array(n)
  for (let i = 0; i < samples.size; i++) sums[i % n] += Number(samples.data[i])
  return new NdArray(
    'float64',
    [n],
    sums.map((v) => v / s),
  )
}

/** Biased variances [N] of samples with that mean. */
const variancesOf = (samples: NdArray, mean: NdArray<'float64'>): number[] => {
  const [s, n] = [samples.shape[0], mean.size]
  const sums = Array<number>(n).fill(0)
  for (let i = 0; i < samples.size; i++) sums[i % n] += (Number(samples.data[i]) - mean.data[i % n]) ** 2
  return sums.map((v) => v / s)
}

/** Mean [N] and biased covariance [N, N] of samples [S, ...event], accumulated in float64. */
export const moments = async (
  samples: NdArray,
): Promise<{ mean: NdArray<'float64'>; covariance: NdArray<'float64'> }> => {
  const s = samples.shape[0]
  const n = samples.size / s
  const mean = meanOf(samples)
  const square = jit((x: Tensor, mu: Tensor) => {
    const d = sub(cast(x, 'float64'), mu)
    return mul(matmul(d, d, { transA: true }), 1 / s)
  })
  const covariance = await square(reshaped(samples, [s, n]), mean)
  await square.release()
  return { mean, covariance: float64(covariance) }
}

/**
 * PPCA of samples, through their covariance or their Gram matrix, whichever is smaller.
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
export const ppca = async (samples: NdArray, rank: number): Promise<PpcaGaussian> => {
  const s = samples.shape[0]
  const n = samples.size / s
  checkRank(rank, n)
  if (s < n) return ppcaOfFew(samples, rank)
  const { mean, covariance } = await moments(samples)
  return ppcaOfMoments(mean, covariance, rank)
}
