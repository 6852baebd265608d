import { describe, expect, it } from 'vitest'
import { cg, gmres, type Solver } from '../../src/linalg/index.ts'
import { constant, jit, matmul, type NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { guidedMean, published } from '../exact/three-components.ts'
import { expectClose, f64 } from '../numbers.ts'

const solved = async (solver: Solver, matrix: NdArray) => {
  const program = jit((b: Tensor) => solver((v) => matmul(v, constant(matrix), { transB: true }), b))
  return toNumbers(await program(f64([1, 2, 3], [1, 3])))
}

describe('solvers on the published 3×3 systems', () => {
  const spd = f64([4, 1, 0, 1, 3, 1, 0, 1, 2], [3, 3])
  const other = f64([4, 1, 0, -1, 3, 2, 0, -1, -2], [3, 3])

  it.each([
    { iterations: 1, u: [0.28, 0.56, 0.84] },
    { iterations: 2, u: [0.0492307692, 0.3292307692, 1.3015384615] },
    { iterations: 3, u: [2 / 9, 1 / 9, 13 / 9] },
  ])('CG after $iterations iterations', async ({ iterations, u }) => {
    expectClose(await solved(cg({ iterations }), spd), u, 1e-9)
  })

  it.each([
    { iterations: 1, u: [0.0180995475, 0.036199095, 0.0542986425], residual: 3.7319702317 },
    { iterations: 2, u: [0.3344784939, 0.6014016765, -0.753002611], residual: 3.0691091679 },
    { iterations: 3, u: [-1 / 3, 7 / 3, -8 / 3], residual: 0 },
  ])('GMRES with $iterations vectors', async ({ iterations, u, residual }) => {
    const got = await solved(gmres({ iterations, ridge: 0 }), other)
    expectClose(got, u, 1e-9)
    const m = toNumbers(other)
    const r = [1, 2, 3].map((b, i) => b - got.reduce((sum, v, j) => sum + m[3 * i + j] * v, 0))
    expect(Math.hypot(...r)).toBeCloseTo(residual, 8)
  })
})

describe('MMPS on the mixture of three Gaussians', () => {
  it.each([...published])('V by $name', async ({ name, covariance, mean }) => {
    // The published cov_t is V = σ²; ours is DiEM's Σx = 10⁶ I, which differs from it by 2.5e-7 of V.
    const tolerance = { cov_t: 1e-6, zeros: 1e-5 }[name] ?? 1e-9
    expectClose(await guidedMean(covariance), mean, tolerance)
  })

  it("Tweedie's covariance comes closest to the true E[x | xt, y], as the paper claims", async () => {
    const truth = [0.920347136, -0.1233083664]
    const errors: number[] = []
    for (const { covariance } of published) {
      const got = await guidedMean(covariance)
      errors.push(Math.hypot(got[0] - truth[0], got[1] - truth[1]))
    }
    expect(Math.min(...errors.slice(1))).toBeGreaterThan(5 * errors[0])
  })
})
