/** Observation sets of measured data, with the operator that made them. */
import { TweedieError } from '../../error.ts'
import {
  asFloat32,
  type FileNumbers,
  heldNumbers,
  type NumberRows,
  withChannel,
  wrong,
} from '../../formats/index.ts'
import { nearestName } from '../../nearest.ts'
import {
  type DataRange,
  familyOf,
  latentShape,
  type OperatorSpec,
  type ParameterSpec,
  type Parameters,
  parameterOf,
  rangeSettings,
} from '../../operators/index.ts'
import { type NdArray, reshaped, type Shape, zeros } from '../../tensor/index.ts'
import { checkMade, type FieldOf } from '../check-operator.ts'
import { checkFrame, checkRows, noiseLevel, type ObservationSet } from '../observation-set.ts'
import { batched, isComplex, partsFirst, partsFirstShape, withAxes } from './axes.ts'
import { covarianceOf, stdOf } from './noise.ts'
import { type SetArray, setArray } from './set-array.ts'

/** Measured data as files hold them: in memory, or rows of them when they are asked for. */
export interface OwnMeasurements<A = FileNumbers> {
  /** [N, ...]. Complex where the operator observes complex numbers; see {@link ownObservations}. */
  readonly y: A
  /** The operator with its settings. */
  readonly operator: OperatorSpec
  /** Its parameters; `estimate` where the observations tell. */
  readonly parameters: Readonly<Record<string, A | 'estimate'>>
  /**
   * Standard deviation of the noise, of each part where y is complex: one, or an array of the shape of y, of
   * one of its items, or [N].
   */
  readonly noise: number | A | { readonly covariance: FileNumbers }
  /** Shape of one x, where y does not tell; as `--event` gives it. */
  readonly event?: Shape
  /** Lowest and highest value of clean data, default [0, 1]. */
  readonly range?: DataRange
}

/** The key by which messages and commands name a parameter. */
const keyOf = (spec: OperatorSpec, name: string): string => parameterOf(spec, name)?.key ?? name

/** The operator, or the part of it, that has a parameter. */
const ownerOf = (operator: OperatorSpec, name: string): OperatorSpec =>
  name
    .split('.')
    .slice(0, -1)
    .reduce((spec, index) => spec.of?.[Number(index)] ?? spec, operator)

/** @throws TweedieError `input` for unknown parameters, and settings that a parameter replaces */
const checkNames = ({ operator, parameters }: OwnMeasurements<NumberRows>): void => {
  for (const name of Object.keys(parameters)) {
    const spec = parameterOf(operator, name)
    if (!spec) {
      const known = Object.keys(familyOf(operator.name).parameters)
      const hint = known.length > 0 ? `; did you mean '${nearestName(name, known)}'?` : ', it has none'
      throw new TweedieError('input', `operator '${operator.name}': unknown parameter '${name}'${hint}`)
    }
    const idle = spec.replaces?.find((setting) => Object.hasOwn(ownerOf(operator, name).settings, setting))
    if (idle !== undefined)
      throw new TweedieError(
        'input',
        `operator '${operator.name}': setting '${idle}' only simulates what ` +
          `'${keyOf(operator, name)}' gives; leave it out`,
      )
  }
}

/** y as sets keep it: real, with a channel axis where one y is an image. */
const arranged = (
  array: NdArray,
  { y, operator, event }: OwnMeasurements<NumberRows>,
  where: string,
): NdArray<'float32'> => {
  const values = asFloat32(array, 'y', true, where)
  const takes = familyOf(operator.name).complex
  if (y.complex && !takes)
    throw wrong(
      where,
      `field 'y' is complex, operator '${operator.name}' observes real numbers; ` +
        '--operator fourier, coils and projection take complex ones',
    )
  const [count, ...rest] = values.shape
  if (takes && isComplex(y))
    return partsFirst(rest.length === 3 ? reshaped(values, [count, 1, ...rest]) : values)
  if (event === undefined) return withChannel(values)
  return rest.length === 2 && event.length === 3 ? reshaped(values, [count, 1, ...rest]) : values
}

/** The observations as sets keep them. @throws TweedieError `input` for numbers that cannot be any */
const observed = (own: OwnMeasurements<NumberRows>, where: string): SetArray => {
  const { complex, dtype, shape } = own.y
  const [count, ...rest] = shape
  if (shape.length < (complex ? 3 : 2))
    throw wrong(where, `field 'y' must be [N, ...], got [${shape.slice(0, complex ? -1 : undefined)}]`)
  const [, ...item] = arranged(zeros([0, ...rest], dtype), own, where).shape
  return setArray(own.y, [count, ...item], count, (array) => arranged(array, own, where))
}

