/** Gaussian noise n ~ N(0, Σy) of an observation. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { dense, matrixOf } from '../linalg/index.ts'
import {
  add,
  constant,
  div,
  log,
  matmul,
  maximum,
  mul,
  NdArray,
  reshape,
  sizeOf,
  sqrt,
  square,
  sum,
  sumRows,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'

/** Gaussian noise of an observation y [B, ...], by products with its covariance. */
export interface Noise {
  readonly name: string
  /** Σy v. */
  apply(v: Tensor): Tensor
  /** L z with L Lᵀ = Σy: noise, of standard normal z like y. */
  factor(z: Tensor): Tensor
  /** Σy⁻¹ v. */
  inverse(v: Tensor): Tensor
  /** ln det Σy of observations like y. */
  logDet(y: Tensor): number | Tensor
  /** s of Σy = s² I, where the noise is of that kind. */
  readonly std?: number
}

/** Σy = s² I. @param std - s > 0, in the units of the prior */
export const isotropicNoise = (std: number): Noise => ({
  name: 'isotropic',
  std,
  apply: (v) => mul(v, std * std),
  factor: (z) => mul(z, std),
  inverse: (v) => mul(v, 1 / (std * std)),
  logDet: (y) => 2 * sizeOf(y.shape.slice(1)) * Math.log(std),
})

/** Σy = diag(s²). @param std - [...event of y] or [B, ...event of y], each > 0, same dtype as the observations */
export const diagonalNoise = (std: Tensor | NdArray): Noise => {
  const s = 'data' in std ? constant(std) : std
  return {
    name: 'diagonal',
    apply: (v) => mul(v, square(s)),
    factor: (z) => mul(z, s),
    inverse: (v) => div(v, square(s)),
    logDet: (y) => {
      const each = log(square(s))
      const own = each.shape.length === y.shape.length
      return own ? sumRows(each) : sum(each)
    },
  }
}

/** Eigenvectors Q [M, r] and eigenvalues of V Vᵀ that are not 0, by those of VᵀV. */
const spectrumOf = (V: Matrix): { Q: Matrix; values: number[] } => {
  const { realEigenvalues, eigenvectorMatrix: W } = new EigenvalueDecomposition(V.transpose().mmul(V), {
    assumeSymmetric: true,
  })
  const largest = Math.max(...realEigenvalues)
  const kept = realEigenvalues.flatMap((value, i) => (value > 1e-14 * largest ? [i] : []))
  const Q = V.mmul(W.subMatrixColumn(kept))
  for (const [column, i] of kept.entries()) Q.mulColumn(column, 1 / Math.sqrt(realEigenvalues[i]))
  return { Q, values: kept.map((i) => realEigenvalues[i]) }
}

/**
 * Σy = diag(s²) + U Uᵀ: noise of each entry, and r patterns of it that entries share. With V = diag(1/s) U = Q Λ^½ Wᵀ, functions of
 * I + V Vᵀ act on the r columns of Q alone.
 *
 * @param std - [...event of y], each > 0
 * @param patterns - U, [r, ...event of y]
 * @throws TweedieError `shape` when the two do not fit
 *
 * @example
 * ```ts
 * const noise = lowRankNoise(full([1, 28, 28], 0.05), drift) // drift [2, 1, 28, 28]
 * ```
 */
export const lowRankNoise = (std: NdArray, patterns: NdArray): Noise => {
  const [rank, ...event] = patterns.shape
  if (String(event) !== String(std.shape))
    shapeError('lowRankNoise', `patterns [${patterns.shape}] do not fit standard deviations [${std.shape}]`)
  const s = toNumbers(std)
  const U = Matrix.from1DArray(rank, std.size, toNumbers(patterns)).transpose()
  const V = Matrix.diag(s.map((v) => 1 / v)).mmul(U)
  const { Q, values } = spectrumOf(V)
  const columns = dense(matrixOf(std.size, values.length, (i, j) => Q.get(i, j)))
  const scale = dense(new NdArray('float64', std.shape, Float64Array.from(s)))
  /** (I + Q (f(1 + Λ) − 1) Qᵀ) v. */
  const spectral = (f: (eigenvalue: number) => number) => {
    const gains = dense(matrixOf(1, values.length, (_, j) => f(1 + values[j]) - 1))
    return (v: Tensor): Tensor => {
      const flat = reshape(v, [v.shape[0], -1])
      const inside = mul(matmul(flat, columns(v)), gains(v))
      return add(v, reshape(matmul(inside, columns(v), { transB: true }), v.shape))
    }
  }
  const [square1, root, inverted] = [spectral((e) => e), spectral(Math.sqrt), spectral((e) => 1 / e)]
  return {
    name: 'low-rank',
    apply: (v) => mul(square1(mul(v, scale(v))), scale(v)),
    factor: (z) => mul(root(z), scale(z)),
    inverse: (v) => div(inverted(div(v, scale(v))), scale(v)),
    logDet: () =>
      2 * s.reduce((total, v) => total + Math.log(v), 0) +
      values.reduce((total, e) => total + Math.log1p(e), 0),
  }
}

/**
 * Shot noise of a detector by its Gaussian approximation: counts are Poisson with mean `photons` · A x, of variance
 * `photons` · A x ≈ `photons` · y. So Σy = diag(max(y, 1/photons)/photons + s²): good from about ten counts on; below, the true
 * distribution is skewed and this one is not.
 *
 * @param y - the observation, in units where 0 is dark
 * @param photons - counts of an entry of value 1, > 0
 * @param floor - s, standard deviation of what else there is, ≥ 0; default 0
 */
export const poissonNoise = (y: Tensor, photons: number, floor = 0): Noise => ({
  ...diagonalNoise(sqrt(add(mul(maximum(y, 1 / photons), 1 / photons), floor * floor))),
  name: 'poisson, by its Gaussian approximation',
})
