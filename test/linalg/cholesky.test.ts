import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { expect, it } from 'vitest'
import { cholesky } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

it.each([1, 2, 7])('Cholesky factors of %i rows agree with ml-matrix, each of its batch', async (r) => {
  const matrices = [0, 1, 2].map((i) => {
    const V = Matrix.from1DArray(r + 2, r, toNumbers(normal(stream(i, 'V'), [r + 2, r])))
    return V.transpose().mmul(V)
  })
  const K = ndarray(
    matrices.flatMap((M) => M.to1DArray()),
    [3, r, r],
    'float64',
  )
  const program = jit((K: Tensor) => cholesky(K))
  const { L, logDet } = await program(K)
  await program.release()
  const wanted = matrices.map((M) => new CholeskyDecomposition(M).lowerTriangularMatrix)
  const logs = wanted.map((M) => M.diagonal().reduce((sum, v) => sum + Math.log(v), 0))
  expectClose(
    toNumbers(L),
    wanted.flatMap((M) => M.to1DArray()),
    1e-12,
  )
  expect(logDet.shape).toEqual([3, 1, 1])
  expectClose(toNumbers(logDet), logs, 1e-12)
})
