/**
 * An objective: the loss that training makes small, and the arrays of a step. The loop itself is `trainer`.
 */
import type { Feeds, NdArray, Tensor, Tree } from '../tensor/index.ts'

/**
 * Where a step is: beside the seed all that its randomness may depend on. Laps count from 0, which is the
 * default.
 */
export interface StepAddress {
  readonly lap?: number
  readonly step: number
}

/** The state of training: weights by gradients, statistics (those of BatchNorm) by averaging over batches. */
export type Trained<L> = {
  readonly params: Tree<L>
  /** An empty record where there are none. */
  readonly statistics: Tree<L>
}

/**
 * The scalars of a step by name: the loss, and what it is made of where there is more to report. All are
 * means over the rows of the batch.
 */
export type Terms<L = Tensor> = { readonly loss: L; readonly [term: string]: L }

/** A step before it is taken. */
export interface StepInput {
  /** The rows of the minibatch. */
  readonly rows: readonly number[]
  readonly at: StepAddress
  /**
   * The state that the step starts from, for objectives that look at it (the exact log-density of a flow's
   * draws). To others it may be an earlier one: on a device it does not come to the host for each step.
   */
  readonly state: Trained<NdArray>
}

/**
 * A loss with the way to make its batches. `B` is a batch as the program of a step sees it.
 *
 * @example
 * ```ts
 * const y = ndarray([1, 2, 3, 6])
 * const squares: Objective<{ y: Tensor }> = { // its minimum is the mean of y
 *   count: 4,
 *   batch: ({ rows }) => ({ y: rowsAt(y, rows) }),
 *   loss: ({ params }, batch) => ({ terms: { loss: mean(square(sub(leavesOf(params)[0], batch.y))) } }),
 * }
 * ```
 */
export interface Objective<B> {
  /** Number of rows to learn from. */
  readonly count: number
  /** Whether `batch` looks at the state of its step; default false. */
  readonly looksAtState?: boolean
  /**
   * The arrays of a step: the chosen rows and the noise on them. A function of its input alone, so that a run
   * gives the same result whether or not it was interrupted. Arrays have the rows as their first axis;
   * numbers and scalars are the same for all.
   */
  batch(input: StepInput): Feeds<B> | Promise<Feeds<B>>
  /**
   * Inside the program: the scalar to be made small, with others to report, and the statistics after this
   * batch where they change.
   */
  loss(model: Trained<Tensor>, batch: B): { readonly terms: Terms; readonly statistics?: Tree<Tensor> }
  /** Frees what `batch` has compiled. */
  release?(): Promise<void>
}
