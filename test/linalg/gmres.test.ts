import { inverse, Matrix, solve } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { gmres } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  add,
  constant,
  jit,
  matmul,
  mul,
  ndarray,
  sub,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { answers, dense, systems } from '../exact/solving.ts'

/** C = s² I + w L Lᵀ, L a matrix of ones below the diagonal: 8 iterations of 64 solve it for a small w. */
const SIZE = 64
const ones = (lower: boolean) =>
  ndarray(
    Array.from({ length: SIZE ** 2 }, (_, i) =>
      Number(lower ? i % SIZE <= Math.floor(i / SIZE) : i % SIZE >= Math.floor(i / SIZE)),
    ),
    [SIZE, SIZE],
    'float64',
  )

it.each([8, 12, 30, 60])('%i iterations stay at a solution that 8 find', async (iterations) => {
  const b = ndarray(toNumbers(normal(stream(0, 'b'), [4, SIZE])), [4, SIZE], 'float64')
  const residual = jit((b: Tensor, lower: Tensor, upper: Tensor) => {
    const C = (v: Tensor) => add(mul(v, 0.0625), mul(matmul(matmul(v, lower), upper), 1e-4))
    return sub(C(gmres({ iterations })(C, b)), b)
  })
  const left = toNumbers(await residual(b, ones(true), ones(false)))
  await residual.release()
  // Without a stop, rounding became basis vectors, and the answer was off by several times b.
  expect(Math.hypot(...left) / Math.hypot(...toNumbers(b))).toBeLessThan(1e-6)
})

describe('preconditioned', () => {
  const { matrices, b } = systems('shifted', { batch: 1 })
  const problem = { matrices, b }
  const [truth] = dense(problem)
  const n = truth.length
  const by = (values: readonly number[]) => {
    const P = constant(ndarray(values, [n, n], 'float64'))
    return (v: Tensor) => matmul(v, P)
  }
  const inverted = inverse(matrices[0]).transpose()
  const gap = async (iterations: number, values: readonly number[]) => {
    const [u] = await answers(gmres({ iterations, ridge: 0, precondition: by(values) }), problem)
    return Math.max(...u.map((v, i) => Math.abs(v - truth[i])))
  }

  it('by the inverse it needs one iteration, by another matrix as many as without', async () => {
    expect(await gap(1, inverted.to1DArray())).toBeLessThan(1e-12)
    const other = systems('shifted', { batch: 1, seed: 7 }).matrices[0].to1DArray()
    expect(await gap(n, other)).toBeLessThan(1e-10)
    expect(await gap(n - 1, other)).toBeGreaterThan(1e-6)
  })

  it('the residual is the least of all that P and C P span', async () => {
    // Two iterations: u = a P b + c P C P b, by least squares.
    const P = systems('definite', { batch: 1, seed: 3 }).matrices[0]
    const [C] = matrices
    const column = Matrix.columnVector([...b[0]])
    const first = P.transpose().mmul(column)
    const span = new Matrix([first.to1DArray(), P.transpose().mmul(C.mmul(first)).to1DArray()]).transpose()
    const least = span.mmul(solve(C.mmul(span), column, true)).to1DArray()
    const [u] = await answers(gmres({ iterations: 2, ridge: 0, precondition: by(P.to1DArray()) }), problem)
    for (const [i, v] of u.entries()) expect(v).toBeCloseTo(least[i], 10)
  })
})
