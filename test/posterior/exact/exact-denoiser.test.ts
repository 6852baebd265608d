/** exact(): E[x | xt, y] against the joint Gaussian of (x, xt, y) in plain numbers, and draws by it. */
import { determinant, Matrix, solve } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import {
  empiricalDenoiser,
  type Gaussian,
  gaussianDenoiser,
  type Mixture,
} from '../../../src/diffusion/index.ts'
import { exactSolve, fullRank, isotropic } from '../../../src/linalg/index.ts'
import { clipping, diagonalNoise, isotropicNoise, mask, projection } from '../../../src/operators/index.ts'
import { exact, gaussianPosteriorCovariance, type KnownPrior, mmps } from '../../../src/posterior/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { constant, jit, type NdArray, ndarray, type Tensor, toNumbers } from '../../../src/tensor/index.ts'
import { expectClose } from '../../numbers.ts'

const n = 3
const B = 5
const f64 = (values: readonly number[], shape: readonly number[]): NdArray =>
  ndarray(values, shape, 'float64')
const xt = f64(toNumbers(normal(stream(0, 'xt'), [B, n])), [B, n])
const y = f64(toNumbers(normal(stream(0, 'y'), [B, 2])), [B, 2])
const sigmas = [0.05, 0.3, 1, 4, 30]
const rows = [
  [1, 0.5, -0.3],
  [0.2, -1, 0.7],
]
const noise = [0.1, 0.4]
const A = () => projection(constant(f64(rows.flat(), [1, 2, n])))
const observed = (t: Tensor) => ({ y: t, A: A(), noise: diagonalNoise(f64(noise, [2])) })

const byExact = async (prior: KnownPrior): Promise<number[]> => {
  const program = jit((x: Tensor, s: Tensor, t: Tensor) =>
    exact(prior)(gaussianDenoiser(anywhere), observed(t))(x, s),
  )
  const out = await program(xt, f64(sigmas, [B]), y)
  await program.release()
  return toNumbers(out)
}

/** A prior that exact() has to ignore. */
const anywhere: Gaussian = { mean: f64([9, 9, 9], [n]), covariance: isotropic(1) }

const log = Math.log
/** E[x | z] and log p(z) of z = H x + r, x ~ N(μ, Σ), r ~ N(0, R). */
const given = (mu: number[], sigma: Matrix, H: Matrix, R: Matrix, z: number[]) => {
  const C = H.mmul(sigma).mmul(H.transpose()).add(R)
  const e = Matrix.columnVector(z).sub(H.mmul(Matrix.columnVector(mu)))
  const solved = solve(C, e)
  const mean = Matrix.columnVector(mu).add(sigma.mmul(H.transpose()).mmul(solved))
  return {
    mean: mean.to1DArray(),
    logDensity: -0.5 * (e.transpose().mmul(solved).get(0, 0) + log(determinant(C))),
  }
}

/** The same for each row of a mixture: (xt, y) stacked is one observation of x. */
const byHand = (weights: number[], means: number[][], covariances: Matrix[]): number[] =>
  sigmas.flatMap((sigma, b) => {
    const H = new Matrix([...Matrix.eye(n).to2DArray(), ...rows])
    const R = Matrix.diag([...Array(n).fill(sigma ** 2), ...noise.map((s) => s ** 2)])
    const z = [...toNumbers(xt).slice(n * b, n * b + n), ...toNumbers(y).slice(2 * b, 2 * b + 2)]
    const parts = means.map((mu, k) => given(mu, covariances[k], H, R, z))
    const logs = parts.map(({ logDensity }, k) => logDensity + log(weights[k]))
    const most = Math.max(...logs)
    const w = logs.map((l) => Math.exp(l - most))
    const total = w.reduce((a, v) => a + v, 0)
    return Array.from({ length: n }, (_, i) =>
      parts.reduce((s, { mean }, k) => s + (w[k] * mean[i]) / total, 0),
    )
  })

const S = [
  [1.2, 0.4, -0.2],
  [0.4, 0.8, 0.1],
  [-0.2, 0.1, 0.5],
]
const weights = [0.2, 0.5, 0.3]
const means = [
  [1, 0, -1],
  [-1, 0.5, 0.3],
  [0.3, -1.2, 0.8],
]

