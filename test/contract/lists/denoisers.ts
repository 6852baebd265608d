/** Denoisers of every kind, and the covariances of Gaussian ones. A new kind joins the list. */
import { CholeskyDecomposition, determinant, inverse, Matrix } from 'ml-matrix'
import {
  type Denoiser,
  gaussianDenoiser,
  mixtureDenoiser,
  parameterizationFrom,
  preconditioned,
} from '../../../src/diffusion/index.ts'
import { type Covariance, diagonal, fullRank, isotropic, lowRank } from '../../../src/linalg/index.ts'
import { mlp, unet } from '../../../src/nn/index.ts'
import { frozen, ndarray, type Shape } from '../../../src/tensor/index.ts'
import { wave } from '../../numbers.ts'

/** Element types in which denoisers are built. */
export type Float = 'float32' | 'float64'

/** A denoiser and what is known about it. */
export interface ListedDenoiser {
  name: string
  event: Shape
  build: (dtype: Float) => Denoiser
  /** Element types it can be built in. */
  dtypes: readonly Float[]
  /** E[x | xt] in float64 by other means, for one xt. */
  exact?: (xt: number[], sigma: number) => number[]
  /** Where it goes as sigma grows. */
  far?: number[]
}

/** Entries of the Gaussians. */
export const SIZE = 6
const n = SIZE

/** Their mean. */
export const mean = wave(n, 2)
const variances = [0.5, 1, 2, 0.01, 0.3, 1.5]

/** Columns [n, 2], orthogonal, of different lengths. */
const orthogonal = [1, 0, 1, 0, 0, 0.3, 0, -0.3, 0.5, 0, -0.5, 0].map((v, i) => (i % 2 ? v : v * 0.9))
const oblique = wave(2 * n, 4)

/** U Uᵀ of columns [n, 2]. */
const outer = (u: number[]) => Matrix.from1DArray(n, 2, u).mmul(Matrix.from1DArray(n, 2, u).transpose())

const cholesky = (S: Matrix): Matrix => new CholeskyDecomposition(S).lowerTriangularMatrix

/** A dense Σ [n, n]. */
const full6 = outer(oblique).add(Matrix.diag(variances))

/** Both element types. */
export const both: readonly Float[] = ['float32', 'float64']

/** A covariance of {@link SIZE} entries, and Σ written out. */
export interface ListedCovariance {
  name: string
  of: (dtype: Float) => Covariance
  dense: Matrix
}

/** Each form of a covariance. */
export const covariances: readonly ListedCovariance[] = [
  {
    name: 'isotropic',
    of: () => isotropic(0.7),
    dense: Matrix.eye(n).mul(0.7),
  },
  {
    name: 'diagonal',
    of: (dtype) => diagonal(ndarray(variances, [n], dtype)),
    dense: Matrix.diag(variances),
  },
  {
    name: 'ppca',
    of: (dtype) => lowRank(0.04, ndarray(orthogonal, [n, 2], dtype)),
    dense: Matrix.eye(n).mul(0.04).add(outer(orthogonal)),
  },
  {
    name: 'ppca on an almost flat manifold',
    of: (dtype) => lowRank(1e-6, ndarray(orthogonal, [n, 2], dtype)),
    dense: Matrix.eye(n).mul(1e-6).add(outer(orthogonal)),
  },
  {
    name: 'lowRank',
    of: (dtype) => lowRank(ndarray(variances, [n], dtype), ndarray(oblique, [n, 2], dtype)),
    dense: Matrix.diag(variances).add(outer(oblique)),
  },
  {
    name: 'one variance and columns that are not orthogonal',
    of: (dtype) => lowRank(0.04, ndarray(oblique, [n, 2], dtype)),
    dense: Matrix.eye(n).mul(0.04).add(outer(oblique)),
  },
  {
    name: 'a Cholesky factor, almost without noise',
    of: (dtype) => lowRank(1e-4, ndarray(cholesky(full6).to1DArray(), [n, n], dtype)),
    dense: Matrix.add(full6, Matrix.eye(n).mul(1e-4)),
  },
  {
    name: 'written out',
    of: (dtype) => fullRank(ndarray(full6.to1DArray(), [n, n], dtype)),
    dense: full6,
  },
]

/** Σ (Σ + σ²I)⁻¹. */
export const gain = (sigma: number, dense: Matrix): Matrix =>
  dense.mmul(inverse(Matrix.add(dense, Matrix.eye(n).mul(sigma ** 2))))

const gaussians: ListedDenoiser[] = covariances.map(({ name, of, dense }) => ({
  name: `Gaussian, ${name}`,
  event: [2, 3],
  dtypes: both,
  build: (dtype) => gaussianDenoiser({ mean: ndarray(mean, [n], dtype), covariance: of(dtype) }),
  exact: (xt, sigma) => {
    const centred = Matrix.columnVector(xt.map((v, i) => v - mean[i]))
    return gain(sigma, dense)
      .mmul(centred)
      .to1DArray()
      .map((v, i) => v + mean[i])
  },
  far: mean,
}))

