/**
 * Tweedie moment projected diffusion (Boys et al. 2023): with Tweedie's covariance V = σ² Jᵀ,
 *
 *   E[x | xt, y] ≈ x̂ + σ² Jᵀ Aᵀ u,
 *
 * where the covariance in the system for u is made diagonal: each row's sum takes the place of the row. J is
 * symmetric where the denoiser is a gradient field; a product with Jᵀ is what it costs least to make.
 *
 * `rowsum` (the benchmark of Rozet et al. 2024): the rows of V, in the space of x, are summed,
 * (Σy + A diag(σ² Jᵀ 1) Aᵀ) u = e by a solver; as published, below 0 too.
 *
 * `diagonal` (the authors' code, azula): the rows of A V Aᵀ, in the space of y, u = e/(Σy 1 + σ² A Jᵀ Aᵀ 1),
 * without a solver. The authors take A 1 for 1 in the space of y, which is the same where the rows of A sum
 * to 1 or an entry was not seen: for masks, means, blur. The variance is kept from falling below 0, which the
 * Jacobian of a network does not promise; neither of them does.
 *
 * Cost: one network evaluation and two vector–Jacobian products.
 */
import { covarianceTimes, gmres, type Solver } from '../linalg/index.ts'
import { add, alignTo, div, fullLike, maximum, mul, square, type Tensor, vjp } from '../tensor/index.ts'
import { rowSumCovariance, tweedieCovariance } from './conditional-covariance.ts'
import type { GuidanceMethod } from './method.ts'
import { guidanceEntry, withDefaults } from './method-entry.ts'
import { mmps } from './mmps.ts'
import { innovation } from './update.ts'

const settings = {
  form: {
    kind: 'choice',
    default: 'rowsum',
    choices: ['rowsum', 'diagonal'],
    description: 'where rows are summed: in the space of x, or in that of y',
  },
} as const

/** Options of {@link tmpd}. */
export interface TmpdOptions {
  /** Default `rowsum`. */
  readonly form?: 'rowsum' | 'diagonal'
  /** For the row-sum form; default five iterations of GMRES. */
  readonly solve?: Solver
}

const byDiagonal: GuidanceMethod = (prior, observation) => (xt, sigma) => {
  const xhat = prior(xt, sigma)
  const pullback = (v: Tensor) => vjp(xhat, xt, v) // Jᵀ v
  const { e, A, spread } = innovation(observation, xhat, tweedieCovariance(sigma, pullback))
  const ones = fullLike(e, 1)
  const variance = add(covarianceTimes(observation.noise, ones), maximum(spread(ones), 0))
  return add(xhat, mul(square(alignTo(sigma, xt)), pullback(A.adjoint(div(e, variance)))))
}

/**
 * TMPD; any differentiable operator.
 *
 * @example
 * ```ts
 * const posterior = tmpd({ form: 'diagonal' })(prior, observation)
 * ```
 */
export const tmpd = ({ solve = gmres({ iterations: 5 }), ...options }: TmpdOptions = {}): GuidanceMethod => {
  const { form } = withDefaults('tmpd', settings, { ...options })
  return form === 'diagonal' ? byDiagonal : mmps({ solve, covariance: rowSumCovariance })
}

/** TMPD in the list of methods. */
export const tmpdEntry = guidanceEntry({
  name: 'tmpd',
  title: 'TMPD',
  reference: 'Boys et al. 2023',
  needs: 'any',
  usesNoise: true,
  settings,
  make: tmpd,
  vjps: () => 2,
})