describe('exact() is E[x | xt, y] of the joint Gaussian', () => {
  it('of a Gaussian prior, and what MMPS is with its own covariance and an exact solve', async () => {
    const gaussian: Gaussian = { mean: f64(means[0], [n]), covariance: fullRank(f64(S.flat(), [n, n])) }
    const got = await byExact(gaussian)
    expectClose(got, byHand([1], [means[0]], [new Matrix(S)]), 1e-9)
    const guide = mmps({ solve: exactSolve(), covariance: gaussianPosteriorCovariance(gaussian.covariance) })
    const program = jit((x: Tensor, s: Tensor, t: Tensor) =>
      guide(gaussianDenoiser(gaussian), observed(t))(x, s),
    )
    expectClose(toNumbers(await program(xt, f64(sigmas, [B]), y)), got, 1e-9)
    await program.release()
  })

  it('of a mixture of spheres', async () => {
    const variances = [0.1, 0.02, 0.3]
    const mixture: Mixture = {
      weights: f64(weights, [3]),
      means: f64(means.flat(), [3, n]),
      variances: f64(variances, [3]),
    }
    const want = byHand(
      weights,
      means,
      variances.map((v) => Matrix.eye(n).mul(v)),
    )
    expectClose(await byExact(mixture), want, 1e-9)
  })

  it('of a mixture of any covariances', async () => {
    const covariances = [fullRank(f64(S.flat(), [n, n])), isotropic(0.05), isotropic(0.4)]
    const mixture: Mixture = { weights: f64(weights, [3]), means: f64(means.flat(), [3, n]), covariances }
    const want = byHand(weights, means, [new Matrix(S), Matrix.eye(n).mul(0.05), Matrix.eye(n).mul(0.4)])
    expectClose(await byExact(mixture), want, 1e-9)
  })

  it('of points: the limit of ever smaller spheres around them', async () => {
    const got = await byExact({ points: f64(means.flat(), [3, n]) })
    const equal = [1 / 3, 1 / 3, 1 / 3]
    expectClose(
      got,
      byHand(
        equal,
        means,
        equal.map(() => Matrix.eye(n).mul(1e-9)),
      ),
      1e-5,
    )
  })
})

describe('exact()', () => {
  const points = ndarray(means.flat(), [3, 1, n])
  const at = async (guide: ReturnType<typeof exact>, A: Parameters<typeof guide>[1]['A'], t: NdArray) => {
    const program = jit((x: Tensor, s: Tensor, v: Tensor) =>
      guide(empiricalDenoiser({ points }), { y: v, A, noise: isotropicNoise(0.05) })(x, s),
    )
    const out = await program(ndarray([0, 0, 0], [1, 1, n]), ndarray([50]), t)
    await program.release()
    return toNumbers(out)
  }

  it('finds the point that was observed, through a non-linear operator too', async () => {
    const clipped = clipping([1, n], { gain: 2, low: -1, high: 1 })
    const seen = ndarray([-1, 1, 0.6], [1, 1, n]) // of the second point
    expectClose(await at(exact({ points }), clipped, seen), means[1], 1e-5)
  })

  it('keeps the points apart that are alike where they were observed', async () => {
    const A = mask(constant(ndarray([0, 0, 0], [1, 1, n])))
    const got = await at(exact({ points }), A, ndarray([0, 0, 0], [1, 1, n]))
    expectClose(got, [0.1, -0.7 / 3, 0.1 / 3], 2e-3) // the mean of all: nothing was observed, and σ is large
  })

  it('refuses what it has no formula for, and what would be too much', async () => {
    const mixture: Mixture = {
      weights: ndarray(weights),
      means: ndarray(means.flat(), [3, n]),
      variances: ndarray([1, 1, 1]),
    }
    const clipped = clipping([1, n], { gain: 2, low: -1, high: 1 })
    await expect(at(exact(mixture), clipped, ndarray([0, 0, 0], [1, 1, n]))).rejects.toThrow(
      "exact: a Gaussian prior needs a linear operator, 'clipping' is not",
    )
    const many = exact({ points: ndarray(new Float32Array(2049), [2049, 1, 1]) })
    await expect(at(many, clipped, ndarray([0, 0, 0], [1, 1, n]))).rejects.toThrow(
      '2048 points at most, got 2049',
    )
  })
})
