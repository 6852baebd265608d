import { Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { cg, exactSolve, gmres, type Solver } from '../../src/linalg/index.ts'
import { constant, input, matmul, ndarray, reshape, type Tensor } from '../../src/tensor/index.ts'
import { answers, batchGap, cgDescent, dense, type Systems, systems } from '../exact/solving.ts'
import { distance } from '../numbers.ts'
import { solvers } from './lists/solvers.ts'

const scaled = ({ matrices, b }: Systems, ofC: number, ofB: number): Systems => ({
  matrices: matrices.map((C) => Matrix.mul(C, ofC)),
  b: b.map((row) => row.map((v) => v * ofB)),
})

const relativeGap = async (solver: Solver, problem: Systems): Promise<number> => {
  const truth = dense(problem)
  const got = await answers(solver, problem)
  return Math.max(
    ...truth.map((row, i) => {
      const size = Math.hypot(...row)
      return Math.hypot(...row.map((v, j) => v - got[i][j])) / size
    }),
  )
}

/**
 * What every solver must do: agree with a dense solve where it converges, whatever the units; treat each
 * sample of a batch alone; return finite numbers on any finite system. The list is in lists/solvers.ts.
 */
describe.each(solvers)('$name', ({ of, converges }) => {
  it.each([...converges])('agrees with a dense solve on %s systems', async (kind) => {
    expect(await relativeGap(of(16), systems(kind))).toBeLessThan(1e-6)
  })

  it.each([
    { C: 1e-6, b: 1e-3 },
    { C: 1e6, b: 1 },
    { C: 1, b: 1e-9 },
  ])('in any units: C times $C, b times $b', async ({ C, b }) => {
    expect(await relativeGap(of(16), scaled(systems(converges[0]), C, b))).toBeLessThan(1e-6)
  })

  it('stays at the solution with iterations to spare', async () => {
    const problem = systems(converges[0])
    for (const iterations of [24, 48]) expect(await relativeGap(of(iterations), problem)).toBeLessThan(1e-6)
  })

  it('solves every sample on its own', async () => {
    for (const kind of ['definite', 'shifted', 'indefinite'] as const) {
      expect(await batchGap(of(5), systems(kind))).toBe(0)
    }
  })

  it('gives L u without another product with C, in a space of another rank', async () => {
    const problem = systems(converges[0])
    const [{ length: n }] = problem.b
    const weights = Array.from({ length: n * n }, (_, i) => Math.sin(1 + i))
    const by = constant(ndarray(weights, [n, n], 'float64'))
    const L = (v: Tensor) => reshape(matmul(v, by), [v.shape[0], 1, n, 1])
    const products: number[] = []
    const by4 =
      (along?: typeof L): Solver =>
      (C, b, S) => {
        let count = 0
        const counting = (v: Tensor) => {
          count++
          return C(v)
        }
        const u = reshape(of(4)(counting, b, S, along), b.shape)
        products.push(count)
        return u
      }
    const plain = await answers(by4(), problem)
    const got = await answers(by4(L), problem)
    expect(products[1]).toBe(products[0])
    for (const [i, u] of plain.entries()) {
      const wanted = u.map((_, j) => u.reduce((sum, v, k) => sum + v * weights[k * n + j], 0))
      expect(distance(got[i], wanted)).toBeLessThan(1e-9 * (1 + Math.hypot(...wanted)))
    }
  })

  it('never returns NaN on matrices that are neither symmetric nor definite', async () => {
    const fates: Systems = systems('indefinite', { batch: 100, n: 5 })
    for (const iterations of [1, 2, 5, 12]) {
      for (const dtype of ['float32', 'float64'] as const) {
        const u = (await answers(of(iterations), fates, dtype)).flat()
        expect(u.filter((v) => !Number.isFinite(v))).toEqual([])
      }
    }
  })

  it('meets degenerate systems with finite numbers', async () => {
    const matrices = [
      [0, 0, 0, 0], // C = 0
      [0, 1, -1, 0], // rotation by a quarter: b · C b = 0
      [0, 1, 0, 0], // nilpotent
      [-1, 0, 0, -1], // negative definite
      [1, 0, 0, -1], // b · C b = 0 for b = (1, 1)
      [1, 1, 1, 1], // rank one
      [1, 0, 0, 1], // solved at once, and then again
    ].map((values) => Matrix.from1DArray(2, 2, values))
    for (const b of [
      [1, 1],
      [0, 1],
      [0, 0],
    ]) {
      for (const iterations of [1, 3]) {
        const u = await answers(of(iterations), { matrices, b: matrices.map(() => b) })
        expect(u.flat().every(Number.isFinite), `b = ${b}: ${JSON.stringify(u)}`).toBe(true)
        if (b[1] === 0) expect(u.flat().every((v) => v === 0)).toBe(true)
        if (b[0] === b[1]) expect(distance(u[6], b)).toBeLessThan(1e-9)
      }
    }
  })

  it('more iterations after convergence change nothing', async () => {
    const problem = systems('definite', { n: 4 })
    const [enough, more] = [await answers(of(6), problem), await answers(of(24), problem)]
    expect(distance(more.flat(), enough.flat())).toBeLessThan(1e-7)
  })
})

describe('conjugate gradients', () => {
  it('the error falls in the norm of C with every iteration, and is 0 after n', async () => {
    const { growth, last } = await cgDescent(systems('definite', { n: 8, seed: 3 }))
    expect(growth).toBeLessThan(1)
    expect(last).toBeLessThan(1e-9)
  })

  it('one iteration is the step of steepest descent (b·b/b·Cb) b', async () => {
    const { matrices, b } = systems('definite', { batch: 2 })
    const got = await answers(cg(), { matrices, b })
    for (const [i, C] of matrices.entries()) {
      const column = Matrix.columnVector([...b[i]])
      const step = b[i].reduce((sum, v) => sum + v * v, 0) / column.transpose().mmul(C).mmul(column).get(0, 0)
      expect(
        distance(
          got[i],
          b[i].map((v) => step * v),
        ),
      ).toBeLessThan(1e-12)
    }
  })

  it('shared steps solve the batch as one block-diagonal system', async () => {
    const problem = systems('definite', { n: 4, batch: 3 })
    const whole = Matrix.zeros(12, 12)
    for (const [i, C] of problem.matrices.entries()) whole.setSubMatrix(C, 4 * i, 4 * i)
    const one = await answers(cg({ iterations: 3 }), { matrices: [whole], b: [problem.b.flat()] })
    const shared = await answers(cg({ iterations: 3, shared: true }), problem)
    expect(distance(shared.flat(), one.flat())).toBeLessThan(1e-12)
    expect(await batchGap(cg({ iterations: 3, shared: true }), problem)).toBeGreaterThan(1e-3)
  })

  it('stops a sample at its own tolerance', async () => {
    const problem = systems('definite')
    const n = problem.b[0].length
    const loose = await answers(cg({ iterations: n, tolerance: 0.1 }), problem)
    for (const [i, C] of problem.matrices.entries()) {
      const residual = Matrix.columnVector([...problem.b[i]]).sub(C.mmul(Matrix.columnVector(loose[i])))
      const share = residual.norm() / Math.hypot(...problem.b[i])
      expect(share).toBeLessThan(0.1)
      expect(share).toBeGreaterThan(1e-6)
    }
  })
})

describe('gmres', () => {
  it('minimises the residual over the Krylov space: it never grows', async () => {
    const problem = systems('indefinite', { n: 6 })
    const residuals = async (iterations: number) => {
      const u = await answers(gmres({ iterations }), problem)
      return problem.matrices.map((C, i) =>
        Matrix.columnVector([...problem.b[i]])
          .sub(C.mmul(Matrix.columnVector(u[i])))
          .norm(),
      )
    }
    let before = problem.b.map((row) => Math.hypot(...row))
    for (let iterations = 1; iterations <= 6; iterations++) {
      const now = await residuals(iterations)
      for (const [i, r] of now.entries()) expect(r).toBeLessThanOrEqual(before[i] * (1 + 1e-9))
      before = now
    }
    expect(Math.max(...before)).toBeLessThan(1e-6)
  })
})

describe('the exact solve', () => {
  it('is a dense solve, of systems that are neither symmetric nor definite too', async () => {
    for (const n of [1, 2, 12])
      expect(await relativeGap(exactSolve(), systems('indefinite', { n }))).toBeLessThan(1e-10)
  })

  it('is for small systems', () => {
    const b = input('float32', [1, 257])
    expect(() => exactSolve()((v) => v, b)).toThrow(
      'exactSolve writes out systems of at most 256 entries, these observations have 257; use gmres or cg',
    )
  })
})
