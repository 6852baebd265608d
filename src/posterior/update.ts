/**
 * The update of x̂ by y. With x | xt taken as N(x̂, V) and y = A x + n, n ~ N(0, Σy), the residual
 * e = y − A x̂ is N(0, C) with C = Σy + A V Aᵀ, and E[x | xt, y] = x̂ + V u with the update
 *
 *   u = Aᵀ (Σy + A V Aᵀ)⁻¹ (y − A x̂).
 *
 * Methods differ by V and by what they do with u:
 *
 *   MMPS      V = σ² Jᵀ             x̂ + V u
 *   TMPD      V = diag(σ² Jᵀ 1)     x̂ + σ² Jᵀ u
 *   ΠGDM      V = σ²/(1 + σ²) I     xs + V Jᵀ u
 *   DiffPIR   V = σ²/λ I            x̂ + V u
 *   a Gaussian prior, V = Σ         x̂ + Σ u, x̂ a draw of it: Matheron's rule
 */
import { type Covariance, covarianceTimes, type Linear, type Solver } from '../linalg/index.ts'
import { type LinearOperator, linearAt, type Observation } from '../operators/index.ts'
import { add, sub, type Tensor } from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'

/**
 * y − A x.
 *
 * @throws TweedieError `shape` when y is not [B, ...outShape] of the operator, or one such row
 */
export const residual = ({ y, A }: Pick<Observation, 'y' | 'A'>, x: Tensor): Tensor => {
  if (String(y.shape.slice(1)) !== String(A.outShape))
    shapeError('y', `operator '${A.name}' makes observations [B, ${A.outShape}], got y [${y.shape}]`)
  const [rows, batch] = [y.shape[0], x.shape[0]]
  if (rows !== batch && rows !== 1)
    shapeError('y', `got ${rows} observations for a batch of ${batch}; one for each, or one for all`)
  return sub(y, A.apply(x))
}

/** The covariance of the residual, by products on the space of y. */
export interface ResidualCovariance {
  /** v ↦ A V Aᵀ v. */
  readonly spread: Linear
  /** v ↦ C v = Σy v + A V Aᵀ v. */
  readonly C: Linear
}

/** C = Σy + A V Aᵀ of a linear operator. */
export const residualCovariance = (A: LinearOperator, noise: Covariance, V: Linear): ResidualCovariance => {
  const spread = (v: Tensor) => A.apply(V(A.adjoint(v)))
  return { spread, C: (v) => add(covarianceTimes(noise, v), spread(v)) }
}

/**
 * The residual as a Gaussian (the innovation of the Kalman filter), for those who solve in a way of their
 * own.
 */
export interface Innovation extends ResidualCovariance {
  /** e = y − A x̂. */
  readonly e: Tensor
  /** A, or its derivative at x̂ where it is not linear. */
  readonly A: LinearOperator
}

/** e = y − A x̂ and its covariance C. */
export const innovation = (observation: Observation, xhat: Tensor, V: Linear): Innovation => {
  const A = linearAt(observation.A, xhat)
  return { e: residual(observation, xhat), A, ...residualCovariance(A, observation.noise, V) }
}

/**
 * u = Aᵀ (Σy + A V Aᵀ)⁻¹ (y − A x̂), like x̂.
 *
 * @param xhat - x̂, [B, ...event]
 * @param V - v ↦ V v on the space of x
 * @param solve - how exactly the system is solved
 * @throws TweedieError `shape` when y is not [B, ...outShape] of the operator
 *
 * @example
 * ```ts
 * const D = add(xhat, V(update(observation, xhat, V, cg({ iterations: 3 }))))
 * ```
 */
export const update = (observation: Observation, xhat: Tensor, V: Linear, solve: Solver): Tensor => {
  const { e, A, C, spread } = innovation(observation, xhat, V)
  return A.adjoint(solve(C, e, spread))
}

/**
 * E[x | xt, y] = x̂ + V u for an exact V, by no more products with V than the solver makes: u is Aᵀ of a sum
 * of its directions, and V Aᵀ of each is known. Where V is the Jacobian of a network, that saves one.
 *
 * @param xhat - x̂, [B, ...event]
 * @param V - v ↦ V v on the space of x
 * @throws TweedieError `shape` when y is not [B, ...outShape] of the operator
 *
 * @example
 * ```ts
 * const D = updated(observation, xhat, V, cg({ iterations: 3 }))
 * ```
 */
export const updated = (observation: Observation, xhat: Tensor, V: Linear, solve: Solver): Tensor => {
  const { e, A, C, spread } = innovation(observation, xhat, V)
  return add(
    xhat,
    solve(C, e, spread, (v) => V(A.adjoint(v))),
  )
}
