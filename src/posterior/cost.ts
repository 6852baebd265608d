/** What a step of drawing costs, counted from the graph of the posterior denoiser. */
import type { Denoiser } from '../diffusion/index.ts'
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import { batchInputs, type GraphCost, graphCost, input, type Tensor } from '../tensor/index.ts'
import type { GuidanceMethod } from './method.ts'

/**
 * The cost of one evaluation of E[x | xt, y] of so many rows at once. Nothing is computed, whatever the size.
 *
 * @param set - at least two observations, of which the shapes are taken
 * @throws TweedieError `input` for operators that the method does not take
 *
 * @example
 * ```ts
 * const { flops } = drawCost(mmps(), prior, batchedObservations(set), 256)
 * ```
 */
export const drawCost = (
  method: GuidanceMethod,
  prior: Denoiser,
  set: Pick<BatchedObservations, 'event' | 'batch' | 'observation'>,
  rows: number,
): GraphCost => {
  const batch = batchInputs<ObservationBatch<Tensor>>(set.batch(0, 1), set.batch(0, 2), rows)
  const [x, sigma] = [input('float32', [rows, ...set.event]), input('float32', [rows])]
  return graphCost([method(prior, set.observation(batch))(x, sigma)])
}
