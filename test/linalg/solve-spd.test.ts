import { Matrix, solve } from 'ml-matrix'
import { expect, it } from 'vitest'
import { solveSpd } from '../../src/linalg/index.ts'
import { jit, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const spd = (n: number, phase: number): Matrix => {
  const g = Matrix.from1DArray(n, n, wave(n * n, phase))
  return g.mmul(g.transpose()).add(Matrix.eye(n).mul(0.01))
}

it.each([1, 2, 7])('solves batches of %s × %s systems like a dense solver, with a ridge', async (n) => {
  const matrices = [spd(n, 0), spd(n, 9)]
  const sides = [Matrix.from1DArray(n, 3, wave(3 * n, 1)), Matrix.from1DArray(n, 3, wave(3 * n, 5))]
  for (const ridge of [0, 0.5]) {
    const program = jit((k: Tensor, b: Tensor) => solveSpd(k, b, { ridge }))
    const got = await program(
      f64(
        matrices.flatMap((m) => m.to1DArray()),
        [2, n, n],
      ),
      f64(
        sides.flatMap((m) => m.to1DArray()),
        [2, n, 3],
      ),
    )
    const want = matrices.flatMap((m, i) =>
      solve(Matrix.add(m, Matrix.eye(n).mul(ridge)), sides[i]).to1DArray(),
    )
    expect(got.shape).toEqual([2, n, 3])
    expectClose(toNumbers(got), want, 1e-10)
  }
})
