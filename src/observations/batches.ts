/**
 * Batches of an observation set: what a compiled posterior takes, and the observation that it makes of that
 * inside.
 */
import {
  type DataRange,
  makeOperator,
  type Observation,
  observedEntries,
  type Parameters,
  toPrior,
} from '../operators/index.ts'
import { type NdArray, rows, type Shape, type Tensor } from '../tensor/index.ts'
import { inPriorUnits, type RawObservation } from './crossing.ts'
import type { ObservationSet } from './observation-set.ts'
import { parameterRows } from './operator.ts'

/**
 * Observations of one batch, the operator's parameters, and `std` where the noise differs between entries; in
 * the units of the data.
 */
export interface ObservationBatch<L> {
  readonly y: L
  readonly parameters: Parameters<L>
  readonly noise: { readonly std?: L }
}

/** An observation set as programs see it. */
export interface BatchedObservations {
  readonly count: number
  /** Shape of one latent x. */
  readonly event: Shape
  /** Rows `start … stop − 1`. */
  batch(start: number, stop: number): ObservationBatch<NdArray>
  /** The observation that a batch is, inside a program, in the units of the data. */
  raw(batch: ObservationBatch<Tensor>): RawObservation
  /** The same in the units of the prior. */
  observation(batch: ObservationBatch<Tensor>): Observation
}

/**
 * Prepares a set for batching.
 *
 * @param range - values of the data that are −2 and 2 to the prior; default those of the set
 *
 * @example
 * ```ts
 * const batched = batchedObservations(readObservations('observations.npz'))
 * const residual = jit((batch: ObservationBatch<Tensor>, x: Tensor) => {
 *   const { y, A } = batched.observation(batch)
 *   return sub(y, A.apply(x))
 * })
 * ```
 */
export const batchedObservations = (
  { y, operator, noise, std, range: own }: ObservationSet,
  range: DataRange = own,
): BatchedObservations => {
  const { event, parameters } = operator
  const count = y.shape[0]
  const units = toPrior(range)
  const raw = (batch: ObservationBatch<Tensor>): RawObservation => {
    const observed = observedEntries(operator, batch.parameters, event)
    return {
      y: batch.y,
      A: makeOperator(operator, batch.parameters, event),
      ...(observed ? { observed } : {}),
      std: batch.noise.std ?? noise,
    }
  }
  return {
    count,
    event,
    batch: (start, stop) => ({
      y: rows(y, start, stop),
      parameters: parameterRows(parameters, count, start, stop),
      noise: std ? parameterRows({ std }, count, start, stop) : {},
    }),
    raw,
    observation: (batch) => inPriorUnits(raw(batch), units),
  }
}
