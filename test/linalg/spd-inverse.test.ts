import { inverse, Matrix } from 'ml-matrix'
import { expect, it } from 'vitest'
import { spdInverse } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

it.each([0, 1, 2, 7, 30])('inverts %s × %s matrices and knows their determinants', (n) => {
  const A = Matrix.from1DArray(n, n + 3, toNumbers(normal(stream(1, 'A'), [n, n + 3])))
  const C = A.mmul(A.transpose())
  const data = Float64Array.from(C.to1DArray())
  const logDet = spdInverse(data, n)
  if (n === 0) {
    expect(logDet).toBe(0)
    return
  }
  expectClose(Array.from(data), inverse(C).to1DArray(), 1e-8)
  // ln det C as the sum of the conditional variances of each entry given those before it.
  const pivots = Array.from({ length: n }, (_, k) => -Math.log(inverse(C.subMatrix(0, k, 0, k)).get(k, k)))
  expect(logDet).toBeCloseTo(
    pivots.reduce((a, b) => a + b, 0),
    8,
  )
})

it('refuses what is not positive definite', () => {
  expect(() => spdInverse(Float64Array.of(1, 2, 2, 1), 2)).toThrow('pivot 1 of 2')
})
