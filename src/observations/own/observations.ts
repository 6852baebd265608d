/** Observation sets of measured data, with the operator that made them. */
import { TweedieError } from '../../error.ts'
import { type FileNumbers, withChannel, wrong } from '../../formats/index.ts'
import { nearestName } from '../../nearest.ts'
import {
  type DataRange,
  familyOf,
  latentShape,
  type OperatorSpec,
  type ParameterSpec,
  parameterOf,
  rangeSettings,
} from '../../operators/index.ts'
import { type NdArray, reshaped, type Shape } from '../../tensor/index.ts'
import { checkObservations, noiseLevel, type ObservationSet } from '../observation-set.ts'
import { batched, isComplex, partsFirst, plain, withAxes } from './axes.ts'
import { covarianceOf, stdOf } from './noise.ts'

/** Measured data as files hold them. */
export interface OwnMeasurements {
  /** [N, ...]. Complex where the operator observes complex numbers; see {@link ownObservations}. */
  readonly y: FileNumbers
  /** The operator with its settings. */
  readonly operator: OperatorSpec
  /** Its parameters; `estimate` where the observations tell. */
  readonly parameters: Readonly<Record<string, FileNumbers | 'estimate'>>
  /**
   * Standard deviation of the noise, of each part where y is complex: one, or an array of the shape of y, of
   * one of its items, or [N].
   */
  readonly noise: number | FileNumbers | { readonly covariance: FileNumbers }
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
const checkNames = ({ operator, parameters }: OwnMeasurements): void => {
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
const arranged = ({ y, operator, event }: OwnMeasurements, where: string): NdArray<'float32'> => {
  const values = plain(y, 'y', true, where)
  if (values.shape.length < (y.complex ? 3 : 2))
    throw wrong(
      where,
      `field 'y' must be [N, ...], got [${y.array.shape.slice(0, y.complex ? -1 : undefined)}]`,
    )
  const takes = familyOf(operator.name).complex
  if (y.complex && !takes)
    throw wrong(
      where,
      `field 'y' is complex, operator '${operator.name}' observes real numbers; ` +
        '--operator fourier, coils and projection take complex ones',
    )
  if (takes && isComplex(y)) {
    const [count, ...rest] = values.shape
    return partsFirst(rest.length === 3 ? reshaped(values, [count, 1, ...rest]) : values)
  }
  if (event === undefined) return withChannel(values)
  const [count, ...rest] = values.shape
  return rest.length === 2 && event.length === 3 ? reshaped(values, [count, 1, ...rest]) : values
}

/** The shape of one x. @throws TweedieError `input` when nothing tells it */
const eventOf = ({ operator, parameters, event }: OwnMeasurements, y: Shape, where: string): Shape => {
  if (event !== undefined) return event
  const shapes = Object.entries(parameters).flatMap(([name, given]) =>
    given === 'estimate'
      ? []
      : [[name, given.complex ? given.array.shape.slice(0, -1) : given.array.shape] as const],
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
  given: FileNumbers,
  { complex = false, axes }: ParameterSpec,
  { field, event, y, where }: { field: string; event: Shape; y: Shape; where: string },
): NdArray<'float32'> => {
  const values = plain(given, field, false, where)
  if (given.complex && !complex) throw wrong(where, `field '${field}' must be real, got complex numbers`)
  const wanted = field.includes('.') ? undefined : axes?.(event, y.slice(1)) // parts see other events
  const parts = complex && isComplex(given)
  const whole = parts ? batched(values, wanted ? wanted.length + 2 : 0) : values
  if (parts && whole.shape.length < 3)
    throw wrong(where, `field '${field}' must have more axes, got [${given.array.shape.slice(0, -1)}]`)
  const array = parts ? partsFirst(whole) : values
  return wanted ? withAxes(array, [[1, y[0]], ...wanted], field, where) : array
}

/** Every parameter, those that are estimated last. */
const parametersFrom = async (
  own: OwnMeasurements,
  event: Shape,
  y: NdArray<'float32'>,
  where: string,
): Promise<Record<string, NdArray<'float32'>>> => {
  const { operator, parameters } = own
  const found: Record<string, NdArray<'float32'>> = {}
  for (const [name, given] of Object.entries(parameters)) {
    const spec = parameterOf(operator, name)
    const field = keyOf(operator, name)
    if (spec && given !== 'estimate')
      found[name] = parameterFrom(given, spec, { field, event, y: y.shape, where })
  }
  for (const [name, given] of Object.entries(parameters)) {
    if (given !== 'estimate') continue
    const estimate = parameterOf(operator, name)?.estimate
    if (!estimate)
      throw new TweedieError('input', `operator '${operator.name}': '${name}' cannot be estimated`)
    found[name] = await estimate(y, found)
  }
  return found
}

/** What whitening changes: y, one parameter, and the noise. */
const whitened = (
  covariance: FileNumbers,
  operator: OperatorSpec,
  { y, parameters }: { y: NdArray<'float32'>; parameters: Readonly<Record<string, NdArray<'float32'>>> },
  where: string,
) => {
  const C = covarianceOf(covariance, operator, y.shape.slice(1), where)
  const { whitening } = familyOf(operator.name)
  if (!whitening) throw new Error('checked above')
  const { parameter: name, whiten } = whitening
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
  checkNames(own)
  const { operator, noise, range = [0, 1] } = own
  const y = arranged(own, where)
  const event = eventOf(own, y.shape.slice(1), where)
  const settings = { ...rangeSettings(familyOf(operator.name), range), ...operator.settings }
  const made = { y, parameters: await parametersFrom(own, event, y, where) }
  const level = (): Pick<ObservationSet, 'y' | 'noise' | 'std'> & { parameters: typeof made.parameters } => {
    if (typeof noise === 'number') return { ...made, noise }
    if ('covariance' in noise) return whitened(noise.covariance, operator, made, where)
    const std = stdOf(noise, y.shape, familyOf(operator.name).complex, where)
    return { ...made, noise: noiseLevel(std), std }
  }
  const { parameters, ...observed } = level()
  const set = { ...observed, operator: { ...operator, settings, event, parameters }, range }
  checkObservations(set, where, (_, name) => keyOf(operator, name))
  return set
}