/** The shape of one x. @throws TweedieError `input` when nothing tells it */
const eventOf = (
  { operator, parameters, event }: OwnMeasurements<NumberRows>,
  y: Shape,
  where: string,
): Shape => {
  if (event !== undefined) return event
  const shapes = Object.entries(parameters).flatMap(([name, given]) =>
    given === 'estimate' ? [] : [[name, given.complex ? given.shape.slice(0, -1) : given.shape] as const],
  )
  const found = latentShape(operator, y, Object.fromEntries(shapes))
  if (found === undefined)
    throw wrong(
      where,
      `operator '${operator.name}': y of shape [${y}] does not tell the shape of one x; say it, ` +
        'for example --event 1,28,28',
    )
  if (!found.every((n) => Number.isInteger(n) && n > 0))
    throw wrong(
      where,
      `operator '${operator.name}' observes complex numbers: y must be complex, or have the real parts, ` +
        `then the imaginary parts as channels, got [${y}]`,
    )
  return found
}

/** A parameter as sets keep it: float32, with all its axes. */
const parameterFrom = (
  given: NumberRows,
  { complex = false, axes }: ParameterSpec,
  { field, event, y, where }: { field: string; event: Shape; y: Shape; where: string },
): SetArray => {
  if (given.complex && !complex) throw wrong(where, `field '${field}' must be real, got complex numbers`)
  const wanted = field.includes('.') ? undefined : axes?.(event, y.slice(1)) // parts see other events
  const parts = complex && isComplex(given)
  const rank = parts && wanted ? wanted.length + 2 : 0
  const full = batched(given.shape, rank)
  if (parts && full.length < 3)
    throw wrong(where, `field '${field}' must have more axes, got [${given.shape.slice(0, -1)}]`)
  const own = parts ? partsFirstShape(full) : full
  const shape = wanted ? withAxes(own, [[1, y[0]], ...wanted], field, where) : own
  return setArray(given, shape, y[0], (array) => {
    const values = asFloat32(array, field, false, where)
    return parts ? partsFirst(reshaped(values, batched(values.shape, rank))) : values
  })
}

/** Every parameter that is given. */
const givenParameters = (
  { operator, parameters }: OwnMeasurements<NumberRows>,
  event: Shape,
  y: Shape,
  where: string,
): Readonly<Record<string, SetArray>> =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, given]) => {
      const spec = parameterOf(operator, name)
      if (!spec || given === 'estimate') return []
      return [[name, parameterFrom(given, spec, { field: keyOf(operator, name), event, y, where })]]
    }),
  )

/** How every parameter that is not given is estimated, by its name. */
const estimates = ({ operator, parameters }: OwnMeasurements<NumberRows>) =>
  Object.keys(parameters)
    .filter((name) => parameters[name] === 'estimate')
    .map((name) => {
      const estimate = parameterOf(operator, name)?.estimate
      if (!estimate)
        throw new TweedieError('input', `operator '${operator.name}': '${name}' cannot be estimated`)
      return [name, estimate] as const
    })

/** Observations and parameters of some rows. */
interface Made {
  readonly y: NdArray<'float32'>
  readonly parameters: Parameters<NdArray<'float32'>>
}

/** What white noise is of: y, parameters, and the noise that is in them. */
type WithNoise = Made & Pick<ObservationSet, 'noise' | 'std'>

/** What whitening changes: y, one parameter, and the noise. */
const whitening = (
  covariance: FileNumbers,
  operator: OperatorSpec,
  y: Shape,
  where: string,
): ((made: Made) => WithNoise) => {
  const C = covarianceOf(covariance, operator, y.slice(1), where)
  const { whitening } = familyOf(operator.name)
  if (!whitening) throw new Error('checked above')
  const { parameter: name, whiten } = whitening
  return ({ y, parameters }) => {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (!parameter)
      throw new TweedieError('input', `operator '${operator.name}': '${keyOf(operator, name)}' is missing`)
    try {
      const made = whiten(y, parameter, C)
      return { y: made.y, noise: made.noise, parameters: { ...parameters, [name]: made.parameter } }
    } catch (cause) {
      if (!(cause instanceof TweedieError) || cause.code !== 'numeric') throw cause
      throw wrong(where, `the noise covariance is singular or not a covariance: ${cause.message}`)
    }
  }
}

