import { type Feeds, item, type NdArray, type Value } from '../tensor/index.ts'
import type { Terms } from './objective.ts'
import type { TrainState } from './train-state.ts'
import type { Pace } from './update.ts'

/** The figures of a step. */
export interface StepFigures {
  /** The terms of the objective before the step, of the whole batch. */
  readonly terms: Terms<number>
  /** Norm of the gradient before clipping. */
  readonly gradient: number
}

/** Compiled steps. */
export interface Steps<B> {
  /**
   * Takes a step on each of the batches in turn. The state may be on the device, and is left there where that
   * is possible; the state that was given is not freed, and the two may share arrays.
   */
  take(
    state: TrainState<Value>,
    paces: readonly Pace<NdArray>[],
    batches: readonly Feeds<B>[],
  ): Promise<{ readonly state: TrainState<Value>; readonly taken: readonly StepFigures[] }>
  release(): Promise<void>
}

/** Terms as plain numbers. */
export const numbersOf = (terms: Terms<NdArray>): Terms<number> => ({
  ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, item(value)])),
  loss: item(terms.loss),
})