const mixture = {
  weights: [0.2, 0.5, 0.3],
  means: wave(9, 1).map((v) => 2 * v),
  variances: [0.04, 0.3, 1],
}

const mixtureMean = (xt: number[], sigma: number): number[] => {
  const components = mixture.weights.map((weight, k) => {
    const mu = mixture.means.slice(3 * k, 3 * k + 3)
    const total = mixture.variances[k] + sigma ** 2
    const distance = xt.reduce((sum, v, i) => sum + (v - mu[i]) ** 2, 0)
    const share = mixture.variances[k] / total
    return {
      log: Math.log(weight) - distance / (2 * total) - 1.5 * Math.log(total),
      mean: xt.map((v, i) => mu[i] + share * (v - mu[i])),
    }
  })
  const top = Math.max(...components.map((c) => c.log))
  const total = components.reduce((sum, c) => sum + Math.exp(c.log - top), 0)
  return xt.map((_, i) => components.reduce((sum, c) => sum + (Math.exp(c.log - top) / total) * c.mean[i], 0))
}

/** Components of three kinds of covariance, and Σ_k written out. */
const skewed = {
  weights: [0.2, 0.5, 0.3],
  means: wave(9, 3).map((v) => 2 * v),
  covariances: (dtype: Float): Covariance[] => [
    fullRank(ndarray(dense3.to1DArray(), [3, 3], dtype)),
    lowRank(0.1, ndarray([0.5, 0.8, -0.4], [3, 1], dtype)),
    isotropic(0.3),
  ],
}
const dense3 = new Matrix([
  [1, 0.6, -0.2],
  [0.6, 0.5, 0],
  [-0.2, 0, 0.3],
])
const column3 = Matrix.columnVector([0.5, 0.8, -0.4])
const skewedDense = [
  dense3,
  column3.mmul(column3.transpose()).add(Matrix.eye(3).mul(0.1)),
  Matrix.eye(3).mul(0.3),
]

const skewedMean = (xt: number[], sigma: number): number[] => {
  const components = skewedDense.map((S, k) => {
    const mu = Matrix.columnVector(skewed.means.slice(3 * k, 3 * k + 3))
    const total = Matrix.add(S, Matrix.eye(3).mul(sigma ** 2))
    const gap = Matrix.columnVector(xt).sub(mu)
    const energy = gap.transpose().mmul(inverse(total)).mmul(gap).get(0, 0)
    return {
      log: Math.log(skewed.weights[k]) - (energy + Math.log(determinant(total))) / 2,
      mean: Matrix.add(mu, S.mmul(inverse(total)).mmul(gap)),
    }
  })
  const top = Math.max(...components.map((c) => c.log))
  const raw = components.map((c) => Math.exp(c.log - top))
  const sum = raw.reduce((a, b) => a + b)
  return components
    .reduce((total, { mean }, k) => total.add(Matrix.mul(mean, raw[k] / sum)), Matrix.zeros(3, 1))
    .to1DArray()
}

const net = mlp({ features: 4, hidden: [8, 8], emb: 8 })
const imageNet = unet({ io: 2, channels: [4, 8], blocks: [1, 1], heads: [0, 2], emb: 8 })

/** Every kind of denoiser. */
export const denoisers: readonly ListedDenoiser[] = [
  ...gaussians,
  {
    name: 'mixture',
    event: [3],
    dtypes: both,
    build: (dtype) =>
      mixtureDenoiser({
        weights: ndarray(mixture.weights, [3], dtype),
        means: ndarray(mixture.means, [3, 3], dtype),
        variances: ndarray(mixture.variances, [3], dtype),
      }),
    exact: mixtureMean,
    far: [0, 1, 2].map((i) => mixture.weights.reduce((sum, w, k) => sum + w * mixture.means[3 * k + i], 0)),
  },
  {
    name: 'mixture of any covariances',
    event: [3],
    dtypes: both,
    build: (dtype) =>
      mixtureDenoiser({
        weights: ndarray(skewed.weights, [3], dtype),
        means: ndarray(skewed.means, [3, 3], dtype),
        covariances: skewed.covariances(dtype),
      }),
    exact: skewedMean,
    far: [0, 1, 2].map((i) => skewed.weights.reduce((sum, w, k) => sum + w * skewed.means[3 * k + i], 0)),
  },
  {
    name: 'preconditioned MLP',
    event: [4],
    dtypes: ['float32'],
    build: () => preconditioned(net, frozen(net.init(1))),
  },
  {
    name: 'preconditioned U-Net',
    event: [2, 4, 6],
    dtypes: ['float32'],
    build: () => preconditioned(imageNet, frozen(imageNet.init(1))),
  },
  ...['vp', 'vp:betas=linear:data=signed'].map((text) => ({
    name: `U-Net that predicts noise, ${text}`,
    event: [2, 4, 6],
    dtypes: ['float32' as const],
    build: () => parameterizationFrom(text).denoiser(imageNet, frozen(imageNet.init(1))),
  })),
]
