/** Whitened data have the likelihood of those with the covariance, exactly. */
import { describe, expect, it } from 'vitest'
import { whiteningMatrix } from '../../src/linalg/index.ts'
import { whitenedCoils, whitenedVectors } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import type { NdArray } from '../../src/tensor/index.ts'

const draw = (name: string, shape: number[]) => normal(stream(3, name), shape)

describe('whitenedVectors', () => {
  it('keeps rᵀ Σ⁻¹ r of residuals', () => {
    const [y, A, x] = [draw('y', [1, 2]), draw('A', [1, 2, 3]), draw('x', [3]).data]
    const [a, b, c] = [2, 0.6, 0.5] // Σ = [[a, b], [b, c]]
    const white = whitenedVectors(y, A, { re: Float64Array.of(a, b, b, c), im: new Float64Array(4) })
    const residual = (from: NdArray<'float32'>, matrix: NdArray<'float32'>) =>
      [0, 1].map((i) => [0, 1, 2].reduce((sum, j) => sum - matrix.data[i * 3 + j] * x[j], from.data[i]))
    const [p, q] = residual(y, A)
    const want = (c * p * p - 2 * b * p * q + a * q * q) / (a * c - b * b)
    const [r, s] = residual(white.y, white.parameter)
    expect((r * r + s * s) / white.noise ** 2).toBeCloseTo(want, 4)
    expect(white.noise).toBeCloseTo(Math.sqrt((a + c) / 2), 12)
  })
})

describe('whitenedCoils', () => {
  it('keeps rᴴ Σ⁻¹ r of complex residuals, which is half the sum of squares of the parts', () => {
    const [y, s] = [draw('k', [1, 4, 1, 1]), draw('s', [1, 4, 1, 1])] // two coils, one pixel: F is 1
    const [a, re, im, c] = [2, 0.4, 0.5, 0.8] // Σ = [[a, re + i im], [re − i im, c]]
    const covariance = { re: Float64Array.of(a, re, re, c), im: Float64Array.of(0, im, -im, 0) }
    const white = whitenedCoils(y, s, covariance)
    const x = 0.7
    const residual = (from: NdArray<'float32'>, maps: NdArray<'float32'>) =>
      Array.from(from.data, (v, i) => v - x * maps.data[i])
    const [p, q, pi, qi] = residual(y, s)
    const cross = 2 * (re * (p * q + pi * qi) - im * (p * qi - pi * q))
    const want = (c * (p * p + pi * pi) + a * (q * q + qi * qi) - cross) / (a * c - re * re - im * im)
    const got = residual(white.y, white.parameter).reduce((sum, r) => sum + r * r, 0) / (2 * white.noise ** 2)
    expect(got).toBeCloseTo(want, 4)
  })
})

describe('whiteningMatrix', () => {
  it('is W with W C Wᴴ = I', () => {
    const n = 3
    const [R, S] = [draw('R', [n, n]).data, draw('S', [n, n]).data]
    const [re, im] = [new Float64Array(n * n), new Float64Array(n * n)]
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        for (let k = 0; k < n; k++) {
          re[i * n + j] += R[i * n + k] * R[j * n + k] + S[i * n + k] * S[j * n + k]
          im[i * n + j] += S[i * n + k] * R[j * n + k] - R[i * n + k] * S[j * n + k]
        }
    const W = whiteningMatrix({ re, im }, n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let [a, b] = [0, 0]
        for (let k = 0; k < n; k++)
          for (let l = 0; l < n; l++) {
            const [wr, wi, vr, vi] = [W.re[i * n + k], W.im[i * n + k], W.re[j * n + l], -W.im[j * n + l]]
            const [cr, ci] = [
              wr * re[k * n + l] - wi * im[k * n + l],
              wr * im[k * n + l] + wi * re[k * n + l],
            ]
            a += cr * vr - ci * vi
            b += cr * vi + ci * vr
          }
        expect(a).toBeCloseTo(i === j ? 1 : 0, 9)
        expect(b).toBeCloseTo(0, 9)
      }
  })

  it('refuses singular covariances', () => {
    const one = { re: Float64Array.of(1, 1, 1, 1), im: new Float64Array(4) }
    expect(() => whiteningMatrix(one, 2)).toThrow(/pivot 1 of 2 is 0; not positive definite/)
  })
})
