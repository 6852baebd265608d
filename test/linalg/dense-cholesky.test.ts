import { determinant, Matrix, solve } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { denseCholesky } from '../../src/linalg/index.ts'
import { wave } from '../numbers.ts'

const n = 7
const B = Matrix.from1DArray(n, n, wave(n * n, 3))
const C = B.mmul(B.transpose()).add(Matrix.eye(n))

describe('Cholesky outside programs', () => {
  it('solves, multiplies by the root, and knows the determinant', () => {
    const found = denseCholesky(Float64Array.from(C.to1DArray()), n)
    const b = wave(n, 5)
    const wanted = solve(C, Matrix.columnVector(b)).to1DArray()
    Array.from(found.solve(b)).forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i], 10)
    })
    expect(found.logDet).toBeCloseTo(Math.log(determinant(C)), 10)
    const columns = Array.from({ length: n }, (_, j) =>
      Array.from(found.times(Array.from({ length: n }, (_, i) => (i === j ? 1 : 0)))),
    )
    const L = new Matrix(columns).transpose()
    expect(Matrix.sub(L.mmul(L.transpose()), C).norm()).toBeLessThan(1e-12)
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(L.get(i, j)).toBe(0)
  })

  it('refuses what is not definite, and takes what is nearly', () => {
    const twice = Float64Array.of(1, 1, 1, 1)
    expect(() => denseCholesky(twice, 2)).toThrow(/pivot 1 of 2 is 0; not positive definite/)
    const [a, b] = denseCholesky(twice, 2, { semidefinite: true }).times([1, 0])
    expect([a, b]).toEqual([1, 1])
  })
})
