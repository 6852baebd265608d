/** What a step does to the state, as expressions: gradients of a batch, then Adam and the moving average. */
import { type AdamOptions, adam, ema } from '../nn/index.ts'
import { cast, type Tensor, type Tree, vjp } from '../tensor/index.ts'
import type { Objective, Terms, Trained } from './objective.ts'
import type { TrainState } from './train-state.ts'

/** A record without arrays: nothing that a program would have to compute or copy. */
const NONE: Tree<Tensor> = {}

/** What a batch says: its terms, the gradient of the loss, statistics after it (no arrays: as they were). */
export interface Judged {
  readonly terms: Terms
  readonly grads: Tree<Tensor>
  readonly statistics: Tree<Tensor>
}

/**
 * The loss of a batch and its gradient.
 *
 * @param weight - of the loss in the gradient, []
 */
export const judged = <B>(
  { loss }: Objective<B>,
  model: Trained<Tensor>,
  batch: B,
  weight: Tensor,
): Judged => {
  const { terms, statistics = NONE } = loss(model, batch)
  return { terms, grads: vjp(terms.loss, model.params, cast(weight, terms.loss.dtype)), statistics }
}

/** How weights move. */
export interface UpdateOptions {
  /** Decay of the moving average of the weights; 0 for none. */
  readonly ema: number
  readonly adam?: AdamOptions
}

/** Learning rate and number (from 1) of a step, []. */
export type Pace<L = Tensor> = { readonly lr: L; readonly step: L }

/** What of the state a step changes by its gradients. */
export type Moving<L> = Omit<TrainState<L>, 'statistics'>

/**
 * The state after a step but its statistics; no `average` where none is kept. Of some of the leaves, where
 * the norm of the whole gradient is known.
 */
export const moved = (
  { params, average, moments }: Moving<Tensor>,
  grads: Tree<Tensor>,
  pace: Pace & { readonly norm?: Tensor },
  { ema: decay, adam: options }: UpdateOptions,
) => {
  const next = adam(params, grads, moments, pace, options)
  return {
    gradient: next.norm,
    params: next.params,
    average: decay > 0 ? ema(average, next.params, decay) : NONE,
    moments: next.moments,
  }
}
