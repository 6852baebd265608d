/**
 * The setting of Figures 1 and 2 of DiEM (Rozet et al. 2024): a curve of narrow Gaussians in three
 * dimensions, seen through one projection. Everything about it is known in closed form.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Mixture } from '../../src/diffusion/index.ts'
import { integers, normal, stream, uniform } from '../../src/random/index.ts'
import { full, type NdArray, ndarray, toNumbers } from '../../src/tensor/index.ts'

/** Dimensions of the latent. */
export const SIZE = 3
const TERMS = 10
/** Standard deviation τ of the Gaussians along the curve, and the noise s of y. */
export const THICKNESS = 1e-2
export const NOISE = 1e-2

/** A curve with one observation y = aᵀ x + s n. */
export interface Problem {
  readonly seed: number
  /** μ_k, in order along the curve. */
  readonly means: readonly (readonly number[])[]
  /** a. */
  readonly a: readonly number[]
  readonly y: number
}

const dot = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, v, i) => sum + v * q[i], 0)

/** How the means lie on the curve: at uniform random times, as DiEM draws them, or at even ones. */
export const spacings = ['drawn', 'even'] as const
export type Spacing = (typeof spacings)[number]

/**
 * DiEM's smooth random curve x_d(t) = Σ_k a_dk/k³ sin 2π(k b_dk t + c_dk), k ≤ 10, each
 * axis stretched to [−2, 2].
 */
const curve = (seed: number, times: ArrayLike<number>): number[][] => {
  const [a, b, c] = ['a', 'b', 'c'].map(
    (name) => uniform(stream(seed, `manifold ${name}`), [SIZE, TERMS]).data,
  )
  const axis = (d: number) =>
    Array.from(times, (t) => {
      let sum = 0
      for (let k = 1, at = d * TERMS; k <= TERMS; k++, at++)
        sum += (a[at] / k ** 3) * Math.sin(2 * Math.PI * (k * b[at] * t + c[at]))
      return sum
    })
  const stretched = [0, 1, 2].map(axis).map((values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return values.map((v) => (4 * (v - low)) / (high - low) - 2)
  })
  return Array.from(times, (_, i) => stretched.map((values) => values[i]))
}

/** How a curve is made of Gaussians. */
export interface Curve {
  readonly spacing: Spacing
  /**
   * How many Gaussians. DiEM has 256; their gaps are wider than they are thick, and a thousand leave none.
   */
  readonly components: number
}

/** Figure 2: a smooth random curve, a on the sphere, y an observation of one of the means. */
export const randomProblem = (seed: number, { spacing, components }: Curve): Problem => {
  const drawn = uniform(stream(seed, 'manifold z'), [components]).data.sort()
  const means = curve(seed, spacing === 'drawn' ? drawn : Array.from(drawn, (_, i) => (i + 0.5) / components))
  const g = toNumbers(normal(stream(seed, 'direction'), [SIZE]))
  const a = g.map((v) => v / Math.hypot(...g))
  const [n] = toNumbers(normal(stream(seed, 'observation noise'), [1]))
  const [of] = toNumbers(integers(stream(seed, 'observed mean'), 0, components, [1]))
  return { seed, means, a, y: dot(a, means[of]) + NOISE * n }
}

/** Figure 1: a coil, seen through [1 0 2] as 0. */
export const coil = (): Problem => ({
  seed: 0,
  means: Array.from({ length: 256 }, (_, k) => {
    const share = k / 255
    return [2 * Math.sin(2 * Math.PI * share), 2 * Math.cos(2 * Math.PI * share), 4 * share - 2]
  }),
  a: [1, 0, 2],
  y: 0,
})

/** How often the curve crosses the plane aᵀ x = y: the branches of the posterior. */
export const crossings = ({ means, a, y }: Problem): number =>
  means.filter((m, k) => k > 0 && dot(a, m) - y > 0 !== dot(a, means[k - 1]) - y > 0).length

/** The prior. */
export const mixtureOf = ({ means }: Problem): Mixture => ({
  weights: full([means.length], 1 / means.length, 'float64'),
  means: ndarray(means.flat(), [means.length, SIZE], 'float64'),
  variances: full([means.length], THICKNESS ** 2, 'float64'),
})

