/** What a flow is told of an observation: y, and beside it the operator's parameters that differ between observations. */

import { TweedieError } from '../error.ts'
import type { ObservationOperator, ObservationSet } from '../observations/index.ts'
import { parametersOf } from '../observations/index.ts'
import type { Affine } from '../operators/index.ts'
import {
  add,
  concat,
  constant,
  mul,
  reshape,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'

/** Shapes of what a flow is told of one observation. */
export interface ConditionLayout {
  readonly y: Shape
  /** Parameters of the operator by name: `mask` of masks, `matrix` of projections. */
  readonly beside: Readonly<Record<string, Shape>>
  /** Nothing is told: the flow is of one measurement. `y` is then only the shape of that. */
  readonly nothing?: boolean
}

/**
 * What flows can be told of the observations of a set.
 *
 * @param parameters - whether the parameters that differ between observations are told; without them the flow is blind: an entry
 * that was deleted looks like any other
 *
 * @example
 * ```ts
 * conditionLayout(set, true) // { y: [1, 28, 28], beside: { mask: [1, 28, 28] } } of masked digits
 * ```
 */
export const conditionLayout = (
  { y, operator }: Pick<ObservationSet, 'y' | 'operator'>,
  parameters: boolean,
): ConditionLayout => {
  const [count, ...event] = y.shape
  const own = Object.entries(parametersOf(operator)).filter(([, { shape }]) => shape[0] === count)
  const beside = Object.fromEntries(own.map(([name, { shape }]) => [name, shape.slice(1)]))
  return { y: event, beside: parameters ? beside : {} }
}

/** A flow of one measurement needs to be told nothing. Its condition is a zero, or a channel of them. */
export const unconditional = ({ y }: ConditionLayout): ConditionLayout => ({ y, beside: {}, nothing: true })

const fail = (message: string): never => {
  throw new TweedieError('input', message)
}

/**
 * Shape of one condition: everything in one vector, or for flows that know where points lie everything as channels.
 *
 * @throws TweedieError `input` when something told does not lie on the points of y
 */
export const conditionShape = (
  { y, beside, nothing }: ConditionLayout,
  form: 'vector' | 'channels',
): Shape => {
  const parts = [y, ...Object.values(beside)]
  if (form === 'vector') return nothing ? [1] : [parts.reduce((n, shape) => n + sizeOf(shape), 0)]
  const [, ...space] = y
  const odd = parts.find((shape) => shape.length < 2 || String(shape.slice(1)) !== String(space))
  if (odd)
    fail(
      `flow: this one is told channels [C, ...points], all over the same points, not [${odd}]; use kind: realNvp`,
    )
  return [nothing ? 1 : parts.reduce((n, [channels]) => n + channels, 0), ...space]
}

/**
 * y as flows are told it, from the units of the data: s y + o, but 0 where a mask that is told deleted it, and s y + o A 1 of
 * projections that are told. In training and at inference it is this function.
 *
 * @param units - from the data to the prior (`toPrior`)
 * @param parameters - those that are told
 */
export const toldUnits = (
  kind: ObservationOperator['kind'],
  { scale, offset }: Affine,
  y: Tensor,
  parameters: Readonly<Record<string, Tensor>>,
): Tensor => {
  const scaled = mul(y, scale)
  const { mask, matrix } = parameters
  if (kind === 'mask' && mask) return mul(add(scaled, offset), mask)
  if (kind === 'projection' && matrix) return add(scaled, mul(sum(matrix, { axes: 2 }), offset))
  return add(scaled, offset)
}

/** Observations as a flow is told them: y [B, ...] in the units of the data, and the parameters beside it. */
export interface ConditionInput<L = Tensor> {
  readonly y: L
  readonly beside: Readonly<Record<string, L>>
}

/** How observations become conditions. */
export interface ConditionOptions {
  readonly kind: ObservationOperator['kind']
  /** From the data to the prior (`toPrior`). */
  readonly units: Affine
  /** Shape of one condition, see {@link conditionShape}. */
  readonly condition: Shape
  /** See {@link ConditionLayout}. */
  readonly nothing?: boolean
}

/** The condition of a flow, [B, ...condition]. */
export const conditionFrom = (
  { kind, units, condition, nothing }: ConditionOptions,
  { y, beside }: ConditionInput,
): Tensor => {
  const batch = y.shape[0]
  if (nothing) return constant(zeros([batch, ...condition]))
  const parts = [toldUnits(kind, units, y, beside), ...Object.values(beside)]
  if (condition.length > 1) return concat(parts, 1)
  return concat(
    parts.map((part) => reshape(part, [batch, sizeOf(part.shape.slice(1))])),
    1,
  )
}
