/**
 * Forward models A on batches: `apply` maps [B, ...inShape] to [B, ...outShape]. Parameters that
 * differ between observations (a mask per image) are tensors with a batch axis, so one compiled
 * program serves all observations.
 */
import { TweedieError } from '../error.ts'
import { jvp, type Shape, type Tensor, vjp } from '../tensor/index.ts'

interface ForwardModel {
  readonly name: string
  readonly inShape: Shape
  readonly outShape: Shape
  apply(x: Tensor): Tensor
}

/**
 * An orthonormal basis Q of x in which AᵀA is diagonal, AᵀA = Q diag(λ) Qᵀ: there A sees each coefficient by
 * itself.
 */
export interface Eigenbasis {
  /** Shape of the coefficients of one x; as many as its entries. */
  readonly shape: Shape
  /**
   * Whether a coefficient has its place among the points of x: the shape is then [channels, ...points], of x
   * itself or with neighbours as channels, and networks that know where points lie run over it.
   */
  readonly local: boolean
  /**
   * Whether A is a mask of the coefficients, one for each observation: λ is 0 where one was not seen, and
   * elsewhere the same within a factor of 2.
   */
  readonly deletes: boolean
  /** Coefficients c = Qᵀ x, [B, ...shape]. */
  forward(x: Tensor): Tensor
  /** x = Q c. */
  inverse(c: Tensor): Tensor
  /** λ ≥ 0 in the dtype of c, as it multiplies c [B, ...shape]. */
  eigenvalues(c: Tensor): Tensor
}

/** y = A x. */
export interface LinearOperator extends ForwardModel {
  readonly linear: true
  /** Aᵀ y: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩. */
  adjoint(y: Tensor): Tensor
  /** A⁺ y, where it is cheap: A A⁺ A = A. */
  pinv?(y: Tensor): Tensor
  /** Where it is known: the basis in which AᵀA is diagonal. */
  readonly eigenbasis?: Eigenbasis
  /**
   * (A Aᵀ + ρ I)⁻¹ y for ρ > 0 [B], where it is cheap; about it will do, since it preconditions. Without it
   * where A Aᵀ is a multiple of the identity on what is observed: there it would change nothing.
   */
  resolvent?(y: Tensor, ridge: Tensor): Tensor
}

/** The basis of x itself, for masks and for noise alone. @param eigenvalues - λ, as {@link Eigenbasis} */
export const ownBasis = (shape: Shape, eigenvalues: Eigenbasis['eigenvalues']): Eigenbasis => ({
  shape,
  local: true,
  deletes: true,
  forward: (x) => x,
  inverse: (c) => c,
  eigenvalues,
})

/** y = A(x), differentiable; its derivative at a point is {@link linearAt}. */
export interface NonlinearOperator extends ForwardModel {
  readonly linear: false
}

/** Any forward model. */
export type Operator = LinearOperator | NonlinearOperator

/**
 * The derivative of A at x: v ↦ A'(x) v with its transpose; a linear operator is its own derivative.
 *
 * @param x - [B, ...inShape]
 */
export const linearAt = (A: Operator, x: Tensor): LinearOperator => {
  if (A.linear) return A
  return {
    name: `derivative of ${A.name}`,
    linear: true,
    inShape: A.inShape,
    outShape: A.outShape,
    apply: (v) => jvp(A.apply(x), x, v),
    adjoint: (w) => vjp(A.apply(x), x, w),
  }
}

/**
 * A, when it is linear.
 *
 * @param who - the method that needs it, for the message
 * @throws TweedieError `input` for non-linear operators
 */
export const requireLinear = (A: Operator, who: string): LinearOperator => {
  if (A.linear) return A
  throw new TweedieError(
    'input',
    `${who} needs a linear operator, '${A.name}' is not; mmps, dps, tmpd and pigdm take it`,
  )
}

/** A⁺ of a linear operator that has one. @throws TweedieError `input` when it has none */
export const requirePinv = (A: Operator, who: string): ((y: Tensor) => Tensor) => {
  const { pinv, name } = requireLinear(A, who)
  if (pinv) return pinv
  throw new TweedieError('input', `${who} needs the pseudo-inverse of the operator, '${name}' has none`)
}
