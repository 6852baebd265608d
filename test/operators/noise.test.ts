/** Noise against dense matrices. */
import { CholeskyDecomposition, determinant, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  type Covariance,
  covarianceFactor,
  covarianceInverse,
  covarianceLogDet,
  covarianceTimes,
} from '../../src/linalg/index.ts'
import { diagonalNoise, isotropicNoise, lowRankNoise, poissonNoise } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { constant, jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64 } from '../numbers.ts'

const M = 6
const std = f64([0.5, 1, 2, 0.3, 0.7, 1.5], [2, 3])
const patterns = f64(toNumbers(normal(stream(0, 'patterns'), [2, 2, 3])), [2, 2, 3])
const squares = Matrix.diag(toNumbers(std).map((s) => s * s))
const U = Matrix.from1DArray(2, M, toNumbers(patterns)).transpose()
const y = f64([0, 2, 0.5, -1, 1, 4], [1, 2, 3])
const shot = toNumbers(y).map((v) => Math.max(v, 0.02) / 50 + 0.01)

const cases: readonly { name: string; noise: Covariance; dense: Matrix }[] = [
  { name: 'isotropic', noise: isotropicNoise(0.3), dense: Matrix.eye(M, M, 0.09) },
  { name: 'diagonal', noise: diagonalNoise(std), dense: squares },
  { name: 'low-rank', noise: lowRankNoise(std, patterns), dense: Matrix.add(squares, U.mmul(U.transpose())) },
  { name: 'poisson', noise: poissonNoise(constant(y), 50, 0.1), dense: Matrix.diag(shot) },
]

describe.each(cases)('$name noise', ({ noise, dense }) => {
  /** The matrix of a linear map of y, from its columns. */
  const matrixOf = async (map: (v: Tensor) => Tensor): Promise<Matrix> => {
    const columns: number[][] = []
    const program = jit(map)
    for (let j = 0; j < M; j++) {
      columns.push(
        toNumbers(
          await program(
            f64(
              Array.from({ length: M }, (_, i) => (i === j ? 1 : 0)),
              [1, 2, 3],
            ),
          ),
        ),
      )
    }
    await program.release()
    return new Matrix(columns).transpose()
  }

  it('multiplies by its covariance and its inverse', async () => {
    expectClose((await matrixOf((v) => covarianceTimes(noise, v))).to1DArray(), dense.to1DArray(), 1e-12)
    const inverse = new CholeskyDecomposition(dense).solve(Matrix.eye(M))
    expectClose((await matrixOf((v) => covarianceInverse(noise, v))).to1DArray(), inverse.to1DArray(), 1e-10)
  })

  it('has a factor L with L Lᵀ = Σ', async () => {
    const L = await matrixOf((z) => covarianceFactor(noise, z))
    expectClose(L.mmul(L.transpose()).to1DArray(), dense.to1DArray(), 1e-12)
  })

  it('knows the determinant', async () => {
    const logDet = covarianceLogDet(noise, constant(y))
    const value = typeof logDet === 'number' ? logDet : toNumbers(await jit((_: Tensor) => logDet)(y))[0]
    expect(value).toBeCloseTo(Math.log(determinant(dense)), 10)
  })
})

it('patterns must fit', () => {
  expect(() => lowRankNoise(std, f64([1, 2, 3], [1, 3]))).toThrow(
    /patterns \[1,3\] do not fit standard deviations \[2,3\]/,
  )
})

describe('noise that is not positive is refused', () => {
  it.each([0, -0.1, Number.NaN, Number.POSITIVE_INFINITY])('%s', (std) => {
    const message = `noise: the standard deviation must be positive, got ${std}`
    expect(() => isotropicNoise(std)).toThrow(message)
    const stds = f64([0.1, std, 0.2])
    expect(() => diagonalNoise(stds)).toThrow(`${message} at entry 1`)
    expect(() => diagonalNoise(constant(stds))).toThrow(`${message} at entry 1`)
    expect(() => lowRankNoise(stds, f64([1, 2, 3], [1, 3]))).toThrow(`${message} at entry 1`)
    expect(() => poissonNoise(constant(y), std)).toThrow('poissonNoise: photons must be positive')
  })
})
