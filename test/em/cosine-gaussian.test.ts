/** Gaussians in cosines against their matrices, and against the fields that samples were drawn from. */
import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { cosinePpca, cosineSpectrum, fieldInCosines, variesAlike } from '../../src/em/cosine-gaussian.ts'
import { kernels } from '../../src/em/matern.ts'
import { cosine, cosineBasis, covarianceFactor, covarianceMatrix, diagonal } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const [h, w] = [4, 6]
const n = h * w

const basisOf = (size: number): Matrix => Matrix.from1DArray(size, size, toNumbers(cosineBasis(size)))
const basis = basisOf(h).kroneckerProduct(basisOf(w))

/** Correlations of the places of the grid. */
const R = (kernel: keyof typeof kernels, range: number): Matrix =>
  Matrix.zeros(n, n).apply(function (this: Matrix, i, j) {
    const d = Math.hypot(Math.floor(i / w) - Math.floor(j / w), (i % w) - (j % w))
    this.set(i, j, kernels[kernel](d / range))
  })

describe('a field in cosines', () => {
  it.each(['exponential', 'matern32'] as const)('has the diagonal of Bᵀ R B: %s', (kernel) => {
    const dense = basis.mmul(R(kernel, 2.5)).mmul(basis.transpose())
    expectClose(cosineSpectrum([h, w], kernels[kernel], 2.5), dense.diagonal(), 1e-10)
  })

  it('keeps the variances of factors and of a field that channels share', () => {
    const factor = Float64Array.from(toNumbers(normal(stream(0, 'factor'), [2 * n, 20])))
    const variance = new Float64Array(2 * n).fill(0.4)
    const mean = new Float64Array(2 * n)
    const field = { kernel: 'exponential', range: 2, share: 0.7, scale: 1.2, channels: 0.5 } as const
    const { covariance } = fieldInCosines([2, h, w], { mean, variance, factor }, field)
    const found = Matrix.from1DArray(2 * n, 2 * n, toNumbers(covarianceMatrix(covariance, 2 * n)))
    const U = Matrix.from1DArray(2 * n, 20, Array.from(factor))
    const total = U.mmul(U.transpose()).trace() + 2 * n * 0.4 * 1.2
    expect(found.trace()).toBeCloseTo(total, 3)
    if (covariance.kind !== 'cosine' || covariance.within.kind !== 'lowRank')
      throw new Error('cosines and columns')
    expect(covariance.within.factor.shape).toEqual([2 * n, 16])
    // Two channels share half of what the field is at a place.
    const alone = fieldInCosines([2, h, w], { mean, variance, factor: new Float64Array(0) }, field).covariance
    const M = Matrix.from1DArray(2 * n, 2 * n, toNumbers(covarianceMatrix(alone, 2 * n)))
    const cross = Array.from({ length: n }, (_, p) => M.get(p, p + n)).reduce((a, b) => a + b) / n
    expect(cross).toBeCloseTo(0.4 * 1.2 * 0.7 * 0.5, 4)
  })

  it('asks for entries that vary alike', () => {
    expect(variesAlike(Float64Array.from([1, 1.2, 0.9]))).toBe(true)
    expect(variesAlike(Float64Array.from([1, 0.01, 3]))).toBe(false)
  })
})

describe('PPCA beside a field', () => {
  it('finds the field and the factor that samples were drawn from', async () => {
    const [count, side] = [1500, 12]
    const size = side * side
    const event = [1, side, side]
    const law = (p: number) => {
      const k = Math.hypot(Math.floor(p / side), p % side) / side
      return 1 / (0.05 + k * k)
    }
    const field = cosine(
      event,
      diagonal(
        ndarray(
          Array.from({ length: size }, (_, p) => law(p)),
          [size],
        ),
      ),
    )
    const draw = jit((z: Tensor) => covarianceFactor(field, z))
    const z = normal(stream(1, 'field'), [count, ...event])
    const shared = toNumbers(normal(stream(1, 'shared'), [count]))
    const bump = (p: number) => (Math.abs((p % side) - 3) < 2 && p < 4 * side ? 9 : 0)
    const samples = toNumbers(await draw(z)).map(
      (v, i) => v + 5 + shared[Math.floor(i / size)] * bump(i % size),
    )
    await draw.release()
    const { mean, covariance } = await cosinePpca(ndarray(samples, [count, ...event]), 1)
    const level = toNumbers(mean).reduce((a, b) => a + b) / size
    expect(Math.abs(level - 5)).toBeLessThan(0.5)
    const matrix = Matrix.from1DArray(size, size, toNumbers(covarianceMatrix(covariance, size)))
    const pattern = Array.from({ length: size }, (_, p) => bump(p))
    const norm = Math.hypot(...pattern)
    const unit = Matrix.columnVector(pattern.map((b) => b / norm))
    const along = unit.transpose().mmul(matrix).mmul(unit).get(0, 0)
    const fields = Matrix.from1DArray(size, size, toNumbers(covarianceMatrix(field, size)))
    const want = unit.transpose().mmul(fields).mmul(unit).get(0, 0) + norm ** 2
    expect(Math.abs(along / want - 1)).toBeLessThan(0.15)
    const elsewhere = [100, 110, 130]
    for (const p of elsewhere) expect(Math.abs(matrix.get(p, p) / fields.get(p, p) - 1)).toBeLessThan(0.25)
    expect(matrix.get(100, 101) / fields.get(100, 101)).toBeCloseTo(1, 0)
  })
})
