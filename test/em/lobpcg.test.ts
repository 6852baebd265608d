import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { lobpcg } from '../../src/em/lobpcg.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

const N = 200
const RANK = 8

const columns = (name: string, width: number): NdArray =>
  ndarray(toNumbers(normal(stream(1, name), [N, width])), [N, width], 'float64')

const matrixOf = (array: NdArray): Matrix =>
  Matrix.from1DArray(array.shape[0], array.shape[1], toNumbers(array))

const A = matrixOf(columns('basis', N))
const Q = new EigenvalueDecomposition(Matrix.add(A, A.transpose()), { assumeSymmetric: true })
  .eigenvectorMatrix

/** Q Λ Qᵀ, and how many products with it were asked for. */
const problem = (lambda: (i: number) => number) => {
  const C = Q.mmul(Matrix.diag(Array.from({ length: N }, (_, i) => lambda(i)))).mmul(Q.transpose())
  let products = 0
  const times = (q: NdArray): Promise<NdArray> => {
    products += 1
    return Promise.resolve(ndarray(C.mmul(matrixOf(q)).to1DArray(), q.shape, 'float64'))
  }
  return { C, times, products: () => products }
}

describe('LOBPCG', () => {
  it.each([
    { name: 'geometric', lambda: (i: number) => 0.5 ** i },
    { name: 'slow, like those of images', lambda: (i: number) => 1 / (1 + i) },
    { name: 'of equal pairs', lambda: (i: number) => 0.8 ** Math.floor(i / 2) },
    { name: 'nearly flat', lambda: (i: number) => 1 - i / N },
  ])('finds the leading eigenpairs of a spectrum that is $name', async ({ lambda }) => {
    const { C, times, products } = problem(lambda)
    const { values, vectors } = await lobpcg(times, columns('start', RANK + 8), RANK, {
      tolerance: 1e-6,
      passes: 100,
    })
    expect(products()).toBeLessThan(100)
    expectClose(
      [...values],
      Array.from({ length: RANK }, (_, i) => lambda(i)),
      1e-9,
    )
    const residual = Matrix.sub(C.mmul(vectors), vectors.mmul(Matrix.diag([...values])))
    expect(residual.norm()).toBeLessThan(1e-5)
    const gap = Matrix.sub(vectors.transpose().mmul(vectors), Matrix.eye(RANK))
    expect(gap.norm()).toBeLessThan(1e-9)
  })

  it('takes a matrix of less rank than is asked for', async () => {
    const { times } = problem((i) => (i < 3 ? 3 - i : 0))
    const { values } = await lobpcg(times, columns('start', RANK + 8), RANK)
    expectClose([...values], [3, 2, 1, 0, 0, 0, 0, 0], 1e-9)
  })

  it('stops after so many products', async () => {
    const { times, products } = problem((i) => 1 - i / N)
    await lobpcg(times, columns('start', RANK + 8), RANK, { tolerance: 1e-12, passes: 5 })
    expect(products()).toBe(5)
  })
})
