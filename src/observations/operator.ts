/** How latents were observed, and how that is kept in the arrays of a file. */

import type { Arrays } from '../formats/index.ts'
import { asFloat32, checkFinite, type Float32s, indexOf, repeatedKey, wrong } from '../formats/index.ts'
import type { Affine } from '../operators/index.ts'
import type { Settings } from '../settings.ts'
import { NdArray, ndarray, type Shape, sizeOf } from '../tensor/ndarray.ts'

/** An operator of a named family (see `families` of operators/), with parameters for each observation. */
export interface FamilyOperator {
  readonly kind: 'family'
  readonly name: string
  /** Whether y is linear in x. */
  readonly linear: boolean
  /** Shape of one x. */
  readonly event: Shape
  readonly settings: Settings
  /** Arrays [N, ...], or [1, ...] where all observations share them. Of a blind set these are nominal. */
  readonly parameters: Float32s
  /** Blind sets: the parameters that each observation really had. StoredResult to judge by; samplers never see them. */
  readonly truth?: Float32s
  /** The latents are scale · x + offset of the x that the operator takes; they are x itself when absent. */
  readonly units?: Affine
}

/** How the latent x became y, before noise. */
export type ObservationOperator =
  /** y = m * x: 1 where observed, 0 elsewhere; of y's shape, or [N, 1, ...] for y [N, C, ...]. */
  | { readonly kind: 'mask'; readonly mask: NdArray<'float32'> }
  /** y_n = A_n x_n with matrix [N, M, D] for y [N, M]. */
  | { readonly kind: 'projection'; readonly matrix: NdArray<'float32'> }
  /** y = x. */
  | { readonly kind: 'identity' }
  /** Any other. */
  | FamilyOperator

/** Keys of a file that belong to the operator; parameters are `parameter.NAME` and `truth.NAME`. */
export const OPERATOR_KEYS = ['mask', 'projection', 'operator'] as const

const PARAMETER = 'parameter.'
const TRUTH = 'truth.'

/** Whether a key of a file is that of a parameter. */
export const isParameterKey = (key: string): boolean => key.startsWith(PARAMETER) || key.startsWith(TRUTH)

const checkMask = (mask: NdArray<'float32'>, y: Shape, where: string): void => {
  const shared = y.map((dimension, axis) => (axis === 1 && y.length > 2 ? 1 : dimension))
  if (![String(y), String(shared)].includes(String(mask.shape))) {
    const or = String(shared) === String(y) ? '' : ` or [${shared}]`
    throw wrong(where, `field 'mask' must have the shape of y, [${y}]${or}, got [${mask.shape}]`)
  }
  const first = mask.data.findIndex((value) => value !== 0 && value !== 1)
  if (first >= 0) {
    const at = indexOf(first, mask.shape).join(', ')
    throw wrong(where, `field 'mask' must be 0 or 1 (1 = observed), got ${mask.data[first]} at [${at}]`)
  }
}

const checkProjection = (matrix: NdArray<'float32'>, y: Shape, where: string): void => {
  const fits =
    y.length === 2 && matrix.shape.length === 3 && matrix.shape[0] === y[0] && matrix.shape[1] === y[1]
  if (!fits || matrix.shape[2] < 1) {
    throw wrong(
      where,
      `field 'projection' must be [N, M, D] for y [N, M], got [${matrix.shape}] for y [${y}]`,
    )
  }
  checkFinite(matrix, 'projection', '', where)
}

/** Latents larger than this are a damaged file. */
const LARGEST_AXIS = 8192
const LARGEST_EVENT = 2 ** 24

const checkFamily = ({ event, parameters, truth }: FamilyOperator, y: Shape, where: string): void => {
  const isSize = (d: number) => Number.isInteger(d) && d >= 1 && d <= LARGEST_AXIS
  if (event.length === 0 || !event.every(isSize) || sizeOf(event) > LARGEST_EVENT)
    throw wrong(where, `field 'operator': event must be the shape of one x, got [${event}]`)
  const groups = [
    [PARAMETER, parameters],
    [TRUTH, truth ?? {}],
  ] as const
  for (const [prefix, arrays] of groups) {
    for (const [name, array] of Object.entries(arrays)) {
      if (array.shape.length === 0 || ![1, y[0]].includes(array.shape[0]))
        throw wrong(
          where,
          `field '${prefix}${name}' must be [${y[0]}, ...] or [1, ...], got [${array.shape}]`,
        )
      checkFinite(array, `${prefix}${name}`, '', where)
    }
  }
}

