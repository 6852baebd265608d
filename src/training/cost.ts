/** What a step of training costs, counted from the graph of its gradient. */

import type { NdArray } from '../tensor/index.ts'
import {
  batchInputs,
  bytesOf,
  constant,
  flatten,
  full,
  type GraphCost,
  graphCost,
  input,
  leavesOf,
  toTensors,
  vjp,
} from '../tensor/index.ts'
import type { Objective, Trained } from './objective.ts'

/** Rows of a batch that is only looked at for its shapes. */
const probed = (count: number): number[] => Array.from({ length: count }, () => 0)

/** The cost of the gradient of a batch. */
export interface TrainingCost extends GraphCost {
  /** Numbers that are learned. */
  readonly parameters: number
  /** Bytes of the batch, as the program gets it. */
  readonly batch: number
  /** Bytes of the parameters, and of the statistics beside them. */
  readonly weights: number
  readonly statistics: number
}

/**
 * The cost of loss and gradient of so many rows at once. Nothing is computed, whatever the size: batches of
 * one and two rows are made for their shapes.
 *
 * @param trained - of the shapes of the parameters and statistics; their values do not matter
 * @param rows - of the batch, or of the part of it that is in memory at once
 *
 * @example
 * ```ts
 * const params = shapesOnly(() => net.init(0))
 * const objective = denoisingObjective(net, x, { schedule }, (purpose) => stream(0, purpose))
 * const { flops } = await trainingCost(objective, { params, statistics: {} }, 256)
 * ```
 */
export const trainingCost = async <B>(
  objective: Objective<B>,
  trained: Trained<NdArray>,
  rows: number,
): Promise<TrainingCost> => {
  const batchOf = (count: number) => objective.batch({ rows: probed(count), at: { step: 0 }, state: trained })
  const batch = batchInputs<B>(await batchOf(1), await batchOf(2), rows)
  const { params, statistics } = toTensors(trained, (leaf) =>
    typeof leaf === 'number' ? input('float32', []) : input(leaf.dtype, leaf.shape),
  )
  const { terms } = objective.loss({ params, statistics }, batch)
  const gradient = vjp(terms.loss, params, constant(full([], 1, terms.loss.dtype)))
  const sum = (leaves: readonly { dtype: NdArray['dtype']; shape: readonly number[] }[]) =>
    leaves.reduce((total, leaf) => total + bytesOf(leaf), 0)
  const arrays = Object.values(flatten(trained.params))
  return {
    ...graphCost(leavesOf({ loss: terms.loss, gradient })),
    parameters: arrays.reduce((total, { size }) => total + size, 0),
    batch: sum(leavesOf(batch)),
    weights: sum(arrays),
    statistics: sum(Object.values(flatten(trained.statistics))),
  }
}
