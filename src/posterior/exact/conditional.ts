/**
 * The posterior denoiser without an approximation and without a solve, from a denoiser of anisotropic noise.
 * Of y = A x + s n and xt = x + σ z, x sees only
 *
 *   m = Λ⁻¹ (xt/σ² + Aᵀy/s²),   Λ = I/σ² + AᵀA/s²,   m | x ~ N(x, Λ⁻¹),
 *
 * which is sufficient, so that E[x | xt, y] = E[x | m]. In an orthonormal basis in which AᵀA = diag(λ) the
 * noise of m has a level for each coefficient, τ² = σ² s²/(s² + λ σ²), and there
 *
 *   m = τ² (xt/σ² + Aᵀy/s²).
 */
import type { AnisotropicDenoiser, Denoiser } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import type { Covariance } from '../../linalg/index.ts'
import { type Eigenbasis, type Observation, requireLinear } from '../../operators/index.ts'
import {
  add,
  alignTo,
  broadcastTo,
  div,
  mul,
  NdArray,
  reshape,
  sqrt,
  square,
  type Tensor,
} from '../../tensor/index.ts'
import type { GuidanceMethod } from '../method.ts'

/** What the noise of m takes of an observation: the basis, and s². */
export interface Sufficient {
  readonly basis: Eigenbasis
  /** One number, or [B] where each observation of a batch has its own. */
  readonly variance: number | Tensor
}

/** s² of noise that is the same on all entries of an observation. */
const variance = (noise: Covariance): number | Tensor => {
  if (noise.kind === 'isotropic') return noise.variance
  if (noise.kind === 'diagonal' && !(noise.variance instanceof NdArray)) {
    const [batch, ...rest] = noise.variance.shape
    if (rest.every((size) => size === 1)) return reshape(noise.variance, [batch])
  }
  throw new TweedieError(
    'input',
    `conditional: needs the same noise on all entries of an observation, got ${noise.kind}`,
  )
}

/** s² as it multiplies c. */
const along = (s2: number | Tensor, c: Tensor): number | Tensor =>
  typeof s2 === 'number' ? s2 : alignTo(s2, c)

/**
 * The basis and the noise of an observation.
 *
 * @throws TweedieError `input` for operators whose AᵀA has no known basis, and noise that differs between
 *   the entries of an observation
 */
export const sufficientOf = ({ A, noise }: Pick<Observation, 'A' | 'noise'>): Sufficient => {
  const { eigenbasis: basis, name } = requireLinear(A, 'conditional')
  if (basis) return { basis, variance: variance(noise) }
  throw new TweedieError('input', `conditional: no basis is known in which '${name}' is diagonal; use mmps`)
}

/**
 * The levels τ of m, like c.
 *
 * @param lambda - eigenvalues of AᵀA as they multiply c; 0 where nothing was seen
 */
export const levelsOfSufficient = (
  lambda: Tensor,
  variance: number | Tensor,
  sigma: Tensor,
  c: Tensor,
): Tensor => {
  const [sigma2, s2] = [square(alignTo(sigma, c)), along(variance, c)]
  return broadcastTo(sqrt(div(mul(sigma2, s2), add(mul(lambda, sigma2), s2))), c.shape)
}

/**
 * E[x | xt, y] = E[x | m] of a denoiser of anisotropic noise: one evaluation, no solve, no vector–Jacobian
 * product.
 *
 * @param D - E[x | m] in the operator's `eigenbasis`
 * @throws TweedieError `input` as {@link sufficientOf}
 *
 * @example
 * ```ts
 * const posterior = conditionalDenoiser(gaussianAnisotropic(gaussian), observation)
 * ```
 */
export const conditionalDenoiser = (D: AnisotropicDenoiser, observation: Observation): Denoiser => {
  const { basis, variance: s2 } = sufficientOf(observation)
  const { forward, inverse, eigenvalues } = basis
  const seen = forward(requireLinear(observation.A, 'conditional').adjoint(observation.y))
  return (xt, sigma) => {
    const c = forward(xt)
    const tau = levelsOfSufficient(eigenvalues(c), s2, sigma, c)
    const T = square(tau)
    const m = add(mul(c, div(T, square(alignTo(sigma, c)))), mul(seen, div(T, along(s2, c))))
    return inverse(D(m, tau, sigma))
  }
}

/**
 * {@link conditionalDenoiser} as a method: it takes the place of the prior that the sampler is given. Exact
 * when D is.
 *
 * @param D - E[x | m] in the operator's `eigenbasis`
 * @throws TweedieError `input` (when the program is traced) as {@link sufficientOf}
 *
 * @example
 * ```ts
 * const D = gaussianAnisotropic(gaussian, exactSolve())
 * const draw = compileMethod(conditional(D), gaussianDenoiser(gaussian), observationOf, { steps: 64 })
 * ```
 */
export const conditional =
  (D: AnisotropicDenoiser): GuidanceMethod =>
  (_, observation) =>
    conditionalDenoiser(D, observation)