/** Σx of the whole prior as τ² I + U Uᵀ, U the Cholesky factor of the covariance of the means. */
export const priorCovariance = ({ means }: Problem) => {
  const points = new Matrix(means.map((m) => [...m]))
  const centred = points.subRowVector(points.mean('column'))
  const spread = centred.transpose().mmul(centred).div(means.length)
  const factor = new CholeskyDecomposition(spread).lowerTriangularMatrix.to1DArray()
  return {
    kind: 'lowRank' as const,
    variance: full([SIZE], THICKNESS ** 2, 'float64'),
    factor: ndarray(factor, [SIZE, SIZE], 'float64'),
  }
}

/** Variance of y under one Gaussian of the curve: τ² |a|² + s². */
const seenVariance = ({ a }: Problem): number => THICKNESS ** 2 * dot(a, a) + NOISE ** 2

const density = (gap: number, variance: number): number =>
  Math.exp(-(gap ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)

/** p(y | k) for each Gaussian of the curve. */
const evidences = (problem: Problem): number[] =>
  problem.means.map((m) => density(problem.y - dot(problem.a, m), seenVariance(problem)))

/** p(y). */
export const evidence = (problem: Problem): number =>
  evidences(problem).reduce((sum, p) => sum + p, 0) / problem.means.length

/**
 * `count` components in proportion to the weights, in order along the curve, by one uniform for all: how many
 * fall on each branch of the curve is then no matter of luck.
 */
export const systematic = (weights: readonly number[], count: number, offset: number): number[] => {
  const step = weights.reduce((a, b) => a + b, 0) / count
  const out: number[] = []
  let [sum, next] = [0, offset * step]
  for (const [i, w] of weights.entries()) {
    sum += w
    for (; next < sum && out.length < count; next += step) out.push(i)
  }
  while (out.length < count) out.push(weights.length - 1)
  return out
}

/** The parts of a set of draws: components of given weights, and standard normals around them. */
const draws = ({ seed }: Problem, weights: readonly number[], count: number, purpose: string) => {
  const [offset] = uniform(stream(seed, `${purpose} offset`), [1]).data
  const normals = (part: string, event: readonly number[]) =>
    normal(stream(seed, `${purpose} ${part}`), event).data
  return {
    component: systematic(weights, count, offset),
    within: normals('within', [count, SIZE]),
    z: normals('z', [count, SIZE]),
    noise: normals('noise', [count]),
  }
}

/** Draws xt = x + σ z with x from the prior, [count, 3]. */
export const priorPoints = (
  problem: Problem,
  sigma: number,
  count: number,
  purpose: string,
): Float64Array => {
  const even = problem.means.map(() => 1)
  const { component, within, z } = draws(problem, even, count, purpose)
  return Float64Array.from(
    z,
    (v, i) => problem.means[component[Math.floor(i / SIZE)]][i % SIZE] + THICKNESS * within[i] + sigma * v,
  )
}

/**
 * Draws xt = x + σ z with x from p(x | y), [count, 3]: the component from p(k | y), x by Matheron's rule
 * inside it, x = m + K (y − aᵀ m − s n) for m of the component's prior and K = τ² a/(τ² |a|² + s²).
 */
export const posteriorPoints = (
  problem: Problem,
  sigma: number,
  count: number,
  purpose: string,
): Float64Array => {
  const { means, a, y } = problem
  const { component, within, z, noise } = draws(problem, evidences(problem), count, purpose)
  const gain = THICKNESS ** 2 / seenVariance(problem)
  const out = new Float64Array(count * SIZE)
  for (let i = 0; i < count; i++) {
    const m = means[component[i]].map((v, d) => v + THICKNESS * within[SIZE * i + d])
    const miss = y - dot(a, m) - NOISE * noise[i]
    for (let d = 0; d < SIZE; d++) out[SIZE * i + d] = m[d] + gain * a[d] * miss + sigma * z[SIZE * i + d]
  }
  return out
}

/** Points as an array [n, 3]. */
export const asPoints = (values: Float64Array): NdArray<'float64'> =>
  ndarray(values, [values.length / SIZE, SIZE], 'float64')
