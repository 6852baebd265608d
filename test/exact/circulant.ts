/**
 * A Gaussian prior with linear observations, whose posterior is known: 32 dimensions, zero mean, circulant
 * covariance with spectrum 1/(1 + |f|)², f the signed index of the discrete Fourier transform.
 */
import { inverse, Matrix } from 'ml-matrix'
import type { Gaussian } from '../../src/diffusion/index.ts'
import { normal, permutation, stream } from '../../src/random/index.ts'
import { ndarray, toNumbers, zeros } from '../../src/tensor/index.ts'

/** Dimensions of the latent. */
export const SIZE = 32

const spectrum = (f: number): number => 1 / (1 + Math.abs(f)) ** 2

/** √λ times the real Fourier vector of each frequency, in columns: S = U Uᵀ. */
const halves = (): number[][] => {
  const wave = (f: number, angle: (phase: number) => number, norm: number) =>
    Array.from({ length: SIZE }, (_, i) => Math.sqrt(norm / SIZE) * angle((2 * Math.PI * f * i) / SIZE))
  const middle = SIZE / 2
  const columns = [
    { f: 0, v: wave(0, Math.cos, 1) },
    { f: middle, v: wave(middle, Math.cos, 1) },
  ]
  for (let f = 1; f < middle; f++) {
    columns.push({ f, v: wave(f, Math.cos, 2) }, { f, v: wave(f, Math.sin, 2) })
  }
  return columns.map(({ f, v }) => v.map((x) => x * Math.sqrt(spectrum(f))))
}

/** S, [32, 32]. */
export const covariance = (): Matrix => {
  const u = new Matrix(halves()).transpose()
  return u.mmul(u.transpose())
}

/**
 * The prior in the form that its denoiser takes: the smallest eigenvalue times I, plus the
 * rest along the eigenvectors.
 */
export const prior = (): Gaussian => {
  const floor = spectrum(SIZE / 2)
  const columns = halves().map((v) => {
    const power = v.reduce((sum, x) => sum + x * x, 0)
    return v.map((x) => x * Math.sqrt(Math.max(0, 1 - floor / power)))
  })
  return {
    mean: zeros([SIZE], 'float64'),
    covariance: {
      kind: 'lowRank',
      variance: floor,
      factor: ndarray(new Matrix(columns).transpose().to1DArray(), [SIZE, SIZE], 'float64'),
    },
  }
}

/** An observation: y = A x + noise · n. */
export interface Problem {
  readonly name: string
  /** [m, 32]. */
  readonly A: Matrix
  readonly noise: number
}

const blur = (): Matrix => {
  const width = 1.5
  const kernel = Array.from({ length: SIZE }, (_, i) =>
    Math.exp(-(Math.min(i, SIZE - i) ** 2) / (2 * width ** 2)),
  )
  const total = kernel.reduce((a, b) => a + b)
  return new Matrix(
    Array.from({ length: SIZE }, (_, i) =>
      Array.from({ length: SIZE }, (_, j) => kernel[(i - j + SIZE) % SIZE] / total),
    ),
  )
}

/** The identity without the rows that are not seen. */
const kept = (count: number): Matrix => {
  const order = toNumbers(permutation(stream(0, `kept ${count}`), SIZE))
  return new Matrix(
    order.slice(0, count).map((i) => Array.from({ length: SIZE }, (_, j) => (i === j ? 1 : 0))),
  )
}

/** The three observations of the gates. */
export const problems = (): Problem[] => [
  { name: 'blur', A: blur(), noise: 0.05 },
  { name: 'mask 50 %', A: kept(SIZE / 2), noise: 0.1 },
  { name: 'kept 25 %', A: kept(SIZE / 4), noise: 0.01 },
]

/** The exact posterior: mean K y, covariance C; and Σ of y. */
export const posterior = ({ A, noise }: Problem): { K: Matrix; C: Matrix; Y: Matrix } => {
  const S = covariance()
  const Y = A.mmul(S)
    .mmul(A.transpose())
    .add(Matrix.eye(A.rows).mul(noise ** 2))
  const K = S.mmul(A.transpose()).mmul(inverse(Y))
  return { K, C: Matrix.sub(S, K.mmul(A).mmul(S)), Y }
}

/**
 * E[x | xt, y] = P (Aᵀ y/s² + xt/σ²), P = (S⁻¹ + AᵀA/s² + I/σ²)⁻¹: the truth of the
 * guided denoiser, as two maps.
 */
export const guidedTruth = ({ A, noise }: Problem, sigma: number): { ofX: Matrix; ofY: Matrix } => {
  const P = inverse(
    inverse(covariance())
      .add(
        A.transpose()
          .mmul(A)
          .div(noise ** 2),
      )
      .add(Matrix.eye(SIZE).div(sigma ** 2)),
  )
  return { ofX: Matrix.div(P, sigma ** 2), ofY: P.mmul(A.transpose()).div(noise ** 2) }
}

/** One draw of y by the model itself. */
export const drawn = ({ A, noise }: Problem, seed: number): number[] => {
  const z = toNumbers(normal(stream(seed, 'latent'), [SIZE]))
  const x = new Matrix(halves()).transpose().mmul(Matrix.columnVector(z))
  const n = Matrix.columnVector(toNumbers(normal(stream(seed, 'noise'), [A.rows])))
  return A.mmul(x).add(n.mul(noise)).to1DArray()
}
