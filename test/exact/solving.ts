/** Linear solvers against dense solves. */
import { Matrix, solve } from 'ml-matrix'
import { bicgstab, cg, gmres, type Solver } from '../../src/linalg/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  jit,
  matmul,
  type NdArray,
  ndarray,
  reshape,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { solvers } from '../contract/lists/solvers.ts'
import { atMost, type Gate } from './gate.ts'

/** A batch of systems C u = b, one matrix for each sample. */
export interface Systems {
  readonly matrices: readonly Matrix[]
  readonly b: readonly (readonly number[])[]
}

/** Kinds of random systems. */
export type Kind = 'definite' | 'shifted' | 'indefinite'

const gaussian = (name: string, seed: number, rows: number, columns: number): Matrix =>
  Matrix.from1DArray(rows, columns, toNumbers(normal(stream(seed, name), [rows, columns])))

/**
 * Random systems: symmetric positive definite, non-symmetric with a positive symmetric part, or
 * neither symmetric nor definite.
 */
export const systems = (kind: Kind, { n = 12, batch = 4, seed = 0 } = {}): Systems => ({
  matrices: Array.from({ length: batch }, (_, i) => {
    const g = gaussian('matrix', seed + 100 * i, n, n)
    if (kind === 'definite') return g.mmul(g.transpose()).div(n).add(Matrix.eye(n).mul(0.1))
    return kind === 'shifted' ? g.add(Matrix.eye(n).mul(2 * Math.sqrt(n))) : g
  }),
  b: Array.from({ length: batch }, (_, i) => gaussian('right side', seed + 100 * i, 1, n).to1DArray()),
})

/** The dense solution of each system. */
export const dense = ({ matrices, b }: Systems): number[][] =>
  matrices.map((C, i) => solve(C, Matrix.columnVector([...b[i]])).to1DArray())

/** The answers of a solver, one row a sample. */
export const answers = async (
  solver: Solver,
  { matrices, b }: Systems,
  dtype: 'float32' | 'float64' = 'float64',
): Promise<number[][]> => {
  const [batch, n] = [b.length, b[0].length]
  const stacked: NdArray = ndarray(
    matrices.flatMap((C) => C.to1DArray()),
    [batch, n, n],
    dtype,
  )
  const program = jit((C: Tensor, b: Tensor) =>
    solver((v) => reshape(matmul(C, reshape(v, [v.shape[0], n, 1])), [v.shape[0], n]), b),
  )
  const u = toNumbers(await program(stacked, ndarray(b.flat(), [batch, n], dtype)))
  await program.release()
  return b.map((_, i) => u.slice(i * n, (i + 1) * n))
}

/** √(eᵀ C e) of each sample's error e. */
const energyErrors = ({ matrices }: Systems, u: number[][], truth: number[][]): number[] =>
  matrices.map((C, i) => {
    const e = Matrix.columnVector(u[i].map((v, j) => v - truth[i][j]))
    return Math.sqrt(Math.max(0, e.transpose().mmul(C).mmul(e).get(0, 0)))
  })

const gap = (u: number[][], v: number[][]): number =>
  Math.max(
    ...u.flatMap((row, i) => row.map((x, j) => (Number.isFinite(x) ? Math.abs(x - v[i][j]) : Infinity))),
  )

/**
 * The largest ratio of CG's error in the C-norm to that one iteration before (1 or less: it
 * falls), and the last error.
 */
export const cgDescent = async (kind: Systems): Promise<{ growth: number; last: number }> => {
  const truth = dense(kind)
  const n = truth[0].length
  let before = energyErrors(
    kind,
    truth.map((row) => row.map(() => 0)),
    truth,
  )
  let growth = 0
  for (let iterations = 1; iterations <= n; iterations++) {
    const now = energyErrors(kind, await answers(cg({ iterations }), kind), truth)
    growth = Math.max(growth, ...now.map((e, i) => e / before[i]))
    before = now
  }
  return { growth, last: Math.max(...before) }
}

/** Largest difference between a solver's answer and the dense one. */
const solverGap = async (solver: Solver, problem: Systems): Promise<number> =>
  gap(await answers(solver, problem), dense(problem))

/** Largest difference between solving a batch and solving its samples one by one. */
export const batchGap = async (solver: Solver, problem: Systems): Promise<number> => {
  const together = await answers(solver, problem)
  const alone: number[][] = []
  for (const [i, C] of problem.matrices.entries()) {
    alone.push(...(await answers(solver, { matrices: [C], b: [problem.b[i]] })))
  }
  return gap(together, alone)
}

/** How many numbers that are not finite a solver returns on systems without any structure. */
const notFinite = async (solver: Solver): Promise<number> => {
  let count = 0
  for (const dtype of ['float32', 'float64'] as const) {
    const u = await answers(solver, systems('indefinite', { batch: 64, n: 6 }), dtype)
    count += u.flat().filter((v) => !Number.isFinite(v)).length
  }
  return count
}

/** E5. */
export const solving = async (): Promise<Gate[]> => {
  const definite = systems('definite')
  const shifted = systems('shifted')
  const { growth, last } = await cgDescent(definite)
  const gates = [
    atMost('E5 cg, growth of the error in the C-norm', growth, 1),
    atMost('E5 cg, error after n iterations', last, 1e-6),
    atMost('E5 gmres against dense', await solverGap(gmres({ iterations: 12, ridge: 0 }), shifted), 1e-8),
    atMost(
      'E5 bicgstab against dense',
      await solverGap(bicgstab({ iterations: 20, tolerance: 1e-12 }), shifted),
      1e-8,
    ),
  ]
  for (const { name, of } of solvers) {
    gates.push(atMost(`E5 ${name} on indefinite systems, not finite`, await notFinite(of(12)), 0))
    gates.push(atMost(`E5 ${name}, batch against one by one`, await batchGap(of(12), definite), 1e-9))
  }
  return gates
}
