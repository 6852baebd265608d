/**
 * Batches of an observation set: what a compiled posterior takes, and the observation that it makes of that
 * inside.
 */
import {
  type DataRange,
  type Domain,
  domainOf,
  familyOf,
  makeOperator,
  type Observation,
  observedEntries,
  type Parameters,
  restricted,
  seenOutside,
  toPrior,
} from '../operators/index.ts'
import { type NdArray, type Shape, sub, type Tensor } from '../tensor/index.ts'
import { inPriorUnits, type RawObservation } from './crossing.ts'
import { type Observations, sourceOf } from './observation-source.ts'

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
  /** Which entries of x are there, in the units of the prior; absent: all. */
  readonly domain?: Domain
  /** Rows `start … stop − 1`. */
  batch(start: number, stop: number): ObservationBatch<NdArray>
  /** The observation that a batch is, inside a program, in the units of the data. */
  raw(batch: ObservationBatch<Tensor>): RawObservation
  /** The same in the units of the prior. */
  observation(batch: ObservationBatch<Tensor>): Observation
}

/** An observation of what is inside: x outside is known, and what the operator sees of it is taken off y. */
const insideOnly = (raw: RawObservation, domain: Domain): RawObservation => {
  const A = restricted(raw.A, domain)
  if (!raw.A.linear) return { ...raw, A }
  const outside = seenOutside(raw.A, domain, raw.y)
  return { ...raw, A, outside, y: sub(raw.y, outside) }
}

/**
 * Prepares observations for batching: those of a file are read batch by batch. Where they have a domain,
 * operators see what is inside: no method moves what is outside.
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
  observations: Observations,
  range: DataRange = observations.range,
): BatchedObservations => {
  const source = sourceOf(observations)
  const { y, operator, noise, range: own, valid } = source
  const { event } = operator
  const units = toPrior(range)
  const raw = (batch: ObservationBatch<Tensor>): RawObservation => {
    const observed = observedEntries(operator, batch.parameters, event)
    const whole = {
      y: batch.y,
      A: makeOperator(operator, batch.parameters, event),
      ...(observed ? { observed } : {}),
      std: batch.noise.std ?? noise,
    }
    // Masks end where the domain does already, and keep what is special about them.
    return valid && !familyOf(operator.name).deletes ? insideOnly(whole, domainOf(valid, own)) : whole
  }
  return {
    count: y.shape[0],
    event,
    ...(valid ? { domain: domainOf(valid, range, units) } : {}),
    batch: (start, stop) => {
      const { y, operator, std } = source.rows(start, stop)
      return { y, parameters: operator.parameters, noise: std ? { std } : {} }
    },
    raw,
    observation: (batch) => inPriorUnits(raw(batch), units),
  }
}