/** Checks that an operator fits observations of a shape. @throws TweedieError `input` when it does not */
export const checkOperator = (operator: ObservationOperator, y: Shape, where: string): void => {
  if (operator.kind === 'mask') checkMask(operator.mask, y, where)
  if (operator.kind === 'projection') checkProjection(operator.matrix, y, where)
  if (operator.kind === 'family') checkFamily(operator, y, where)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === 'number' && Number.isFinite(v))

const isSettings = (value: unknown): value is Settings =>
  isRecord(value) && Object.values(value).every((v) => ['number', 'string', 'boolean'].includes(typeof v))

/** What the field `operator` says: JSON, one byte for each element. */
const describedOperator = (array: NdArray, where: string): Omit<FamilyOperator, 'parameters' | 'truth'> => {
  const expected = `field 'operator' must be the JSON text of a name, linear, event and settings, as uint8`
  if (!(array.data instanceof Uint8Array)) throw wrong(where, `${expected}, got ${array.dtype}`)
  const text = new TextDecoder().decode(array.data)
  const parsed = parsedJson(text)
  const { name, linear, event, settings, units } = isRecord(parsed) ? parsed : {}
  const twice = parsed === undefined ? undefined : repeatedKey(text)
  if (
    typeof name !== 'string' ||
    typeof linear !== 'boolean' ||
    !isNumbers(event) ||
    !isSettings(settings) ||
    twice !== undefined
  )
    throw wrong(where, `${expected}, got ${text.slice(0, 60)}`)
  const described = { kind: 'family', name, linear, event, settings } as const
  if (units === undefined) return described
  if (!isNumbers(units) || units.length !== 2 || !(units[0] > 0))
    throw wrong(where, `field 'operator': units must be [scale, offset], got ${JSON.stringify(units)}`)
  return { ...described, units: { scale: units[0], offset: units[1] } }
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller says what was expected instead
  }
}

const named = (arrays: Arrays, prefix: string, where: string): Float32s =>
  Object.fromEntries(
    Object.entries(arrays)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, array]) => [key.slice(prefix.length), asFloat32(array, key, true, where)]),
  )

/** The operator that the arrays of a file describe; without any the data are x itself. */
export const operatorOfArrays = (arrays: Arrays, where: string): ObservationOperator => {
  const { mask, projection, operator } = arrays
  const [first, second] = OPERATOR_KEYS.filter((key) => arrays[key] !== undefined)
  if (second !== undefined)
    throw wrong(where, `has both '${first}' and '${second}'; an observation set has one operator`)
  const stray = operator ? undefined : Object.keys(arrays).find(isParameterKey)
  if (stray !== undefined)
    throw wrong(where, `field '${stray}' belongs to the field 'operator', which is missing`)
  if (mask) return { kind: 'mask', mask: asFloat32(mask, 'mask', false, where) }
  if (projection) return { kind: 'projection', matrix: asFloat32(projection, 'projection', true, where) }
  if (!operator) return { kind: 'identity' }
  const truth = named(arrays, TRUTH, where)
  const parameters = named(arrays, PARAMETER, where)
  const family = { ...describedOperator(operator, where), parameters }
  return Object.keys(truth).length === 0 ? family : { ...family, truth }
}

/** The arrays that describe an operator in a file. */
export const arraysOfOperator = (operator: ObservationOperator): Arrays => {
  switch (operator.kind) {
    case 'identity':
      return {}
    case 'mask':
      return { mask: ndarray(operator.mask.data, operator.mask.shape, 'bool') }
    case 'projection':
      return { projection: operator.matrix }
    case 'family': {
      const { name, linear, event, settings, units, parameters, truth = {} } = operator
      const text = JSON.stringify({
        name,
        linear,
        event,
        settings,
        ...(units ? { units: [units.scale, units.offset] } : {}),
      })
      const bytes = new TextEncoder().encode(text)
      const prefixed = (prefix: string, arrays: Float32s) =>
        Object.fromEntries(Object.entries(arrays).map(([key, array]) => [`${prefix}${key}`, array]))
      return {
        operator: new NdArray('uint8', [bytes.length], bytes),
        ...prefixed(PARAMETER, parameters),
        ...prefixed(TRUTH, truth),
      }
    }
  }
}
