/**
 * Gold draws: Gibbs sampling of p(x | y) for walks with (Bernoulli–)Laplace increments of scale 1. An
 * increment is u_i = v_i √w_i z_i with v_i Bernoulli and w_i exponential of mean 2 (Andrews & Mallows 1974);
 * given v and w, x | y is a Gaussian chain. One sweep (as Bohra et al. 2023, who solve densely) draws
 *
 *   w | u, v      1/w_i inverse Gaussian of mean 1/|u_i| and shape 1 where v_i = 1 (Park & Casella 2008),
 *                 the exponential where v_i = 0;
 *   v | w, y      one v_i after the other with x integrated out: what y_i … y_N say of x_i is a Gaussian
 *                 message from the right, what came before a Kalman filter (Gerlach, Carter & Kohn 2000);
 *   x | v, w, y   backwards from the filter.
 */
import { normal, stream, uniform } from '../../../src/random/index.ts'
import { toNumbers } from '../../../src/tensor/index.ts'

/** What a chain is run on. */
export interface GibbsProblem {
  readonly active: number
  /** [N]. */
  readonly y: ArrayLike<number>
  /** Standard deviation of y_i given x_i. */
  readonly noise: number
}

/** How long: a draw after every `thin` sweeps, the first `burn` later. */
export interface GibbsLength {
  readonly draws: number
  readonly burn: number
  readonly thin: number
}

/** The state of a chain: increments u, which are active v, variances w; the filter's means and variances. */
interface Chain {
  readonly u: Float64Array
  readonly v: Uint8Array
  readonly w: Float64Array
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Random numbers of one sweep, one normal and one uniform for each use. */
interface Chances {
  normal(): number
  uniform(): number
}

const BLOCK = 1 << 15

/** As many numbers as asked for, of a stream. */
const chances = (seed: number, name: string): Chances => {
  const source = (fill: (block: number) => readonly number[]) => {
    let [block, at] = [0, BLOCK]
    let values: readonly number[] = []
    return () => {
      if (at === BLOCK) [values, at] = [fill(block++), 0]
      return values[at++]
    }
  }
  return {
    normal: source((step) => toNumbers(normal(stream(seed, `${name} normal`), [BLOCK], { step }))),
    uniform: source((step) => toNumbers(uniform(stream(seed, `${name} uniform`), [BLOCK], { step }))),
  }
}

/** 1/w of an inverse Gaussian of mean μ and shape 1 (Michael, Schucany & Haas 1976). */
const inverseGaussian = (mu: number, { normal: z, uniform: u }: Chances): number => {
  const k = mu * z() ** 2
  const small = mu * (2 / (2 + k + Math.sqrt(k * (k + 4)))) // μ + μk/2 − μ√(4k + k²)/2 without cancellation
  return u() * (mu + small) <= mu ? small : mu ** 2 / small
}

const drawVariances = ({ u, v, w }: Chain, chance: Chances): void => {
  for (let i = 0; i < u.length; i++)
    w[i] = v[i]
      ? 1 / inverseGaussian(1 / Math.max(Math.abs(u[i]), 1e-12), chance)
      : -2 * Math.log(chance.uniform())
}

/** v and the filter, from left to right. */
const drawActive = (chain: Chain, { active, y, noise }: GibbsProblem, chance: Chances): void => {
  const { v, w, mean, variance } = chain
  const [precision, pull] = fromRight(chain, { active, y, noise })
  const seen = noise ** -2
  let [m, P] = [0, 0]
  for (let i = 0; i < v.length; i++) {
    const [L, xi] = [precision[i] + seen, pull[i] + y[i] * seen]
    const evidence = (q: number): number =>
      -0.5 * Math.log1p(q * L) + (0.5 * (xi * xi * q + 2 * xi * m - L * m * m)) / (1 + q * L)
    if (active < 1) {
      const odds = Math.log(active / (1 - active)) + evidence(P + w[i]) - evidence(P)
      v[i] = chance.uniform() < 1 / (1 + Math.exp(-odds)) ? 1 : 0
    }
    const predicted = P + v[i] * w[i]
    P = predicted / (1 + predicted * seen)
    m += P * seen * (y[i] - m)
    mean[i] = m
    variance[i] = P
  }
}

/** What y_{i+1} … y_N say of x_i given v and w: precision, and precision times mean. */
const fromRight = ({ v, w }: Chain, { y, noise }: GibbsProblem): readonly [Float64Array, Float64Array] => {
  const [precision, pull] = [new Float64Array(v.length), new Float64Array(v.length)]
  const seen = noise ** -2
  for (let i = v.length - 1; i > 0; i--) {
    const L = precision[i] + seen
    const shrink = 1 + v[i] * w[i] * L
    precision[i - 1] = L / shrink
    pull[i - 1] = (pull[i] + y[i] * seen) / shrink
  }
  return [precision, pull]
}

/** x [N] backwards from the filter; where v_i = 0, x_{i−1} is x_i. */
const drawWalk = ({ u, v, w, mean, variance }: Chain, x: Float64Array, chance: Chances): void => {
  const last = x.length - 1
  x[last] = mean[last] + Math.sqrt(variance[last]) * chance.normal()
  for (let i = last; i > 0; i--) {
    const q = v[i] * w[i]
    const gain = q === 0 ? 1 : variance[i - 1] / (variance[i - 1] + q)
    const spread = Math.sqrt(variance[i - 1] * (1 - gain))
    x[i - 1] = mean[i - 1] + gain * (x[i] - mean[i - 1]) + (spread > 0 ? spread * chance.normal() : 0)
    u[i] = x[i] - x[i - 1]
  }
  u[0] = x[0]
}

/**
 * Draws of x given y.
 *
 * @param name - of the random stream: chains of different names are independent
 */
export const gibbsDraws = (
  problem: GibbsProblem,
  { draws, burn, thin }: GibbsLength,
  seed: number,
  name: string,
): Float64Array[] => {
  const N = problem.y.length
  const chance = chances(seed, name)
  const chain: Chain = {
    u: Float64Array.from(problem.y, (v, i) => v - (i > 0 ? problem.y[i - 1] : 0)),
    v: new Uint8Array(N).fill(1),
    w: new Float64Array(N),
    mean: new Float64Array(N),
    variance: new Float64Array(N),
  }
  const x = new Float64Array(N)
  const found: Float64Array[] = []
  for (let sweep = 1; found.length < draws; sweep++) {
    drawVariances(chain, chance)
    drawActive(chain, problem, chance)
    drawWalk(chain, x, chance)
    if (sweep > burn && (sweep - burn) % thin === 0) found.push(x.slice())
  }
  return found
}
