import { TweedieError } from '../error.ts'
import { PRIOR_RANGE } from '../operators/index.ts'
import { stream, uniform } from '../random/index.ts'
import { NdArray, rows } from '../tensor/ndarray.ts'
import type { DataSet, Split } from './data-set.ts'

/**
 * Smooth random manifolds: m intrinsic coordinates z ~ U(0, 1)^m embedded in n dimensions by random Fourier
 * series,
 *
 *     x_d = prod_{j=1..m} sum_{k=1..K} (a_djk / k^alpha) sin(2 pi (k b_djk z_j + c_djk)),   a, b, c ~ U(0,
 *     1),
 *
 * F. Zenke & T. P. Vogels, "The remarkable robustness of surrogate gradient learning …", Neural Computation
 * 33 (2021), with the frequencies k = 1 … K of F. Rozet et al., "Learning diffusion priors from observations
 * by expectation maximization", NeurIPS 2024, section 5.1. The larger alpha, the smoother.
 */
export interface ManifoldOptions {
  /** Intrinsic dimension (default 1). */
  readonly m?: number
  /** Embedding dimension (default 5). */
  readonly n?: number
  /** Decay of the series, > 0 (default 3). */
  readonly alpha?: number
  /** The series stops where k^-alpha ≤ eps, 0 < eps < 1 (default 1e-3). */
  readonly eps?: number
  /** Chooses manifold and points (default 0). */
  readonly seed?: number
  /** Number of points, at least 2 (default 65536). */
  readonly count?: number
}

/**
 * Cutoff K = ceil(eps^(-1/alpha)): 10 for eps 1e-3 and alpha 3. A root that is whole but for rounding counts
 * as whole.
 *
 * @example
 * ```ts
 * manifoldCutoff(3, 1e-3) // 10
 * ```
 */
export const manifoldCutoff = (alpha: number, eps: number): number =>
  Math.ceil(eps ** (-1 / alpha) * (1 - 1e-12))

/** Each column stretched to [-2, 2] by its own least and greatest value. */
const stretched = (x: Float64Array, n: number): Float32Array => {
  const out = new Float32Array(x.length)
  for (let d = 0; d < n; d++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = d; i < x.length; i += n) {
      low = Math.min(low, x[i])
      high = Math.max(high, x[i])
    }
    for (let i = d; i < x.length; i += n) out[i] = 4 * ((x[i] - low) / (high - low)) - 2
  }
  return out
}

const checkOptions = ({ m, n, alpha, eps, count }: Required<ManifoldOptions>): void => {
  const positive = (value: number) => Number.isInteger(value) && value > 0
  if (
    !positive(m) ||
    !positive(n) ||
    !Number.isInteger(count) ||
    count < 2 ||
    !(alpha > 0) ||
    !(eps > 0 && eps < 1)
  ) {
    const given = `m ${m}, n ${n}, count ${count}, alpha ${alpha}, eps ${eps}`
    throw new TweedieError(
      'input',
      `manifold: need m ≥ 1, n ≥ 1, count ≥ 2, alpha > 0, 0 < eps < 1, got ${given}`,
    )
  }
}

/**
 * Points of a smooth random manifold, each coordinate stretched to [-2, 2] over the points drawn.
 *
 * @returns [count, n].
 * @throws TweedieError `input` when an option is out of range.
 * @example
 * ```ts
 * const x = smoothManifold({ n: 5, seed: 0, count: 65536 })
 * ```
 */
export const smoothManifold = (options: ManifoldOptions = {}): NdArray<'float32'> => {
  const all = { m: 1, n: 5, alpha: 3, eps: 1e-3, seed: 0, count: 65536, ...options }
  checkOptions(all)
  const { m, n, alpha, eps, seed, count } = all
  const cutoff = manifoldCutoff(alpha, eps)
  const [a, b, c] = ['a', 'b', 'c'].map(
    (name) => uniform(stream(seed, `manifold ${name}`), [n, m, cutoff]).data,
  )
  const z = uniform(stream(seed, 'manifold z'), [count, m]).data
  const x = new Float64Array(count * n).fill(1)
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < n; d++) {
      for (let j = 0; j < m; j++) {
        let sum = 0
        for (let k = 1; k <= cutoff; k++) {
          const at = (d * m + j) * cutoff + k - 1
          sum += (a[at] / k ** alpha) * Math.sin(2 * Math.PI * (k * b[at] * z[i * m + j] + c[at]))
        }
        x[i * n + d] *= sum
      }
    }
  }
  return new NdArray('float32', [count, n], stretched(x, n))
}

/** Size and seed of the manifold experiment (DiEM 5.1). */
const EXPERIMENT = { m: 1, n: 5, seed: 0 } as const
const POINTS = 65_536

const pointsOf = (split: Split): NdArray<'float32'> => {
  const all = smoothManifold({ ...EXPERIMENT, count: 2 * POINTS })
  return split === 'train' ? rows(all, 0, POINTS) : rows(all, POINTS, 2 * POINTS)
}

export const manifold: DataSet = {
  name: 'manifold',
  summary: 'points on a smooth curve in five dimensions',
  read: (split) => ({ x: pointsOf(split), range: PRIOR_RANGE, view: { kind: 'signal' } }),
}
