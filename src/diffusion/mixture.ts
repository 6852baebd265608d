/** Mixtures of isotropic Gaussians: an analytic, multimodal prior. */
import {
  add,
  alignTo,
  constant,
  div,
  expandDims,
  log,
  matmul,
  mul,
  type NdArray,
  reshape,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'

/** Σ_k w_k N(μ_k, τ_k² I): weights [K] (positive, sum 1), means [K, N], variances [K]; one dtype. */
export interface Mixture {
  readonly weights: NdArray
  readonly means: NdArray
  readonly variances: NdArray
}

/** p(k | xt) [B, K] and the constants of each component. */
const responsibilities = ({ weights, means, variances }: Mixture, x: Tensor, s2: Tensor): Tensor => {
  const mu = constant(means)
  const total = add(s2, constant(variances))
  const distance = add(
    sub(sum(square(x), { axes: 1, keepdims: true }), mul(matmul(x, mu, { transB: true }), 2)),
    sum(square(mu), { axes: 1 }),
  )
  const n = means.shape[1]
  return softmax(sub(log(constant(weights)), add(div(mul(distance, 0.5), total), mul(log(total), n / 2))))
}

/**
 * E[x | xt] = Σ w_k m_k with w_k ∝ π_k N(xt; μ_k, (τ_k² + σ²)I) and m_k = μ_k + τ_k²/(τ_k² + σ²)(xt − μ_k).
 * Events are flattened to N entries.
 */
export const mixtureDenoiser =
  (mixture: Mixture): Denoiser =>
  (xt, sigma) => {
    const x = reshape(xt, [xt.shape[0], -1])
    const s2 = square(expandDims(sigma, 1))
    const w = responsibilities(mixture, x, s2)
    const share = div(constant(mixture.variances), add(s2, constant(mixture.variances)))
    const own = matmul(mul(w, sub(1, share)), constant(mixture.means))
    return reshape(add(own, mul(x, sum(mul(w, share), { axes: 1, keepdims: true }))), xt.shape)
  }

/** Posterior weights p(k | xt), [B, K]. */
export const mixtureWeights = (mixture: Mixture, xt: Tensor, sigma: Tensor): Tensor =>
  responsibilities(
    mixture,
    reshape(xt, [xt.shape[0], -1]),
    square(alignTo(sigma, reshape(xt, [xt.shape[0], -1]))),
  )
