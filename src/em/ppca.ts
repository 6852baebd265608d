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
  rows,
  sizeOf,
  sub,
  type Tensor,
  toNumbers,
  zeros,
} from '../tensor/index.ts'
import type { SampleRows } from '../training/index.ts'
import { byDecomposition, bySubspace, type Eigen, widthFor } from './eigen.ts'
import { lobpcg } from './lobpcg.ts'

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

/** Samples in blocks of rows, one after the other or by number. */
interface Blocks {
  /** Samples S, and entries N of each. */
  readonly count: number
  readonly size: number
  readonly blocks: number
  /** [rows, N]. */
  block(i: number): NdArray
}

/** Entries of a block: at so many a block takes less memory than the programs that it is for. */
const ENTRIES = 2 ** 26

/** Rows of a block, at most. */
const ROWS = 4096

/** Options of {@link ppca}. */
export interface PpcaOptions {
  /** Rows that are read at once, ≥ 1: memory, and the result only by rounding. Default: 4096 small ones. */
  readonly block?: number
  /**
   * Side of the largest matrix that is made, of the covariance or the Gram matrix; where both are larger,
   * leading eigenpairs come from passes over the samples. Default 4096.
   */
  readonly largest?: number
}

/** Side of the largest matrix that {@link ppca} makes: 128 MiB, and its eigenvectors. */
const LARGEST_MATRIX = 4096

/** Entries of a block in passes over samples, fewer than for products of blocks with each other. */
const PASS_ENTRIES = 2 ** 24

/** An array is one block; rows that are somewhere else are read in several. */
const blocksOf = (samples: NdArray | SampleRows, options: PpcaOptions = {}, entries = ENTRIES): Blocks => {
  if (samples instanceof NdArray) {
    const [count] = samples.shape
    const size = samples.size / count
    return { count, size, blocks: 1, block: () => reshaped(samples, [count, size]) }
  }
  const { count, event, rowsAt } = samples
  const size = sizeOf(event)
  const { block: most = Math.max(1, Math.min(ROWS, Math.floor(entries / size))) } = options
  return {
    count,
    size,
    blocks: Math.ceil(count / most),
    block: (i) => {
      const length = Math.min(most, count - i * most)
      const x = rowsAt(Array.from({ length }, (_, j) => i * most + j))
      return reshaped(x, [length, size])
    },
  }
}

const addTo = (sums: Float64Array, more: NdArray): void => {
  for (let i = 0; i < sums.length; i++) sums[i] += Number(more.data[i])
}

/** G [S, S], each pair of blocks once. */
const gramOf = async (samples: Blocks, mean: NdArray<'float64'>): Promise<NdArray<'float64'>> => {
  const { count, blocks, block } = samples
  const product = jit((x: Tensor, other: Tensor, mu: Tensor) => {
    const centred = (t: Tensor) => sub(cast(t, 'float64'), mu)
    return mul(matmul(centred(x), centred(other), { transB: true }), 1 / count)
  })
  const G = zeros([count, count], 'float64')
  let down = 0
  for (let i = 0; i < blocks; i++) {
    const x = block(i)
    let across = down
    for (let j = i; j < blocks; j++) {
      const other = j === i ? x : block(j)
      const part = await product(x, other, mean)
      const [rows, columns] = part.shape
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const value = Number(part.data[r * columns + c])
          G.data[(down + r) * count + across + c] = value
          G.data[(across + c) * count + down + r] = value
        }
      across += columns
    }
    down += x.shape[0]
  }
  await product.release()
  return G
}

/** Xᵀ w, [N, k], for w [S, k]. */
const weighted = async (
  { size, blocks, block }: Blocks,
  mean: NdArray<'float64'>,
  w: NdArray<'float64'>,
): Promise<Float64Array> => {
  const product = jit((x: Tensor, mu: Tensor, w: Tensor) =>
    matmul(sub(cast(x, 'float64'), mu), w, { transA: true }),
  )
  const sums = new Float64Array(size * w.shape[1])
  let from = 0
  for (let i = 0; i < blocks; i++) {
    const x = block(i)
    const to = from + x.shape[0]
    addTo(sums, await product(x, mean, rows(w, from, to)))
    from = to
  }
  await product.release()
  return sums
}

/**
 * The same from S < N samples by their Gram matrix G = X Xᵀ / S, [S, S], which has the eigenvalues of the
 * covariance Xᵀ X / S: from G w = λ w follows q = Xᵀ w / √(S λ). No matrix of N × N is made.
 */
