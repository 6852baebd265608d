/** Batches of an observation set: what a compiled posterior takes, and the observation it makes of that inside. */
import type { ObservationSet } from '../data/index.ts'
import { identity, isotropicNoise, mask, projection } from '../operators/index.ts'
import type { Observation } from '../posterior/index.ts'
import { type NdArray, rows, type Shape, type Tensor, zeros } from '../tensor/index.ts'

/** Observations and the operator's parameters of one batch. */
export type ObservationBatch<L> = { readonly y: L; readonly parameter: L }

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

/** Prepares a set (already in prior units, see `observationsInPriorUnits`) for batching. */
export const batchedObservations = ({ y, operator, noise }: ObservationSet): BatchedObservations => {
  const Sy = isotropicNoise(noise)
  const parameters =
    operator.kind === 'mask' ? operator.mask : operator.kind === 'projection' ? operator.matrix : undefined
  const event = operator.kind === 'projection' ? operator.matrix.shape.slice(2) : y.shape.slice(1)
  return {
    count: y.shape[0],
    event,
    batch: (start, stop) => ({
      y: rows(y, start, stop),
      parameter: parameters ? rows(parameters, start, stop) : zeros([1]),
    }),
    observation: ({ y, parameter }) => {
      const A =
        operator.kind === 'mask'
          ? mask(parameter, event)
          : operator.kind === 'projection'
            ? projection(parameter)
            : identity(event)
      return { y, A, noise: Sy }
    },
  }
}
