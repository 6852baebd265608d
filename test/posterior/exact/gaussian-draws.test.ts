import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import type { Gaussian } from '../../../src/diffusion/index.ts'
import { type Covariance, cg, diagonal, fullRank, isotropic, lowRank } from '../../../src/linalg/index.ts'
import { isotropicNoise, projection } from '../../../src/operators/index.ts'
import { gaussianPosteriorDraw } from '../../../src/posterior/index.ts'
import { jit, type Tensor, toNumbers } from '../../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../../numbers.ts'

const [n, m, r] = [4, 2, 2]
const mean = wave(n, 1)
const variances = [0.5, 1, 0.2, 0.05]
const orthogonal = [0.8, 0.1, 0.8, -0.1, -0.8, 0.2, 0.8, 0.2]
const oblique = wave(n * r, 4)
const outer = (u: number[]) => Matrix.from1DArray(n, r, u).mmul(Matrix.from1DArray(n, r, u).transpose())
const std = 0.3

const priors: { name: string; covariance: Covariance; dense: Matrix }[] = [
  { name: 'isotropic', covariance: isotropic(0.6), dense: Matrix.eye(n).mul(0.6) },
  {
    name: 'diagonal',
    covariance: diagonal(f64(variances)),
    dense: Matrix.diag(variances),
  },
  {
    name: 'ppca',
    covariance: lowRank(0.1, f64(orthogonal, [n, r])),
    dense: Matrix.eye(n).mul(0.1).add(outer(orthogonal)),
  },
  {
    name: 'lowRank',
    covariance: lowRank(f64(variances), f64(oblique, [n, r])),
    dense: Matrix.diag(variances).add(outer(oblique)),
  },
  {
    name: 'columns that are not orthogonal',
    covariance: lowRank(0.1, f64(oblique, [n, r])),
    dense: Matrix.eye(n).mul(0.1).add(outer(oblique)),
  },
  {
    name: 'written out',
    covariance: fullRank(f64(Matrix.diag(variances).add(outer(oblique)).to1DArray(), [n, n])),
    dense: Matrix.diag(variances).add(outer(oblique)),
  },
]

/**
 * A draw is affine in its noise, so the moments of draws need no Monte Carlo: the answer to no noise is the
 * mean, and the answers to unit vectors of noise are the columns of a root of the covariance.
 */
describe.each(priors)("Matheron's draws under a Gaussian prior, $name", ({ covariance, dense }) => {
  const A = wave(m * n, 6)
  const y = [0.7, -1.1]
  const prior: Gaussian = { mean: f64(mean), covariance }

  it('have the mean and the covariance of p(x | y)', async () => {
    const noises = n + r + m
    const batch = noises + 1
    const unit = (from: number, size: number) => {
      const values = Array<number>(batch * size).fill(0)
      for (let i = 0; i < size; i++) values[(from + i) * size + i] = 1
      return values
    }
    const program = jit((y: Tensor, A: Tensor, white: Tensor, factor: Tensor, observation: Tensor) =>
      gaussianPosteriorDraw(
        prior,
        { y, A: projection(A), noise: isotropicNoise(std) },
        cg({ iterations: 6 }),
        { white, factor, observation },
      ),
    )
    const out = await program(
      f64(Array.from({ length: batch }, () => y).flat(), [batch, m]),
      f64(A, [1, m, n]),
      f64(unit(0, n), [batch, n]),
      f64(unit(n, r), [batch, r]),
      f64(unit(n + r, m), [batch, m]),
    )
    const table = Matrix.from1DArray(batch, n, toNumbers(out))
    const centre = table.getRow(noises)
    const root = table.subMatrix(0, noises - 1, 0, n - 1).subRowVector(centre)

    const P = Matrix.from1DArray(m, n, A)
    const K = dense.mmul(P.transpose()).mmul(
      inverse(
        P.mmul(dense)
          .mmul(P.transpose())
          .add(Matrix.eye(m).mul(std ** 2)),
      ),
    )
    const residual = Matrix.columnVector(y).sub(P.mmul(Matrix.columnVector(mean)))
    const wantMean = K.mmul(residual).add(Matrix.columnVector(mean))
    expectClose(centre, wantMean.to1DArray(), 1e-10)
    const wantCovariance = Matrix.sub(dense, K.mmul(P).mmul(dense))
    expectClose(root.transpose().mmul(root).to1DArray(), wantCovariance.to1DArray(), 1e-10)
    expect(wantCovariance.trace()).toBeLessThan(dense.trace())
  })
})
