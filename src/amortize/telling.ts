/** What a flow is told of an observation: y, and beside it the operator's parameters that differ between observations. */
import type { Affine, ObservationOperator, ObservationSet } from '../data/index.ts'
import { TweedieError } from '../error.ts'
import { parametersOf } from '../operators/index.ts'
import { add, concat, mul, reshape, type Shape, sizeOf, sum, type Tensor } from '../tensor/index.ts'

/** Shapes of what a flow is told of one observation. */
export interface Telling {
  readonly y: Shape
  /** Parameters of the operator by name: `mask` of masks, `matrix` of projections. */
  readonly beside: Readonly<Record<string, Shape>>
}

/**
 * What flows can be told of the observations of a set.
 *
 * @param parameters - whether the parameters that differ between observations are told; without them the flow is blind: an entry
 * that was deleted looks like any other
 *
 * @example
 * ```ts
 * tellingOf(set, true) // { y: [1, 28, 28], beside: { mask: [1, 28, 28] } } of masked digits
 * ```
 */
export const tellingOf = (
  { y, operator }: Pick<ObservationSet, 'y' | 'operator'>,
  parameters: boolean,
): Telling => {
  const [count, ...event] = y.shape
  const own = Object.entries(parametersOf(operator)).filter(([, { shape }]) => shape[0] === count)
  const beside = Object.fromEntries(own.map(([name, { shape }]) => [name, shape.slice(1)]))
  return { y: event, beside: parameters ? beside : {} }
}

const fail = (message: string): never => {
  throw new TweedieError('input', message)
}

/**
 * Shape of one condition: everything in one vector, or for flows over images everything as channels.
 *
 * @throws TweedieError `input` when something told is not an image of y's height and width
 */
export const conditionOf = ({ y, beside }: Telling, form: 'vector' | 'image'): Shape => {
  const parts = [y, ...Object.values(beside)]
  if (form === 'vector') return [parts.reduce((n, shape) => n + sizeOf(shape), 0)]
  const [, height, width] = y
  const odd = parts.find((shape) => shape.length !== 3 || shape[1] !== height || shape[2] !== width)
  if (odd)
    fail(`flow: a flow over images is told images [C, H, W] of one size, not [${odd}]; use kind: realNvp`)
  return [parts.reduce((n, [channels]) => n + channels, 0), height, width]
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
export interface Told<L = Tensor> {
  readonly y: L
  readonly beside: Readonly<Record<string, L>>
}

/**
 * The condition of a flow, [B, ...condition].
 *
 * @param condition - see {@link conditionOf}
 */
export const conditionFrom = (
  kind: ObservationOperator['kind'],
  units: Affine,
  condition: Shape,
  { y, beside }: Told,
): Tensor => {
  const batch = y.shape[0]
  const parts = [toldUnits(kind, units, y, beside), ...Object.values(beside)]
  if (condition.length > 1) return concat(parts, 1)
  return concat(
    parts.map((part) => reshape(part, [batch, sizeOf(part.shape.slice(1))])),
    1,
  )
}
