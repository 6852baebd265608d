/** Batches of an observation set: what a compiled posterior takes, and the observation it makes of that inside. */

import type { Observation } from '../operators/index.ts'
import { diagonalNoise, isotropicNoise } from '../operators/index.ts'
import { type NdArray, rows, type Shape, type Tensor } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'
import { checkSeen, eventOf, parameterRows, parametersOf, seenBy } from './operator-of.ts'

/** Observations of one batch, the operator's parameters, and `std` where the noise differs between entries. */
export interface ObservationBatch<L> {
  readonly y: L
  readonly parameters: Readonly<Record<string, L>>
  readonly noise: { readonly std?: L }
}

/** An observation set, in the units of the prior, as programs see it. */
export interface BatchedObservations {
  readonly count: number
  /** Shape of one latent x. */
  readonly event: Shape
  /** Rows `start … stop − 1`. */
  batch(start: number, stop: number): ObservationBatch<NdArray>
  /** The observation that a batch is, inside a program. */
  observation(batch: ObservationBatch<Tensor>): Observation
}

/**
 * Prepares a set (already in prior units, see `observationsInPriorUnits`) for batching.
 *
 * @throws TweedieError `input` when its operator is unknown or does not make such observations
 */
export const batchedObservations = (set: ObservationSet): BatchedObservations => {
  const { y, operator, noise, std } = set
  checkSeen(set)
  const count = y.shape[0]
  const event = eventOf(set)
  const parameters = parametersOf(operator)
  const stds: Record<string, NdArray<'float32'>> = std ? { std } : {}
  return {
    count,
    event,
    batch: (start, stop) => ({
      y: rows(y, start, stop),
      parameters: parameterRows(parameters, count, start, stop),
      noise: parameterRows(stds, count, start, stop),
    }),
    observation: ({ y, parameters, noise: { std } }) => ({
      ...seenBy(operator, event, y, parameters),
      noise: std ? diagonalNoise(std) : isotropicNoise(noise),
    }),
  }
}
