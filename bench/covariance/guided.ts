/**
 * What a choice of V makes of the posterior at one noise level: points of q(xt | y) ∝ p(xt) q(y | xt) with
 *
 *   q(y | xt) = N(y; aᵀ E[x | xt], s² + aᵀ V a).
 *
 * DiEM resamples 2²⁰ points of p(xt). Here half of the points come from p(xt) and half from the exact p(xt |
 * y): with both in the denominator (multiple importance sampling, Veach & Guibas 1995),
 *
 *   weight ∝ p(xt) q(y | xt) / (½ p(xt) + ½ p(xt | y)) = q(y | xt) / (½ + ½ p(y | xt)/p(y)),
 *
 * the same distribution needs far fewer points, and none that q reaches is left out.
 */
import { mixtureDenoiser, mixtureWeights } from '../../src/diffusion/index.ts'
import {
  type ConditionalCovariance,
  gaussianPosteriorCovariance,
  timeCovariance,
  tweedieCovariance,
  zeroCovariance,
} from '../../src/posterior/index.ts'
import {
  add,
  broadcastTo,
  constant,
  div,
  exp,
  expandDims,
  full,
  jit,
  log,
  matmul,
  mul,
  type NdArray,
  ndarray,
  rows,
  square,
  sub,
  sum,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import {
  asPoints,
  evidence,
  mixtureOf,
  NOISE,
  type Problem,
  posteriorPoints,
  priorCovariance,
  priorPoints,
  SIZE,
  systematic,
  THICKNESS,
} from './problem.ts'

/** The choices of V, in the order of the figure. */
export const choices = ['Tweedie', '(Σx⁻¹ + Σt⁻¹)⁻¹', 'Σt', '0'] as const
export type Choice = (typeof choices)[number]

const covariancesOf = (problem: Problem): Readonly<Record<Choice, ConditionalCovariance>> => ({
  Tweedie: tweedieCovariance,
  '(Σx⁻¹ + Σt⁻¹)⁻¹': gaussianPosteriorCovariance(priorCovariance(problem)),
  Σt: timeCovariance,
  '0': zeroCovariance,
})

/** log N(y; m, v) of gap = y − m. */
const logNormal = (gap: Tensor, v: Tensor): Tensor =>
  mul(add(div(square(gap), v), log(mul(v, 2 * Math.PI))), -0.5)

/** log q(y | xt) for one choice, [B]. */
const logGuess = ({ y, a }: Problem, xhat: Tensor, V: (v: Tensor) => Tensor): Tensor => {
  const direction = constant(ndarray(a, [1, SIZE], 'float64'))
  const along = (v: Tensor): Tensor => sum(mul(v, direction), { axes: 1 })
  return logNormal(sub(y, along(xhat)), add(along(V(broadcastTo(direction, xhat.shape))), NOISE ** 2))
}

/** p(y | xt) = Σ_k p(k | xt) N(y; aᵀ m_k, s² + |a|² τ²σ²/(τ² + σ²)), m_k = μ_k + share (xt − μ_k), [B]. */
const exactLikelihood = (problem: Problem, xt: Tensor, sigma: Tensor): Tensor => {
  const mixture = mixtureOf(problem)
  const a = constant(ndarray(problem.a, [SIZE, 1], 'float64'))
  const power = problem.a.reduce((total, v) => total + v * v, 0)
  const s2 = square(expandDims(sigma, 1)) // [B, 1]
  const share = div(THICKNESS ** 2, add(s2, THICKNESS ** 2))
  const v = add(mul(mul(share, s2), power), NOISE ** 2)
  const means = matmul(a, constant(mixture.means), { transA: true, transB: true }) // aᵀ μ_k, [1, K]
  const own = add(mul(means, sub(1, share)), mul(matmul(xt, a), share)) // aᵀ m_k, [B, K]
  return sum(mul(mixtureWeights(mixture, xt, sigma), exp(logNormal(sub(problem.y, own), v))), { axes: 1 })
}

/** Everything about a batch of points [B, 3]: log q(y | xt) of each choice, and p(y | xt). */
export const likelihoods = (problem: Problem) =>
  jit((xt: Tensor, sigma: Tensor) => {
    const xhat = mixtureDenoiser(mixtureOf(problem))(xt, sigma)
    const covariances = covariancesOf(problem)
    const guess = (choice: Choice) =>
      logGuess(
        problem,
        xhat,
        covariances[choice](sigma, (v) => vjp(xhat, xt, v)),
      )
    return { guesses: choices.map(guess), exact: exactLikelihood(problem, xt, sigma) }
  })

/** Points of a batch of the compiled program. */
const BATCH = 4096

/** How many points there are, and of how many proposals. */
export interface Counts {
  /** Points of each distribution. */
  readonly points: number
  /** Proposals; a multiple of 8192. */
  readonly proposals: number
}

/** Both kinds of proposals, each in order along the curve, which resampling in order keeps. */
const proposalsOf = (problem: Problem, sigma: number, count: number): Float64Array => {
  const parts = [
    priorPoints(problem, sigma, count / 2, 'proposal prior'),
    posteriorPoints(problem, sigma, count / 2, 'proposal posterior'),
  ]
  const all = new Float64Array(count * SIZE)
  for (const [i, part] of parts.entries()) all.set(part, (i * count * SIZE) / 2)
  return all
}

const resampled = (
  points: Float64Array,
  logWeights: readonly number[],
  count: number,
): NdArray<'float64'> => {
  const most = logWeights.reduce((a, b) => Math.max(a, b), -Infinity)
  const chosen = systematic(
    logWeights.map((w) => Math.exp(w - most)),
    count,
    0.5,
  )
  return asPoints(
    Float64Array.from(chosen.flatMap((i) => Array.from(points.subarray(SIZE * i, SIZE * (i + 1))))),
  )
}

/** Points [points, 3] of q(xt | y) for every choice of V, in their order; compiled for a problem. */
export const guided = (problem: Problem) => {
  const program = likelihoods(problem)
  const total = evidence(problem)
  const at = async (sigma: number, { points, proposals }: Counts): Promise<NdArray<'float64'>[]> => {
    const all = proposalsOf(problem, sigma, proposals)
    const weights = choices.map((): number[] => [])
    for (let from = 0; from < proposals; from += BATCH) {
      const batch = rows(asPoints(all), from, from + BATCH)
      const { guesses, exact } = await program(batch, full([BATCH], sigma, 'float64'))
      const balance = toNumbers(exact).map((p) => Math.log(0.5 + (0.5 * p) / total))
      for (const [c, guess] of guesses.entries())
        weights[c].push(...toNumbers(guess).map((q, i) => q - balance[i]))
    }
    return weights.map((logWeights) => resampled(all, logWeights, points))
  }
  return { at, release: program.release }
}
