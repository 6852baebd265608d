import { Matrix, solve } from 'ml-matrix'
import { expect, it } from 'vitest'
import { cg, type Linear, type Solver, steihaug } from '../../src/linalg/index.ts'
import { isotropicNoise, type Observation, projection } from '../../src/operators/index.ts'
import { mmps } from '../../src/posterior/index.ts'
import { add, constant, jit, matmul, mul, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { distance, f64 } from '../numbers.ts'

const NOISE = 0.01

/** A matrix as a product from the left. */
const by =
  (S: Matrix): Linear =>
  (v: Tensor) =>
    matmul(v, constant(f64(S.transpose().to1DArray(), [S.rows, S.columns])))

/** u of (noise I + S) u = b by a solver that is told S. */
const answer = async (solver: Solver, S: Matrix, b: readonly number[]): Promise<number[]> => {
  const program = jit((b: Tensor) => solver((v) => add(mul(v, NOISE), by(S)(v)), b, by(S)))
  const u = toNumbers(await program(f64([...b], [1, b.length])))
  await program.release()
  return u
}

/** S with these eigenvalues in the turned axes (0.6, 0.8) and (−0.8, 0.6). */
const turned = (one: number, two: number): Matrix => {
  const Q = new Matrix([
    [0.6, -0.8],
    [0.8, 0.6],
  ])
  return Q.mmul(Matrix.diag([one, two])).mmul(Q.transpose())
}

const dense = (S: Matrix, b: readonly number[]): number[] =>
  solve(Matrix.add(S, Matrix.eye(S.rows).mul(NOISE)), Matrix.columnVector([...b])).to1DArray()

const length = (S: Matrix, u: readonly number[]): number => {
  const column = Matrix.columnVector([...u])
  return Math.sqrt(column.transpose().mmul(S).mmul(column).get(0, 0))
}

it('is the exact solve where S is a covariance and b is of N(0, Σ + S)', async () => {
  const S = turned(0.5, 0)
  const b = [0.6, 0.7] // 0.92 along the first axis, −0.06 along the second
  expect(length(S, dense(S, b))).toBeLessThan(2 * Math.SQRT2)
  expect(distance(await answer(steihaug({ iterations: 2 }), S, b), dense(S, b))).toBeLessThan(1e-12)
})

it('goes nowhere along a direction of negative curvature', async () => {
  const S = turned(0.5, -0.00999) // noise + S is still positive: 1e-5
  const along = [0.6, 0.8]
  const beside = [-0.8, 0.6]
  const one = along.map((v) => v / 0.51)
  for (const iterations of [1, 2]) {
    const solver = steihaug({ iterations })
    expect(distance(await answer(solver, S, along), one)).toBeLessThan(1e-12)
    expect(distance(await answer(solver, S, beside), [0, 0])).toBe(0)
  }
  expect(Math.hypot(...(await answer(cg({ iterations: 2 }), S, beside)))).toBeGreaterThan(9e4)

  // Of both, what the first step found stays: the steepest descent along b itself.
  const both = along.map((v, i) => v + 0.1 * beside[i])
  const [rr, curvature] = [1.01, 0.51 + 0.01 * 1e-5]
  const got = await answer(steihaug({ iterations: 2 }), S, both)
  expect(
    distance(
      got,
      both.map((v) => (v * rr) / curvature),
    ),
  ).toBeLessThan(1e-9)
})

it.each([1, 2, 5])('shortens u to reach √M and keeps its direction: reach %f', async (reach) => {
  const S = turned(0.5, 0.2)
  const b = [30, -20]
  const whole = dense(S, b)
  const u = await answer(steihaug({ iterations: 2, reach }), S, b)
  expect(length(S, u)).toBeCloseTo(reach * Math.SQRT2, 9)
  const scale = u[0] / whole[0]
  expect(scale).toBeLessThan(1)
  expect(
    distance(
      u,
      whole.map((v) => v * scale),
    ),
  ).toBeLessThan(1e-9)
})

it('solves with the noise alone where S is 0', async () => {
  const S = Matrix.zeros(2, 2)
  expect(distance(await answer(steihaug(), S, [3, -4]), [300, -400])).toBeLessThan(1e-9)
})

it('takes all of C for S where it is not told', async () => {
  const S = turned(0.5, -0.00999)
  const untold: Solver = (C, b) => steihaug({ iterations: 2, reach: 1e9 })(C, b)
  const got = await answer(untold, S, [-0.8, 0.6])
  expect(Math.hypot(...got)).toBeGreaterThan(9e4)
})

it('is told S by MMPS: a prior whose Jacobian is a little negative moves nothing there', async () => {
  // D = diag(0.5, −0.0101) x at σ = 1, both entries seen with noise of variance 0.01: C = diag(0.51, −1e-4).
  const prior = (xt: Tensor) => matmul(xt, constant(f64([0.5, 0, 0, -0.0101], [2, 2])))
  const moved = async (solve: Solver, xt: readonly number[]) => {
    const program = jit((xt: Tensor, sigma: Tensor, y: Tensor) => {
      const A = projection(constant(f64([1, 0, 0, 1], [1, 2, 2])))
      const observation: Observation = { y, A, noise: isotropicNoise(Math.sqrt(NOISE)) }
      return mmps({ solve })(prior, observation)(xt, sigma)
    })
    const D = toNumbers(await program(f64([...xt], [1, 2]), f64([1], [1]), f64([1, 1], [1, 2])))
    await program.release()
    return D
  }
  // e = (1, 1) − (0, 0): along e the curvature of S is 0.49, and the second direction's is negative.
  const [first, second] = await moved(steihaug({ iterations: 2 }), [0, 0])
  const alpha = 2 / (0.5 - 0.0101 + 2 * NOISE)
  expect(distance([first, second], [0.5 * alpha, -0.0101 * alpha])).toBeLessThan(1e-12)
})

it('refuses a reach or a number of iterations that is none', () => {
  expect(() => steihaug({ reach: 0 })).toThrow('steihaug: reach must be positive, got 0')
  expect(() => steihaug({ iterations: 0 })).toThrow('steihaug: iterations')
})