const ppcaOfFew = async (samples: Blocks, rank: number): Promise<PpcaGaussian> => {
  const { count: s, size: n } = samples
  const mean = meanOf(samples)
  const G = await gramOf(samples, mean)
  const few = Math.min(rank, s)
  const { values, vectors: w } = await leading(G, few)
  const columns = await weighted(samples, mean, ndarray(w.to1DArray(), [s, few], 'float64'))
  const q = Matrix.zeros(n, rank)
  for (let j = 0; j < few; j++) {
    if (values[j] <= NEGLIGIBLE * values[0]) continue
    const scale = 1 / Math.sqrt(s * values[j])
    for (let i = 0; i < n; i++) q.set(i, j, columns[i * few + j] * scale)
  }
  const padded = [...values, ...Array<number>(rank - few).fill(0)]
  return fitted(mean, variancesOf(samples, mean), { values: padded, vectors: q }, rank)
}

/**
 * The same where both matrices are too large: a product with the covariance is a pass over the samples, C Q =
 * Σ x (xᵀ Q) / S, in N times a few dozen numbers of memory.
 */
const ppcaByPasses = async (samples: Blocks, rank: number): Promise<PpcaGaussian> => {
  const { count, size, blocks, block } = samples
  const mean = meanOf(samples)
  const product = jit((x: Tensor, mu: Tensor, q: Tensor) => {
    const d = sub(cast(x, 'float64'), mu)
    return mul(matmul(d, matmul(d, q), { transA: true }), 1 / count)
  })
  const times = async (q: NdArray): Promise<NdArray> => {
    const sums = new Float64Array(q.size)
    for (let i = 0; i < blocks; i++) addTo(sums, await product(block(i), mean, q))
    return new NdArray('float64', q.shape, sums)
  }
  try {
    const start = normal(stream(0, 'subspace'), [size, widthFor(rank, size)])
    const wide = ndarray(toNumbers(start), start.shape, 'float64')
    return fitted(mean, variancesOf(samples, mean), await lobpcg(times, wide, rank), rank)
  } finally {
    await product.release()
  }
}

/** Mean [N] of the samples, summed in float64. */
const meanOf = ({ count, size, blocks, block }: Blocks): NdArray<'float64'> => {
  const sums = new Float64Array(size)
  for (let b = 0; b < blocks; b++) {
    const { data } = block(b)
    for (let i = 0; i < data.length; i++) sums[i % size] += Number(data[i])
  }
  return new NdArray(
    'float64',
    [size],
    sums.map((v) => v / count),
  )
}

/** Biased variances [N] of samples with that mean. */
const variancesOf = ({ count, size, blocks, block }: Blocks, mean: NdArray<'float64'>): number[] => {
  const sums = Array<number>(size).fill(0)
  for (let b = 0; b < blocks; b++) {
    const { data } = block(b)
    for (let i = 0; i < data.length; i++) sums[i % size] += (Number(data[i]) - mean.data[i % size]) ** 2
  }
  return sums.map((v) => v / count)
}

/** Mean [N] and biased covariance [N, N] of samples [S, ...event], accumulated in float64. */
export const moments = async (
  samples: NdArray | SampleRows,
  options: PpcaOptions = {},
): Promise<{ mean: NdArray<'float64'>; covariance: NdArray<'float64'> }> => {
  const all = blocksOf(samples, options)
  const { count, size, blocks, block } = all
  const mean = meanOf(all)
  const square = jit((x: Tensor, mu: Tensor) => {
    const d = sub(cast(x, 'float64'), mu)
    return mul(matmul(d, d, { transA: true }), 1 / count)
  })
  const covariance = zeros([size, size], 'float64')
  for (let i = 0; i < blocks; i++) addTo(covariance.data, await square(block(i), mean))
  await square.release()
  return { mean, covariance }
}

/**
 * Whether a fit takes passes over the samples: both matrices are too large, and the columns that passes work
 * with are few beside them.
 */
export const isByPasses = (
  { count, size }: { readonly count: number; readonly size: number },
  rank: number,
  largest = LARGEST_MATRIX,
): boolean => {
  const side = Math.min(count, size)
  return side > largest && 3 * widthFor(rank, size) < side
}

/**
 * PPCA of samples, through their covariance or their Gram matrix, whichever is smaller; where both are large,
 * its leading eigenpairs by LOBPCG, to a residual of 1e-3 of each eigenvalue (DiEM: LOBPCG too).
 *
 * @param samples - [S, ...event] with N entries each: an array, or rows that are read block by block
 * @param rank - 1 … N; with rank N the variance outside the factor is 1e-6
 * @throws TweedieError `input` for an impossible rank
 *
 * @example
 * ```ts
 * const { mean, covariance } = await ppca(samples, 64)
 * ```
 */
export const ppca = async (
  samples: NdArray | SampleRows,
  rank: number,
  options: PpcaOptions = {},
): Promise<PpcaGaussian> => {
  const { largest } = options
  const all = blocksOf(samples, options)
  checkRank(rank, all.size)
  if (isByPasses(all, rank, largest)) return ppcaByPasses(blocksOf(samples, options, PASS_ENTRIES), rank)
  if (all.count < all.size) return ppcaOfFew(all, rank)
  const { mean, covariance } = await moments(samples, options)
  return ppcaOfMoments(mean, covariance, rank)
}
