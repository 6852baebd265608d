/** The condition of a flow: y, and beside it the operator's parameters that differ between observations. */
import { TweedieError } from '../error.ts'
import {
  crossed,
  noiseLevels,
  type ObservationFrame,
  type ObservationSet,
  type Observations,
  readRows,
  type Shaped,
} from '../observations/index.ts'
import {
  type Affine,
  isLinear,
  makeOperator,
  type NoiseRange,
  type Operator,
  type OperatorSpec,
  observedEntries,
  type Parameters,
  parameterOf,
} from '../operators/index.ts'
import {
  add,
  broadcastTo,
  concat,
  constant,
  log,
  mul,
  type NdArray,
  reshape,
  rowsAt,
  type Shape,
  sizeOf,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'

/** Shapes of what a flow is conditioned on, of one observation. */
export interface ConditionLayout {
  readonly y: Shape
  /** Parameters of the operator by name: `mask` of masks, `matrix` of projections. */
  readonly beside: Readonly<Record<string, Shape>>
  /**
   * How y comes to the units of the prior: by the `operator`, where it is linear and the condition says all
   * of it, as in the likelihood; else entry by entry, s y + o.
   */
  readonly crossing: 'operator' | 'entries'
  /**
   * The condition says the standard deviation of the noise of each observation, which lies between these, in
   * units of y.
   */
  readonly noise?: NoiseRange
  /** The flow is of one measurement and has no condition. `y` is then only the shape of that. */
  readonly nothing?: boolean
}

/**
 * Conditions of flows: which arrays of an observation a flow is given.
 *
 * @param parameters - whether on the parameters that differ between observations; without them the flow is
 * blind: an entry that was deleted looks like any other
 * @param noise - where the noise differs between observations and the condition is to say it: the range
 *
 * @example
 * ```ts
 * conditionLayout(set, true)
 * // of masked digits: { y: [1, 28, 28], beside: { mask: [1, 28, 28] }, crossing: 'operator' }
 * ```
 */
export const conditionLayout = (
  { y, operator }: Pick<ObservationFrame<Shaped>, 'y' | 'operator'>,
  parameters: boolean,
  noise?: NoiseRange,
): ConditionLayout => {
  const [count, ...event] = y.shape
  const all = Object.entries(operator.parameters).filter(([name]) => !parameterOf(operator, name)?.label)
  const own = all.filter(([, { shape }]) => shape[0] === count)
  const complete = own.length === all.length && (parameters || all.length === 0)
  return {
    y: event,
    beside: parameters ? Object.fromEntries(own.map(([name, { shape }]) => [name, shape.slice(1)])) : {},
    crossing: complete && !operator.truth && isLinear(operator) ? 'operator' : 'entries',
    ...(noise ? { noise } : {}),
  }
}

/** A flow of one measurement needs no condition. It gets a zero, or a channel of them. */
export const unconditional = ({ noise: _, ...layout }: ConditionLayout): ConditionLayout => ({
  ...layout,
  beside: {},
  nothing: true,
})

/** The part of a condition that does not lie on the points of y, [C, ...points]. */
const stray = ({ y, beside }: ConditionLayout): Shape | undefined => {
  const [, ...space] = y
  return [y, ...Object.values(beside)].find(
    (shape) => shape.length < 2 || String(shape.slice(1)) !== String(space),
  )
}

/**
 * Whether a condition can be channels over the points of y, as flows of networks take it.
 *
 * @example
 * ```ts
 * hasPoints(conditionLayout(set, true)) // true of masked images, false of projections
 * ```
 */
export const hasPoints = (layout: ConditionLayout): boolean => stray(layout) === undefined

/**
 * Shape of one condition: everything in one vector, or for flows that know where points lie everything as
 * channels.
 *
 * @throws TweedieError `input` when a part of it does not lie on the points of y
 */
export const conditionShape = (layout: ConditionLayout, form: 'vector' | 'channels'): Shape => {
  const { y, beside, noise, nothing } = layout
  const parts = [y, ...Object.values(beside)]
  const told = noise ? 1 : 0
  if (form === 'vector') return nothing ? [1] : [parts.reduce((n, shape) => n + sizeOf(shape), told)]
  const odd = stray(layout)
  if (odd)
    throw new TweedieError(
      'input',
      `flow: this one takes channels [C, ...points] over the same points, not [${odd}]; use kind: realNvp`,
    )
  return [nothing ? 1 : parts.reduce((n, [channels]) => n + channels, told), ...y.slice(1)]
}

/**
 * Observations as a condition is made of them: y [B, ...] in the units of the data, and the parameters beside
 * it.
 */
export interface ConditionInput<L = Tensor> {
  readonly y: L
  readonly beside: Parameters<L>
  /** Standard deviation of the noise of each, [B], in units of y, where the layout has a range of it. */
  readonly noise?: L
}

/** Relative error of a standard deviation that is rounding of float32. */
const ROUNDING = 1e-5

/**
 * The noise of observations, as a sampler is told it.
 *
 * @param from - number of the first, for messages
 * @throws TweedieError `input` for noise outside the range, or that differs between the entries of one
 */
export const toldNoise = (set: ObservationSet, range: NoiseRange, from = 0): NdArray<'float32'> => {
  const levels = noiseLevels(set)
  if (!levels)
    throw new TweedieError(
      'input',
      'the sampler is told one standard deviation of the noise of an observation, here entries differ',
    )
  const bad = levels.data.findIndex(
    (s) => !(s >= range.from * (1 - ROUNDING) && s <= range.to * (1 + ROUNDING)),
  )
  if (bad >= 0) {
    const [got, least, most] = [levels.data[bad], range.from, range.to].map((s) => Number(s.toPrecision(4)))
    throw new TweedieError(
      'input',
      `observation ${from + bad} has noise ${got}, the sampler was made for ${least} to ${most}`,
    )
  }
  return levels
}

/**
 * What samplers are told of observations `from … to − 1`: y, the parameters beside it, and the noise.
 *
 * @throws TweedieError `input` for noise that the sampler was not made for
 */
export const conditionRows = (
  { beside, noise }: ConditionLayout,
  observations: Observations,
  from: number,
  to: number,
): ConditionInput<NdArray<'float32'>> => {
  const set = readRows(observations, from, to)
  const { y, operator } = set
  const { parameters } = operator
  const shared = Array.from({ length: to - from }, () => 0)
  const rowsOf = (array: NdArray<'float32'>) => (array.shape[0] === to - from ? array : rowsAt(array, shared))
  return {
    y,
    beside: Object.fromEntries(Object.keys(beside).map((name) => [name, rowsOf(parameters[name])])),
    ...(noise ? { noise: toldNoise(set, noise, from) } : {}),
  }
}

/** The observations that a sampler is for. */
export interface MadeFor {
  readonly layout: ConditionLayout
  /** The operator that made y, and the shape of its x. */
  readonly operator: OperatorSpec
  readonly event: Shape
  /** From the data to the prior (`toPrior`). */
  readonly units: Affine
}

/** How observations become conditions. */
export interface ConditionOptions extends MadeFor {
  /** Shape of one condition, see {@link conditionShape}. */
  readonly condition: Shape
}

/** y in the units of the prior, with the operator that made it; the layout's crossing is by the operator. */
export const observedIn = (
  { operator, event, units }: MadeFor,
  { y, beside }: ConditionInput,
): { readonly y: Tensor; readonly A: Operator } => {
  const observed = observedEntries(operator, beside, event)
  const A = makeOperator(operator, beside, event)
  return { y: crossed({ y, A, ...(observed ? { observed } : {}) }, units), A }
}

/** y in the units of the prior; in training and at inference it is this function. */
const standardised = (made: MadeFor, input: ConditionInput): Tensor =>
  made.layout.crossing === 'entries'
    ? add(mul(input.y, made.units.scale), made.units.offset)
    : observedIn(made, input).y

/** log σ of each observation, [B], −1 and 1 at the ends of the range. */
const placeInRange = (noise: Tensor, { from, to }: NoiseRange): Tensor =>
  sub(mul(log(mul(noise, 1 / from)), 2 / Math.log(to / from)), 1)

/** The noise of each observation as a part of its condition, [B, 1, ...space]; it comes last. */
const noisePart = ({ layout, condition }: ConditionOptions, { noise, y }: ConditionInput): Tensor[] => {
  if (!layout.noise) return []
  if (!noise) throw new TweedieError('input', 'sampler: this one has to be told the noise of observations')
  const batch = y.shape[0]
  const [, ...space] = condition
  const place = reshape(placeInRange(noise, layout.noise), [batch, 1, ...space.map(() => 1)])
  return [broadcastTo(place, [batch, 1, ...space])]
}

/** The condition of a flow, [B, ...condition]. */
export const conditionFrom = (options: ConditionOptions, input: ConditionInput): Tensor => {
  const { layout, condition } = options
  const batch = input.y.shape[0]
  if (layout.nothing) return constant(zeros([batch, ...condition]))
  const parts = [standardised(options, input), ...Object.values(input.beside), ...noisePart(options, input)]
  if (condition.length > 1) return concat(parts, 1)
  return concat(
    parts.map((part) => reshape(part, [batch, sizeOf(part.shape.slice(1))])),
    1,
  )
}
