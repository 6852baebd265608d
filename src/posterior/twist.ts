/**
 * Twists of a diffusion: approximations l(xt) of p(y | xt) that say which particles have a future, each with a guided
 * denoiser for the proposal. Sequential Monte Carlo (smc.ts) is exact in the limit of many particles for any positive
 * twist and any proposal; good ones need fewer particles (Wu et al. 2023).
 */
import type { Denoiser } from '../diffusion/index.ts'
import type { Linear, Solver } from '../linalg/index.ts'
import { eliminate, gmres } from '../linalg/index.ts'
import type { Observation } from '../operators/index.ts'
import { linearAt } from '../operators/index.ts'
import {
  add,
  alignTo,
  cast,
  constant,
  div,
  fullLike,
  log,
  maximum,
  mul,
  ndarray,
  reshape,
  type Shape,
  square,
  stack,
  sub,
  sum,
  sumRows,
  type Tensor,
  vjp,
} from '../tensor/index.ts'
import { type Covariance, onesCovariance } from './covariance.ts'

/** What particles are told at xt. */
export interface Twisted {
  /** x̂ = D(xt), which makes the untwisted step. */
  readonly xhat: Tensor
  /** What makes the proposed step. */
  readonly guided: Tensor
  /** log l(xt) up to a constant, [B], float64. */
  readonly logTwist: Tensor
}

/** A twist of a prior towards an observation. */
export type Twist = (prior: Denoiser, observation: Observation) => (xt: Tensor, sigma: Tensor) => Twisted

/** Smallest variance: the row sums of a noise that is not diagonal may be anything. */
const SMALLEST = 1e-30

/** log N(e; 0, diag(variance)) + const, [B]. */
const logDiagonal = (e: Tensor, variance: Tensor): Tensor => {
  const [wide, v] = [cast(e, 'float64'), maximum(cast(variance, 'float64'), SMALLEST)]
  return mul(sumRows(add(div(square(wide), v), log(v))), -0.5)
}

/**
 * l = N(y; A x̂, Σy + r) with the variance r added to each entry of y, and the gradient of log l as guidance: the
 * twist of TDS (Wu et al. 2023). Entries of y are taken as independent.
 *
 * @param variance - r(σ) as a covariance v ↦ r v, default σ²/(1 + σ²)
 */
export const isotropicTwist =
  (variance: Covariance = onesCovariance): Twist =>
  (prior, { y, A, noise }) =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const dA = linearAt(A, xhat)
    const e = sub(y, A.apply(xhat))
    const ones = fullLike(e, 1)
    const total = add(maximum(noise.apply(ones), 0), variance(sigma, () => ones)(ones))
    const gradient = vjp(xhat, xt, dA.adjoint(div(e, total)))
    return {
      xhat,
      guided: add(xhat, mul(square(alignTo(sigma, xt)), gradient)),
      logTwist: logDiagonal(e, total),
    }
  }

/** C as matrices [B, M, M], from its products with the M unit vectors; symmetric parts, float64. */
const denseOf = (C: Linear, [batch, ...event]: Shape, dtype: Tensor['dtype']): Tensor => {
  const m = event.reduce((a, d) => a * d, 1)
  const columns = Array.from({ length: m }, (_, j) => {
    const unit = ndarray(
      Array.from({ length: batch * m }, (_, i) => (i % m === j ? 1 : 0)),
      [batch, ...event],
      dtype,
    )
    return cast(reshape(C(constant(unit)), [batch, m]), 'float64')
  })
  return mul(add(stack(columns, 1), stack(columns, 2)), 0.5)
}

/** Pivots of a matrix of covariance that fall below this share of its mean diagonal are rounding. */
const PIVOT = 1e-10

/** C⁻¹ e by elimination, and log N(e; 0, C) + const, [B]. */
const denseGaussian = (C: Linear, e: Tensor): { u: Tensor; logDensity: Tensor } => {
  const [batch] = e.shape
  const k = denseOf(C, e.shape, e.dtype)
  const m = k.shape[1]
  const eye = constant(
    ndarray(
      Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0)),
      [1, m, m],
      'float64',
    ),
  )
  const floor = mul(sum(mul(k, eye), { axes: [1, 2], keepdims: true }), PIVOT / m)
  const column = reshape(cast(e, 'float64'), [batch, m, 1])
  const { x, logDet } = eliminate(k, column, { floor: maximum(floor, 1e-300) })
  const energy = add(sumRows(mul(column, x)), reshape(logDet, [batch]))
  return { u: reshape(cast(x, e.dtype), e.shape), logDensity: mul(energy, -0.5) }
}

/** Options of {@link mmpsTwist}. */
export interface MmpsTwistOptions {
  /**
   * `dense` builds Σy + A V Aᵀ by M products, for observations of M ≤ 32 or so entries: the density is MMPS's own.
   * `diagonal` keeps only its row sums, any M. Default: `dense` up to M = 32.
   */
  readonly density?: 'dense' | 'diagonal'
  /** For the diagonal density, the solver of the guidance; default five iterations of GMRES. */
  readonly solve?: Solver
}

/** Observations with at most so many entries have a dense covariance by default. */
const DENSE = 32

/**
 * l = N(y; A x̂, Σy + A V Aᵀ) with Tweedie's V = σ² Jᵀ, guided by MMPS (Rozet et al. 2024). The derivative of V is
 * neglected in the guidance, as there: weights make up for it.
 *
 * Cost: one network evaluation and M + 1 vector–Jacobian products (dense), or those of the solver and two more
 * (diagonal).
 */
export const mmpsTwist =
  ({ density, solve = gmres({ iterations: 5 }) }: MmpsTwistOptions = {}): Twist =>
  (prior, { y, A, noise }) =>
  (xt, sigma) => {
    const xhat = prior(xt, sigma)
    const dA = linearAt(A, xhat)
    const s2 = square(alignTo(sigma, xt))
    const back = (u: Tensor) => mul(s2, vjp(xhat, xt, dA.adjoint(u))) // σ² Jᵀ Aᵀ u
    const spread = (u: Tensor) => dA.apply(back(u))
    const C = (u: Tensor) => add(noise.apply(u), spread(u))
    const e = sub(y, A.apply(xhat))
    const m = e.shape.slice(1).reduce((a, d) => a * d, 1)
    if ((density ?? (m <= DENSE ? 'dense' : 'diagonal')) === 'dense') {
      const { u, logDensity } = denseGaussian(C, e)
      return { xhat, guided: add(xhat, back(u)), logTwist: logDensity }
    }
    const ones = fullLike(e, 1)
    const variance = add(noise.apply(ones), maximum(spread(ones), 0))
    return { xhat, guided: add(xhat, back(solve(C, e))), logTwist: logDiagonal(e, variance) }
  }

/** log p(y | x) + const, [B], float64: −½ eᵀ Σy⁻¹ e. */
export const logLikelihood = ({ y, A, noise }: Observation, x: Tensor): Tensor => {
  const e = sub(y, A.apply(x))
  return mul(sumRows(mul(cast(e, 'float64'), cast(noise.inverse(e), 'float64'))), -0.5)
}
