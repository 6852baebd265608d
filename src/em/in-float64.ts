/** Observations whose systems are solved in float64. */
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import type { Observation } from '../operators/index.ts'
import { cast, mapTensors, type Tensor } from '../tensor/index.ts'

/** A tensor in float64. */
export const float64 = (t: Tensor): Tensor => cast(t, 'float64')

/**
 * The observation that a batch is, all in float64; but y crosses into the units of the prior in float32, as
 * in every other program.
 */
export const observationInFloat64 = (
  set: Pick<BatchedObservations, 'observation'>,
  batch: ObservationBatch<Tensor>,
): Observation => ({
  ...set.observation(mapTensors(float64, batch)),
  y: float64(set.observation(batch).y),
})
