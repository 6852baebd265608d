import { TweedieError } from '../error.ts'
import { checkFinite, indexOf, wrong } from '../formats/index.ts'
import { completeSpec, familyOf, makeOperator, parameterOf } from '../operators/index.ts'
import { broadcastTo, constant, type NdArray, type Shape, scalar, sizeOf } from '../tensor/index.ts'
import type { ObservedOperator } from './operator.ts'
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
interface NamedParameter {
  readonly field: string
  readonly array: NdArray<'float32'>
}

/**
 * Checks that a mask of deleted entries has the shape of x, channels aside.
 *
 * @param rows - how many masks there may be
 * @throws TweedieError `input` when it has not
 */
export const checkMask = (
  { field, array }: NamedParameter,
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

const checkBinary = ({ field, array }: NamedParameter, where: string): void => {
  const first = array.data.findIndex((value) => value !== 0 && value !== 1)
  if (first < 0) return
  const at = indexOf(first, array.shape).join(', ')
  throw wrong(where, `field '${field}' must be 0 or 1 (1 = observed), got ${array.data[first]} at [${at}]`)
}

/** @param binary - whether it is 0 or 1 only */
const checkParameter = (named: NamedParameter, y: Shape, binary: boolean, where: string): void => {
  const { field, array } = named
  if (array.shape.length === 0 || ![1, y[0]].includes(array.shape[0]))
    throw wrong(where, `field '${field}' must be [${y[0]}, ...] or [1, ...], got [${array.shape}]`)
  if (binary) checkBinary(named, where)
  checkFinite(array, field, '', where)
}

/**
 * Checks the parameters of an operator, those of a blind set and its true ones. Nominal masks may be
 * fractions.
 *
 * @param fieldOf - name of a parameter in messages, by that of its group in a file
 */
const checkParameters = (operator: ObservedOperator, y: Shape, where: string, fieldOf: FieldOf): void => {
  const { name, event, parameters, truth = {} } = operator
  const groups = [
    ['parameter', parameters, truth],
    ['truth', truth, {}],
  ] as const
  for (const [group, arrays, hidden] of groups)
    for (const [key, array] of Object.entries(arrays)) {
      const [field, spec] = [fieldOf(group, key), parameterOf(operator, key)]
      if (!spec) throw wrong(where, `field '${field}': operator '${name}' has no such parameter`)
      const deletes = familyOf(name).deletes && key === 'mask'
      if (deletes) checkMask({ field, array }, { event, y, rows: [1, y[0]] }, where)
      checkParameter({ field, array }, y, spec.binary === true && !Object.hasOwn(hidden, key), where)
    }
}

/** How messages name a parameter of a group, `parameter` or `truth`. */
export type FieldOf = (group: 'parameter' | 'truth', name: string) => string

/** Checks that the operator can be made, and gives observations of y's shape. */
const checkMade = ({ event, parameters, ...spec }: ObservedOperator, y: Shape): void => {
  const first = parameterRows(parameters, y[0], 0, 1)
  const tensors = Object.fromEntries(Object.entries(first).map(([name, array]) => [name, constant(array)]))
  const A = makeOperator(spec, tensors, event)
  if (String(A.inShape) !== String(event) || String(A.outShape) !== String(y.slice(1)))
    throw new TweedieError(
      'input',
      `operator '${spec.name}': makes observations [${A.outShape}] of [${event}], y is [${y.slice(1)}]`,
    )
  // Shapes of parameters that do not fit are found here.
  A.apply(broadcastTo(constant(scalar(0)), [1, ...event]))
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
 * Checks that an operator is known and makes observations of a shape.
 *
 * @param y - shape of the observations
 * @param fieldOf - how messages name parameters; by default as files do, `parameter.NAME` and `truth.NAME`
 * @throws TweedieError `input` when it does not, or for settings and parameters that do not fit
 */
export const checkOperator = (
  operator: ObservedOperator,
  y: Shape,
  where: string,
  fieldOf: FieldOf = (group, name) => `${group}.${name}`,
): void => {
  checkEvent(operator.event, where)
  fitting(where, () => completeSpec(operator, [0, 1]))
  checkParameters(operator, y, where, fieldOf)
  fitting(where, () => checkMade(operator, y))
}
