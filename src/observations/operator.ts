import type { OperatorSpec, Parameters } from '../operators/index.ts'
import { type NdArray, rows, type Shape } from '../tensor/index.ts'

/** What has a shape: an array, or what a file says of one. */
export interface Shaped {
  readonly shape: Shape
}

/**
 * The operator of an observation set: a family by name with its settings, and parameters for each
 * observation. What it observes is in the units of the data.
 */
export interface ObservedOperator<A = NdArray<'float32'>> extends OperatorSpec {
  /** Shape of one x. */
  readonly event: Shape
  /** Arrays [N, ...], or [1, ...] where all observations share them. Of a blind set these are nominal. */
  readonly parameters: Parameters<A>
  /**
   * Blind sets: the parameters that each observation really had. Kept to judge by; samplers never see them.
   */
  readonly truth?: Parameters<A>
}

/** The operator of a blind set with its true parameters in place of the nominal ones; any other as it is. */
export const unveiled = <A>(operator: ObservedOperator<A>): ObservedOperator<A> => {
  const { truth, ...rest } = operator
  return truth ? { ...rest, parameters: { ...rest.parameters, ...truth } } : operator
}

/**
 * The operator of masked observations, m ∘ x.
 *
 * @param mask - [N, ...event], or [N, 1, ...] for all channels alike; 1 where observed, 0 elsewhere
 * @param event - shape of one x
 *
 * @example
 * ```ts
 * const operator = maskedBy(mask, [1, 28, 28])
 * writeObservations('observations.npz', { y, operator, noise: 0.05, range: [0, 1] })
 * ```
 */
export const maskedBy = <A>(mask: A, event: Shape): ObservedOperator<A> => ({
  name: 'mask',
  settings: {},
  event,
  parameters: { mask },
})

/** The operator of random projections. @param matrix - [N, M, D] */
export const projectedBy = <A extends Shaped>(matrix: A): ObservedOperator<A> => ({
  name: 'projection',
  settings: {},
  event: matrix.shape.slice(2),
  parameters: { matrix },
})

/** The operator of observations that are x with noise. @param event - shape of one x */
export const unchanged = (event: Shape): ObservedOperator<never> => ({
  name: 'identity',
  settings: {},
  event,
  parameters: {},
})

/** Parameters of rows `start … stop − 1` of N observations; single rows are for all of them. */
export const parameterRows = (
  parameters: Parameters<NdArray<'float32'>>,
  count: number,
  start: number,
  stop: number,
): Record<string, NdArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, array]) => [
      name,
      array.shape[0] === count ? rows(array, start, stop) : array,
    ]),
  )
