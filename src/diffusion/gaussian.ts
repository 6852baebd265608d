/**
 * Gaussian priors N(μ, Σ), whose denoiser is known: E[x | xt] = μ + G (xt − μ) with the gain G = Σ (Σ + σ²I)⁻¹, and
 * whose posterior covariance is V[x | xt] = σ² G. Written with G, nothing cancels at large σ, unlike in the
 * textbook form σ²I − σ⁴(Σ + σ²I)⁻¹.
 */
import { TweedieError } from '../error.ts'
import { solveSpd } from '../linalg/index.ts'
import {
  add,
  alignTo,
  constant,
  div,
  expandDims,
  matmul,
  mul,
  type NdArray,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** A Gaussian over events of N entries: mean [N], and a covariance. Arrays are float32 or float64, all alike. */
export interface Gaussian {
  readonly mean: NdArray
  readonly covariance: GaussianCovariance
}

/** Forms of a covariance that are cheap to invert. */
export type GaussianCovariance =
  /** s I. */
  | { readonly kind: 'isotropic'; readonly variance: number }
  /** diag(d), d [N]. */
  | { readonly kind: 'diagonal'; readonly variance: NdArray }
  /** d I + U Uᵀ with orthogonal columns of U [N, r], as PPCA gives. */
  | { readonly kind: 'ppca'; readonly variance: number; readonly factor: NdArray }
  /** diag(d) + U Uᵀ, d [N], U [N, r] any. */
  | { readonly kind: 'lowRank'; readonly variance: NdArray; readonly factor: NdArray }

/** The standard normal in N dimensions. */
export const standardGaussian = (n: number, mean: NdArray = zeros([n])): Gaussian => ({
  mean,
  covariance: { kind: 'isotropic', variance: 1 },
})

/** v ↦ Σ (Σ + σ²I)⁻¹ v for v [B, N] and σ² [B, 1]. */
const gain = (covariance: GaussianCovariance, s2: Tensor, v: Tensor): Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return mul(v, div(covariance.variance, add(s2, covariance.variance)))
    case 'diagonal': {
      const d = constant(covariance.variance)
      return mul(v, div(d, add(s2, d)))
    }
    case 'ppca': {
      // Eigenvalues λ = d + ‖u‖² along the columns u, d elsewhere: λ/(λ + σ²) = d/(d + σ²) + σ²‖u‖²/((λ + σ²)(d + σ²)).
      const d = covariance.variance
      const u = constant(covariance.factor)
      const lambda = add(sum(square(u), { axes: 0, keepdims: true }), d)
      const along = div(s2, mul(add(s2, lambda), add(s2, d)))
      return add(mul(v, div(d, add(s2, d))), matmul(mul(matmul(v, u), along), u, { transB: true }))
    }
    case 'lowRank': {
      // Woodbury with E = d + σ²: G v = (d/E) v + σ² E⁻¹ U K⁻¹ Uᵀ E⁻¹ v, K = I + Uᵀ E⁻¹ U.
      const d = constant(covariance.variance)
      const u = constant(covariance.factor)
      const e = add(s2, d)
      const scaled = div(expandDims(u, 0), expandDims(e, 2))
      const k = matmul(u, scaled, { transA: true })
      const w = solveSpd(k, expandDims(matmul(div(v, e), u), 2), { ridge: 1 })
      const [b, r] = w.shape
      return add(mul(v, div(d, e)), mul(div(s2, e), matmul(reshape(w, [b, r]), u, { transB: true })))
    }
  }
}

const flat = (v: Tensor, fn: (v: Tensor) => Tensor): Tensor =>
  reshape(fn(reshape(v, [v.shape[0], -1])), v.shape)

/**
 * The exact denoiser of a Gaussian prior; events of any shape with N entries.
 *
 * @throws TweedieError `shape` when an event does not have N entries
 */
export const gaussianDenoiser =
  ({ mean, covariance }: Gaussian): Denoiser =>
  (xt, sigma) => {
    const n = xt.shape.slice(1).reduce((a, d) => a * d, 1)
    if (n !== mean.size)
      throw new TweedieError(
        'shape',
        `gaussian prior over ${mean.size} entries, got events [${xt.shape.slice(1)}]`,
      )
    const mu = constant(mean)
    const s2 = square(expandDims(sigma, 1))
    return flat(xt, (v) => add(mu, gain(covariance, s2, sub(v, mu))))
  }

/** The exact V[x | xt] v = σ² Σ (Σ + σ²I)⁻¹ v of a Gaussian prior, for v [B, ...event] and sigma [B]. */
export const gaussianCovariance = (covariance: GaussianCovariance, sigma: Tensor, v: Tensor): Tensor =>
  mul(
    square(alignTo(sigma, v)),
    flat(v, (w) => gain(covariance, square(expandDims(sigma, 1)), w)),
  )

/** Σ v for v [B, N]. */
export const covarianceTimes = (covariance: GaussianCovariance, v: Tensor): Tensor => {
  if (covariance.kind === 'isotropic') return mul(v, covariance.variance)
  if (covariance.kind === 'diagonal') return mul(v, constant(covariance.variance))
  const d = covariance.kind === 'ppca' ? covariance.variance : constant(covariance.variance)
  const u = constant(covariance.factor)
  return add(mul(v, d), matmul(matmul(v, u), u, { transB: true }))
}
