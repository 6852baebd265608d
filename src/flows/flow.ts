/**
 * Conditional normalising flows: an invertible map x = G(z, y) of standard normal z for each
 * observation y, so that draws from q(x | y) and its density cost one pass: log q(x | y) = log π(z) −
 * log|det ∂G/∂z| (Rezende & Mohamed 2015).
 */
import { TweedieError } from '../error.ts'
import {
  add,
  constant,
  mul,
  type NdArray,
  type Shape,
  sizeOf,
  square,
  sub,
  sumRows,
  type Tensor,
  type Tree,
  zeros,
} from '../tensor/index.ts'

/**
 * Learned parameters of a flow: weights by gradients, statistics (those of BatchNorm) by averaging over
 * batches.
 */
export type FlowParams<L> = { readonly weights: Tree<L>; readonly statistics: Tree<L> }

/** A batch through the flow, from z to x. */
export interface Sampled<S = Tree<Tensor>> {
  /** [B, ...event]. */
  readonly x: Tensor
  /** [B], log|det ∂x/∂z|. */
  readonly logdet: Tensor
  /** The running statistics after this batch; as they were unless in training. */
  readonly statistics: S
}

/** A batch through the flow, from x to z. */
export interface Inverted {
  /** [B, ...event]. */
  readonly z: Tensor
  /** [B], log|det ∂z/∂x|. */
  readonly logdet: Tensor
}

/** Modes of evaluation. */
export interface FlowMode {
  /**
   * BatchNorm by the statistics of the batch, as in training; the default is by the running ones. Only with
   * these is a row's result its own, and the log-determinant exact.
   */
  readonly training?: boolean
}

/**
 * A conditional flow as pure functions over records of parameters. `P` is the record as arrays, `T` the same
 * as tensors. All shapes are static; z has the shape of x.
 */
export interface Flow<
  P extends FlowParams<NdArray> = FlowParams<NdArray>,
  T extends FlowParams<Tensor> = FlowParams<Tensor>,
> {
  /** Shape of one x, and of one z. */
  readonly event: Shape
  /** Shape of one y. */
  readonly condition: Shape
  /** Fresh parameters: the same for the same seed. */
  init(seed: number): P
  /**
   * Draws: z ↦ x.
   *
   * @param y - [B, ...condition]
   * @param z - [B, ...event], standard normal
   */
  sample(params: T, y: Tensor, z: Tensor, mode?: FlowMode): Sampled<T['statistics']>
  /** The inverse of `sample` (running statistics). */
  inverse(params: T, x: Tensor, y: Tensor): Inverted
}

/** A tensor with what moving to it did to volume: [B, ...] and [B]. */
export interface Moved {
  /** [B, ...]. */
  readonly h: Tensor
  /** [B], log|det| of the move, or [] when it is the same for all rows. */
  readonly logdet: Tensor
}

/** The log-determinant of the identity: [B] zeros. */
export const noChange = (x: Tensor): Tensor => constant(zeros([x.shape[0]], x.dtype))

/** log π(z) = −½‖z‖² − (n/2) log 2π for z [B, ...event]: [B]. */
export const logStandardNormal = (z: Tensor): Tensor =>
  sub(mul(sumRows(square(z)), -0.5), (sizeOf(z.shape.slice(1)) / 2) * Math.log(2 * Math.PI))

/**
 * log q(x | y) = log π(z) + log|det ∂z/∂x| with z = G⁻¹(x, y): [B], in nats.
 *
 * @example
 * ```ts
 * const density = jit((p: FlowParams<Tensor>, x: Tensor, y: Tensor) => logq(flow, p, x, y))
 * ```
 */
export const logq = <P extends FlowParams<NdArray>, T extends FlowParams<Tensor>>(
  flow: Flow<P, T>,
  params: T,
  x: Tensor,
  y: Tensor,
): Tensor => {
  const { z, logdet } = flow.inverse(params, x, y)
  return add(logStandardNormal(z), logdet)
}

/** log q of what `sample` made of z, without inverting: log π(z) − logdet, [B]. */
export const logqOf = (z: Tensor, { logdet }: Pick<Sampled, 'logdet'>): Tensor =>
  sub(logStandardNormal(z), logdet)

/** Fails unless the rows of `t` have the shape that the flow was made for, one for each row of `like`. */
export const expectRows = (who: string, what: string, t: Tensor, event: Shape, rows: number): void => {
  if (t.shape.join() !== [rows, ...event].join()) {
    throw new TweedieError('shape', `${who}: ${what} must be [${[rows, ...event]}], got [${t.shape}]`)
  }
}
