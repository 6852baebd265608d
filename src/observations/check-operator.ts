import { TweedieError } from '../error.ts'
import { checkFinite, indexFrom, wrong } from '../formats/index.ts'
import { completeSpec, familyOf, makeOperator, type Parameters, parameterOf } from '../operators/index.ts'
import { broadcastTo, constant, type NdArray, type Shape, scalar, sizeOf } from '../tensor/index.ts'
import type { ObservedOperator, Shaped } from './operator.ts'
import { parameterRows } from './operator.ts'

/** Latents larger than this are a damaged file. */
const LARGEST_AXIS = 8192
const LARGEST_EVENT = 2 ** 24

const checkEvent = (event: Shape, where: string): void => {
  const isSize = (d: number) => Number.isInteger(d) && d >= 1 && d <= LARGEST_AXIS
  if (event.length === 0 || !event.every(isSize) || sizeOf(event) > LARGEST_EVENT)
    throw wrong(where, `field 'operator': event must be the shape of one x, got [${event}]`)
}

/** A parameter with the name that messages give it. */
interface NamedParameter<A = NdArray<'float32'>> {
  readonly field: string
  readonly array: A
}

/**
 * Checks that a mask of deleted entries has the shape of x, channels aside.
 *
 * @param rows - how many masks there may be
 * @throws TweedieError `input` when it has not
 */
export const checkMask = (
  { field, array }: NamedParameter<Shaped>,
  { event, y, rows }: { readonly event: Shape; readonly y: Shape; readonly rows: readonly number[] },
  where: string,
): void => {
  const [count, ...own] = array.shape
  const shared = event.length > 1 ? [1, ...event.slice(1)] : event
  const fits = [event, shared].some((shape) => String(shape) === String(own))
  if (fits && rows.includes(count)) return
  const or = String(shared) === String(event) ? '' : ` or [${[y[0], ...shared]}]`
  throw wrong(where, `field '${field}' must have the shape of y, [${y}]${or}, got [${array.shape}]`)
}

const checkBinary = ({ field, array }: NamedParameter, where: string, from: number): void => {
  const first = array.data.findIndex((value) => value !== 0 && value !== 1)
  if (first < 0) return
  const at = indexFrom(first, array.shape, from).join(', ')
  throw wrong(where, `field '${field}' must be 0 or 1 (1 = observed), got ${array.data[first]} at [${at}]`)
}

/** How messages name a parameter of a group, `parameter` or `truth`. */
export type FieldOf = (group: 'parameter' | 'truth', name: string) => string

/** As files do. */
const asInFiles: FieldOf = (group, name) => `${group}.${name}`

/** A parameter, and whether it stands for one that is hidden: nominal masks may be fractions. */
interface OneParameter<A> extends NamedParameter<A> {
  readonly key: string
  readonly nominal: boolean
}

/** The parameters of an operator, those of a blind set and its true ones. */
const eachParameter = <A>(
  { parameters, truth = {} }: ObservedOperator<A>,
  fieldOf: FieldOf,
): OneParameter<A>[] => {
  const of = (group: 'parameter' | 'truth', arrays: Parameters<A>, hidden: Parameters<A>) =>
    Object.entries(arrays).map(([key, array]) => ({
      key,
      field: fieldOf(group, key),
      array,
      nominal: Object.hasOwn(hidden, key),
    }))
  return [...of('parameter', parameters, truth), ...of('truth', truth, {})]
}

/**
 * Checks that an operator is known, with its settings, and that its parameters have shapes that fit.
 *
 * @param y - shape of the observations
 * @param fieldOf - how messages name parameters; by default as files do, `parameter.NAME` and `truth.NAME`
 * @throws TweedieError `input` when it is not
 */
export const checkOperatorShapes = (
  operator: ObservedOperator<Shaped>,
  y: Shape,
  where: string,
  fieldOf: FieldOf = asInFiles,
): void => {
  const { event, name } = operator
  checkEvent(event, where)
  fitting(where, () => completeSpec(operator, [0, 1]))
  for (const { key, field, array } of eachParameter(operator, fieldOf)) {
    if (!parameterOf(operator, key))
      throw wrong(where, `field '${field}': operator '${name}' has no such parameter`)
    if (familyOf(name).deletes && key === 'mask')
      checkMask({ field, array }, { event, y, rows: [1, y[0]] }, where)
    if (array.shape.length === 0 || ![1, y[0]].includes(array.shape[0]))
      throw wrong(where, `field '${field}' must be [${y[0]}, ...] or [1, ...], got [${array.shape}]`)
  }
}

/**
 * Checks the values of the parameters of some observations.
 *
 * @param count - observations
 * @param from - row of the set that the first one is, for messages
 * @throws TweedieError `input` for masks that are not 0 or 1, and values that are not finite
 */
export const checkOperatorRows = (
  operator: ObservedOperator,
  count: number,
  where: string,
  fieldOf: FieldOf = asInFiles,
  from = 0,
): void => {
  for (const { key, field, array, nominal } of eachParameter(operator, fieldOf)) {
    const first = array.shape[0] === count ? from : 0
    if (parameterOf(operator, key)?.binary === true && !nominal) checkBinary({ field, array }, where, first)
    checkFinite(array, field, '', where, first)
  }
}

/** Runs a check of what came from a file: what does not fit is the file's fault. */
const fitting = (where: string, check: () => void): void => {
  try {
    check()
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    const code = cause.code === 'shape' ? 'input' : cause.code
    throw new TweedieError(code, `${where}: ${cause.message}`, { cause })
  }
}

/**
 * Checks that an operator can be made, by its first observation, and gives observations of y's shape.
 *
 * @param y - shape of the observations
 * @throws TweedieError `input` when it does not, or for parameters that do not fit
 */
export const checkMade = (
  { event, parameters, ...spec }: ObservedOperator,
  y: Shape,
  where: string,
): void => {
  const first = parameterRows(parameters, y[0], 0, 1)
  const tensors = Object.fromEntries(Object.entries(first).map(([name, array]) => [name, constant(array)]))
  fitting(where, () => {
    const A = makeOperator(spec, tensors, event)
    if (String(A.inShape) !== String(event) || String(A.outShape) !== String(y.slice(1)))
      throw new TweedieError(
        'input',
        `operator '${spec.name}': makes observations [${A.outShape}] of [${event}], y is [${y.slice(1)}]`,
      )
    // Shapes of parameters that do not fit are found here.
    A.apply(broadcastTo(constant(scalar(0)), [1, ...event]))
  })
}
