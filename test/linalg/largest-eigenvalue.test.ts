import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { largestEigenvalue } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { constant, jit, matmul, mul, type Tensor, toNumbers, zeros } from '../../src/tensor/index.ts'
import { f64 } from '../numbers.ts'

const n = 24

describe('the largest eigenvalue by six products', () => {
  it('is never above it, nor below half of it: a step of 1/it contracts', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const half = Matrix.from1DArray(n / 2, n, toNumbers(normal(stream(seed, 'matrix'), [n / 2, n])))
      const C = half.transpose().mmul(half)
      const program = jit((x: Tensor) =>
        largestEigenvalue((v) => matmul(v, constant(f64(C.to1DArray(), [n, n]))), x),
      )
      const [got] = toNumbers(await program(zeros([1, n], 'float64')))
      await program.release()
      const want = Math.max(...new EigenvalueDecomposition(C, { assumeSymmetric: true }).realEigenvalues)
      expect(got / want).toBeLessThan(1 + 1e-12)
      expect(got / want).toBeGreaterThan(0.5)
    }
  })

  it('of a multiple of a projection is that multiple; each row has its own; of 0 it is 0', async () => {
    const program = jit((x: Tensor, m: Tensor) => largestEigenvalue((v) => mul(v, m), x))
    const m = f64([0, 3, 3, 0, 0, 2, 0, 0, 0], [3, 3])
    const found = await program(zeros([3, 3], 'float64'), m)
    await program.release()
    expect(found.shape).toEqual([3, 1])
    expect(toNumbers(found).map((v) => Math.round(v * 1e12) / 1e12)).toEqual([3, 2, 0])
  })
})
