/**
 * Mixture priors seen through linear observations: the posterior is a mixture whose
 * weights and components are known.
 */
import { inverse, Matrix } from 'ml-matrix'
import { type Mixture, mixtureDenoiser } from '../../src/diffusion/index.ts'
import type { Observation } from '../../src/operators/index.ts'
import { isotropicNoise, projection } from '../../src/operators/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { constant, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'

/** Equally weighted Gaussians of one variance, y = A x + noise · n. */
export interface MixtureProblem {
  readonly name: string
  /** [K, N]. */
  readonly means: Matrix
  /** τ² of each component. */
  readonly variance: number
  /** [M, N]. */
  readonly A: Matrix
  readonly noise: number
  readonly y: readonly number[]
}

/** Rows of a sample as a matrix. */
export const matrixOf = (x: NdArray): Matrix => Matrix.from1DArray(x.shape[0], x.shape[1], toNumbers(x))

const array = (M: Matrix) => ndarray(M.to1DArray(), [M.rows, M.columns])

/** The prior and the observation, in float32. */
export const expressed = ({ means, variance, A, noise, y }: MixtureProblem) => {
  const k = means.rows
  const mixture: Mixture = {
    weights: ndarray(Array(k).fill(1 / k)),
    means: array(means),
    variances: ndarray(Array(k).fill(variance)),
  }
  const matrix = ndarray(A.to1DArray(), [1, A.rows, A.columns])
  return {
    mixture,
    prior: mixtureDenoiser(mixture),
    /** Of as many equal observations as there are rows in y. */
    observationOf: (o: { y: Tensor }): Observation => ({
      y: o.y,
      A: projection(constant(matrix)),
      noise: isotropicNoise(noise),
    }),
    y: (batch: number) => ndarray(Array.from({ length: batch }, () => y).flat(), [batch, A.rows]),
  }
}

/** p(x | y): weights [K], means [K, N], and the covariance that all components share. */
export const exactPosterior = ({ means, variance, A, noise, y }: MixtureProblem) => {
  const Y = A.mmul(A.transpose())
    .mul(variance)
    .add(Matrix.eye(A.rows).mul(noise ** 2))
  const gain = A.transpose().mmul(inverse(Y)).mul(variance)
  const residuals = means
    .mmul(A.transpose())
    .mul(-1)
    .addRowVector([...y])
  const energies = Array.from({ length: means.rows }, (_, k) => {
    const r = residuals.getRowVector(k)
    return -0.5 * r.mmul(inverse(Y)).mmul(r.transpose()).get(0, 0)
  })
  const top = Math.max(...energies)
  const raw = energies.map((v) => Math.exp(v - top))
  const total = raw.reduce((a, b) => a + b)
  return {
    weights: raw.map((v) => v / total),
    means: Matrix.add(means, residuals.mmul(gain.transpose())),
    covariance: Matrix.sub(Matrix.eye(A.columns), gain.mmul(A)).mul(variance),
  }
}

/** Lower triangular L with L Lᵀ = S, S positive definite. */
const cholesky = (S: Matrix): Matrix => {
  const L = Matrix.zeros(S.rows, S.rows)
  for (let i = 0; i < S.rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = S.get(i, j)
      for (let k = 0; k < j; k++) sum -= L.get(i, k) * L.get(j, k)
      L.set(i, j, i === j ? Math.sqrt(Math.max(0, sum)) : sum / L.get(j, j))
    }
  }
  return L
}

/**
 * Draws [count, N] from p(x | y).
 *
 * @param even - components as evenly as their weights allow (default), or by chance, as samplers have them
 */
export const exactDraws = (problem: MixtureProblem, count: number, seed: number, even = true): Matrix => {
  const { weights, means, covariance } = exactPosterior(problem)
  const L = cholesky(covariance)
  const n = means.columns
  const z = Matrix.from1DArray(count, n, toNumbers(normal(stream(seed, 'exact'), [count, n])))
  const chance = toNumbers(uniform(stream(seed, 'component'), [even ? 1 : count]))
  const u = Array.from({ length: count }, (_, i) => (even ? (i + chance[0]) / count : chance[i]))
  const centres = u.map((v) => {
    let [k, cumulated] = [0, weights[0]]
    while (cumulated < v && k + 1 < weights.length) cumulated += weights[++k]
    return means.getRow(k)
  })
  return new Matrix(centres).add(z.mmul(L.transpose()))
}

/** Points [count, N] with weights of sum 1; equal ones when absent. */
export interface Cloud {
  readonly x: Matrix
  readonly weights?: readonly number[]
}

/** ∫ |F − G|: Wasserstein-1 of two weighted samples on the line, the second's weights taken negative. */
const lineDistance = (points: readonly (readonly [number, number])[]): number => {
  const sorted = [...points].sort(([a], [b]) => a - b)
  let [gap, total] = [0, 0]
  for (let i = 0; i + 1 < sorted.length; i++) {
    gap += sorted[i][1]
    total += Math.abs(gap) * (sorted[i + 1][0] - sorted[i][0])
  }
  return total
}

/** Sliced Wasserstein-1 distance over fixed random directions. */
export const slicedDistance = (a: Cloud, b: Cloud, directions = 16): number => {
  const n = a.x.columns
  const v = Matrix.from1DArray(directions, n, toNumbers(normal(stream(0, 'directions'), [directions, n])))
  let total = 0
  for (let i = 0; i < directions; i++) {
    const unit = v.getRowVector(i).div(v.getRowVector(i).norm()).transpose()
    const along = ({ x, weights }: Cloud, sign: number) =>
      x
        .mmul(unit)
        .to1DArray()
        .map((p, j) => [p, sign * (weights ? weights[j] : 1 / x.rows)] as const)
    total += lineDistance([...along(a, 1), ...along(b, -1)])
  }
  return total / directions
}
