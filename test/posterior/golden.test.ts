import { describe, expect, it } from 'vitest'
import { mixtureDenoiser } from '../../src/diffusion/index.ts'
import { isotropicNoise, projection } from '../../src/operators/index.ts'
import {
  type Covariance,
  cg,
  gaussianPosteriorCovariance,
  gmres,
  mmps,
  onesCovariance,
  type Solver,
  timeCovariance,
  tweedieCovariance,
  zeroCovariance,
} from '../../src/posterior/index.ts'
import { constant, jit, matmul, type NdArray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { threeComponents } from '../diffusion/three-components.ts'
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
  const { mixture, xt, sigma, matrix, y, noise, moments } = threeComponents
  const guided = async (covariance: Covariance) => {
    const program = jit((x: Tensor, s: Tensor, y: Tensor, A: Tensor) =>
      mmps(
        mixtureDenoiser(mixture),
        { y, A: projection(A), noise: isotropicNoise(noise) },
        { covariance },
      )(x, s),
    )
    return toNumbers(await program(xt, sigma, y, matrix))
  }
  // The published cov_t is V = σ²; ours is DiEM's Σx = 10⁶ I, which differs from it by 2.5e-7 of V.
  const choices: { name: string; covariance: Covariance; want: number[]; tolerance: number }[] = [
    { name: 'Tweedie', covariance: tweedieCovariance, want: [0.8942903101, -0.1118226746], tolerance: 1e-9 },
    { name: 'ones', covariance: onesCovariance, want: [1.0496171802, 0.1556794967], tolerance: 1e-9 },
    { name: 'cov_t', covariance: timeCovariance, want: [0.9871648554, 0.0481248123], tolerance: 1e-6 },
    {
      name: 'cov_x',
      covariance: gaussianPosteriorCovariance(moments),
      want: [1.1724206927, 0.367170311],
      tolerance: 1e-9,
    },
    { name: 'zeros', covariance: zeroCovariance, want: [625.82, 1076.13], tolerance: 1e-5 },
  ]

  it.each(choices)('V by $name', async ({ covariance, want, tolerance }) => {
    expectClose(await guided(covariance), want, tolerance)
  })

  it("Tweedie's covariance comes closest to the true E[x | xt, y], as the paper claims", async () => {
    const truth = [0.920347136, -0.1233083664]
    const errors = await Promise.all(
      choices.map(async ({ covariance }) => {
        const got = await guided(covariance)
        return Math.hypot(got[0] - truth[0], got[1] - truth[1])
      }),
    )
    expect(Math.min(...errors.slice(1))).toBeGreaterThan(5 * errors[0])
  })
})
