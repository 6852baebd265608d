import { TweedieError } from '../error.ts'
import { checkFinite, indexOf, wrong } from '../formats/index.ts'
import { familyOf, makeOperator, type OperatorSpec, type ParameterSpec } from '../operators/index.ts'
import { constant, type NdArray, type Shape, sizeOf, zeros } from '../tensor/index.ts'
import type { ObservedOperator } from './operator.ts'
import { parameterRows } from './rows.ts'

/** Latents larger than this are a damaged file. */
const LARGEST_AXIS = 8192
const LARGEST_EVENT = 2 ** 24

const checkEvent = (event: Shape, where: string): void => {
  const isSize = (d: number) => Number.isInteger(d) && d >= 1 && d <= LARGEST_AXIS
  if (event.length === 0 || !event.every(isSize) || sizeOf(event) > LARGEST_EVENT)
    throw wrong(where, `field 'operator': event must be the shape of one x, got [${event}]`)
}

/** What is known of a parameter; those of part i are named `i.NAME`. */
const specOf = ({ name, of = [] }: OperatorSpec, parameter: string): ParameterSpec | undefined => {
  const { parameters } = familyOf(name)
  if (Object.hasOwn(parameters, parameter)) return parameters[parameter]
  const [index, ...rest] = parameter.split('.')
  const part = of[Number(index)]
  return part && rest.length > 0 ? specOf(part, rest.join('.')) : undefined
}

/** @throws TweedieError `input` when a mask of deleted entries does not have the shape of x, channels aside */
const checkMask = (mask: NdArray<'float32'>, event: Shape, y: Shape, where: string): void => {
  const own = String(mask.shape.slice(1))
  const shared = event.length > 1 ? String([1, ...event.slice(1)]) : String(event)
  if ([String(event), shared].includes(own)) return
  const or = shared === String(event) ? '' : ` or [${[y[0], ...shared.split(',')]}]`
  throw wrong(where, `field 'mask' must have the shape of y, [${y}]${or}, got [${mask.shape}]`)
}

const checkParameter = (
  name: string,
  array: NdArray<'float32'>,
  spec: ParameterSpec | undefined,
  y: Shape,
  where: string,
): void => {
  if (!spec) throw wrong(where, `field 'parameter.${name}': the operator has no such parameter`)
  if (array.shape.length === 0 || ![1, y[0]].includes(array.shape[0]))
    throw wrong(where, `field '${name}' must be [${y[0]}, ...] or [1, ...], got [${array.shape}]`)
  checkFinite(array, name, '', where)
}

const checkBinary = (name: string, array: NdArray<'float32'>, where: string): void => {
  const first = array.data.findIndex((value) => value !== 0 && value !== 1)
  if (first < 0) return
  const at = indexOf(first, array.shape).join(', ')
  throw wrong(where, `field '${name}' must be 0 or 1 (1 = observed), got ${array.data[first]} at [${at}]`)
}

/** Checks that the operator can be made, and gives observations of y's shape. */
const checkMade = ({ event, parameters, ...spec }: ObservedOperator, y: Shape): void => {
  const first = parameterRows(parameters, y[0], 0, 1)
  const tensors = Object.fromEntries(Object.entries(first).map(([name, array]) => [name, constant(array)]))
  const A = makeOperator(spec, tensors, event)
  if (String(A.inShape) !== String(event) || String(A.outShape) !== String(y.slice(1)))
    throw new TweedieError(
      'input',
      `operator '${spec.name}' makes observations [${A.outShape}] of [${event}], y is [${y.slice(1)}]`,
    )
  A.apply(constant(zeros([1, ...event]))) // shapes of parameters that do not fit are found here
}

/**
 * Checks that an operator is known and makes observations of a shape. Blind sets have nominal masks, which may be fractions.
 *
 * @param y - shape of the observations
 * @throws TweedieError `input` when it does not, or for settings and parameters that do not fit
 */
export const checkOperator = (operator: ObservedOperator, y: Shape, where: string): void => {
  const { name, event, parameters, truth = {} } = operator
  checkEvent(event, where)
  for (const arrays of [parameters, truth])
    for (const [key, array] of Object.entries(arrays)) {
      const spec = specOf(operator, key)
      checkParameter(key, array, spec, y, where)
      if (spec?.binary && (arrays === truth || !Object.hasOwn(truth, key))) checkBinary(key, array, where)
    }
  if (familyOf(name).deletes && parameters.mask) checkMask(parameters.mask, event, y, where)
  try {
    checkMade(operator, y)
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    // What does not fit came from the file: it is input.
    throw new TweedieError(cause.code === 'shape' ? 'input' : cause.code, `${where}: ${cause.message}`, {
      cause,
    })
  }
}
