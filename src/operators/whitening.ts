/**
 * Correlated noise, made white when data are packed: with the covariance Σ = L Lᴴ of n in y = A x + n,
 *
 *     y' = s L⁻¹ y,   A' = s L⁻¹ A,   noise of y': s,
 *
 * where s is the root of the mean variance, so that y' has about the size of y.
 */
import { TweedieError } from '../error.ts'
import { type ComplexMatrix, denseCholesky, whiteningMatrix } from '../linalg/index.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'

/** Observations, the parameter that makes them, and the standard deviation of their noise, now white. */
export interface Whitened {
  readonly y: NdArray<'float32'>
  readonly parameter: NdArray<'float32'>
  readonly noise: number
}

const trace = ({ re }: ComplexMatrix, n: number): number =>
  Array.from({ length: n }, (_, i) => re[i * n + i]).reduce((a, b) => a + b, 0)

/** Columns of `count` matrices [m, d], one after the other, through a function. */
const byColumns = (
  { data, shape }: NdArray<'float32'>,
  m: number,
  through: (column: Float64Array) => Float64Array,
): NdArray<'float32'> => {
  const d = sizeOf(shape.slice(2))
  const out = new Float32Array(data.length)
  const column = new Float64Array(m)
  for (let from = 0; from < data.length; from += m * d)
    for (let j = 0; j < d; j++) {
      for (let i = 0; i < m; i++) column[i] = data[from + i * d + j]
      through(column).forEach((v, i) => {
        out[from + i * d + j] = v
      })
    }
  return new NdArray('float32', shape, out)
}

/**
 * Vectors y = A x.
 *
 * @param y - [N, M]
 * @param matrix - A, [N, M, D] or [1, M, D]
 * @param covariance - Σ [M, M], real
 * @throws TweedieError `input` for complex covariances, `numeric` when Σ is not positive definite
 */
export const whitenedVectors = (
  y: NdArray<'float32'>,
  matrix: NdArray<'float32'>,
  covariance: ComplexMatrix,
): Whitened => {
  const m = y.shape[1]
  if (covariance.im.some((v) => v !== 0))
    throw new TweedieError('input', 'the covariance of vectors must be real')
  const { whiten } = denseCholesky(covariance.re, m)
  const noise = Math.sqrt(trace(covariance, m) / m)
  const scaled = (column: Float64Array) => whiten(column).map((v) => noise * v)
  return { y: byColumns(y, m, scaled), parameter: byColumns(matrix, m, scaled), noise }
}

/** Coils of [N, 2K, ...], real parts first, mixed by a complex matrix [K, K]. */
const mixed = (
  { data, shape }: NdArray<'float32'>,
  { re, im }: ComplexMatrix,
  factor: number,
): NdArray<'float32'> => {
  const coils = shape[1] / 2
  const size = sizeOf(shape.slice(2))
  const out = new Float32Array(data.length)
  for (let from = 0; from < data.length; from += 2 * coils * size)
    for (let i = 0; i < coils; i++)
      for (let k = 0; k < coils; k++) {
        const [a, b] = [factor * re[i * coils + k], factor * im[i * coils + k]]
        const [real, imaginary] = [from + k * size, from + (coils + k) * size]
        const [to, toImaginary] = [from + i * size, from + (coils + i) * size]
        for (let p = 0; p < size; p++) {
          out[to + p] += a * data[real + p] - b * data[imaginary + p]
          out[toImaginary + p] += a * data[imaginary + p] + b * data[real + p]
        }
      }
  return new NdArray('float32', shape, out)
}

/**
 * Several coils y_c = m ∘ F(s_c x): L⁻¹ mixes coils, and so commutes with m and F (Pruessmann et al. 2001).
 *
 * @param y - [N, 2K, H, W], real parts first
 * @param sensitivity - s, [N, 2K, H, W] or [1, 2K, H, W]
 * @param covariance - Σ = E[n nᴴ] [K, K] of complex noise, twice the variance of a part on its diagonal
 * @throws TweedieError `numeric` when Σ is not positive definite
 */
export const whitenedCoils = (
  y: NdArray<'float32'>,
  sensitivity: NdArray<'float32'>,
  covariance: ComplexMatrix,
): Whitened => {
  const coils = y.shape[1] / 2
  const W = whiteningMatrix(covariance, coils)
  const rms = Math.sqrt(trace(covariance, coils) / coils)
  return {
    y: mixed(y, W, rms),
    parameter: mixed(sensitivity, W, rms),
    noise: rms / Math.SQRT2, // of each part
  }
}