/** Observations of one's own, of which rows are made when they are asked for. */
export interface OwnSource {
  readonly count: number
  /**
   * Observations `from … to − 1`, checked. What all observations share, [1, ...], stays shared.
   *
   * @throws TweedieError `input` for rows that are unsound, named by their place in the whole
   */
  readonly rows: (from: number, to: number) => ObservationSet | Promise<ObservationSet>
}

/**
 * Opens measured data, see {@link ownObservations}, whose rows are read when they are asked for: all shapes
 * are checked here, values with their rows. Parameters that are estimated are so row by row.
 *
 * @param where - the file of y, for messages
 * @throws TweedieError `input` as {@link ownObservations}
 */
export const openOwnObservations = (own: OwnMeasurements<NumberRows>, where: string): OwnSource => {
  checkNames(own)
  const { operator, noise, range = [0, 1] } = own
  const y = observed(own, where)
  const event = eventOf(own, y.shape.slice(1), where)
  const settings = { ...rangeSettings(familyOf(operator.name), range), ...operator.settings }
  const given = givenParameters(own, event, y.shape, where)
  const estimated = estimates(own)
  const std =
    typeof noise === 'number' || 'covariance' in noise
      ? undefined
      : stdOf(noise, y.shape, familyOf(operator.name).complex, where)
  const whiten =
    typeof noise !== 'number' && 'covariance' in noise
      ? whitening(noise.covariance, operator, y.shape, where)
      : undefined
  const fieldOf: FieldOf = (_, name) => keyOf(operator, name)
  const frame = { y, operator: { ...operator, settings, event, parameters: given }, range }
  checkFrame({ ...frame, ...(std ? { std } : {}) }, where, fieldOf)
  const made = async (from: number, to: number): Promise<Made> => {
    const values = await y.rows(from, to)
    const parameters: Record<string, NdArray<'float32'>> = {}
    for (const [name, array] of Object.entries(given)) parameters[name] = await array.rows(from, to)
    for (const [name, estimate] of estimated) parameters[name] = await estimate(values, parameters, from)
    return { y: values, parameters }
  }
  const noisy = async (rows: Made, from: number, to: number): Promise<WithNoise> => {
    if (whiten) return whiten(rows)
    const levels = await std?.rows(from, to)
    if (levels) return { ...rows, noise: noiseLevel(levels), std: levels }
    return { ...rows, noise: typeof noise === 'number' ? noise : Number.NaN }
  }
  let known = false // whether the operator can be made: building it takes time, and rows are alike
  const rows = async (from: number, to: number): Promise<ObservationSet> => {
    const { parameters, ...observed } = await noisy(await made(from, to), from, to)
    const set = { ...observed, operator: { ...frame.operator, parameters }, range }
    checkRows(set, where, fieldOf, from)
    if (!known) checkMade(set.operator, set.y.shape, where)
    known = true
    return set
  }
  return { count: y.shape[0], rows }
}

/**
 * An observation set of measured data, with any operator of the list. Arrays are as NumPy has them:
 *
 * * y [N, ...]; images may lack a channel axis of 1. Complex y (of the operators `fourier`, `coils` and
 *   `projection`) is complex, or real with a last axis of real and imaginary part, or real with the real
 *   parts, then the imaginary parts as channels, which is how a set keeps it.
 * * parameters may lack the axis of the observations, where all share one, and axes of size 1.
 *
 * A covariance of the noise is whitened away: y and the parameter that makes it are multiplied by the inverse
 * of its Cholesky factor.
 *
 * @param where - the file of y, for messages
 * @throws TweedieError `input` for settings and parameters that do not apply, shapes that do not fit, and as
 * {@link checkObservations}
 *
 * @example
 * ```ts
 * const set = await ownObservations(
 *   {
 *     y: readOneArray('kspace.npy'), // complex [N, coils, H, W]
 *     operator: { name: 'coils', settings: {} },
 *     parameters: { mask: readOneArray('mask.npy'), sensitivity: 'estimate' },
 *     noise: 0.02,
 *   },
 *   'kspace.npy',
 * )
 * ```
 */
export const ownObservations = async (own: OwnMeasurements, where: string): Promise<ObservationSet> => {
  const { y, parameters, noise } = own
  const held = Object.entries(parameters).map(
    ([name, given]) => [name, given === 'estimate' ? given : heldNumbers(given)] as const,
  )
  const { count, rows } = openOwnObservations(
    {
      ...own,
      y: heldNumbers(y),
      parameters: Object.fromEntries(held),
      noise: typeof noise === 'number' || 'covariance' in noise ? noise : heldNumbers(noise),
    },
    where,
  )
  return rows(0, count)
}
