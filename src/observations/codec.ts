/**
 * Observation sets as arrays of a file: `y`, `noise`, optionally `range`, `view` (with `mesh.points` and
 * `mesh.faces` of a mesh of its own) and `valid`, and the operator. That is `operator`, the JSON text {name,
 * event, settings, of} with a byte for each element, with
 * arrays `parameter.NAME` and, of a blind set, `truth.NAME`.
 *
 * Three short forms are read as well, which are easy to write by hand and are how version 0.1 wrote them:
 * `mask` for deleted entries, `projection` for matrices, and nothing at all for y = x with noise.
 */
import {
  type Arrays,
  asFloat32,
  numbers,
  readArrays,
  repeatedKey,
  writeArrays,
  wrong,
} from '../formats/index.ts'
import { isRecord } from '../json.ts'
import { nearestName } from '../nearest.ts'
import { type DataRange, isLinear, type OperatorSpec, type Parameters } from '../operators/index.ts'
import type { Settings } from '../settings.ts'
import { NdArray, ndarray, reshaped, type Shape, scalar, toNumbers } from '../tensor/index.ts'
import { checkMask } from './check-operator.ts'
import { checkObservations, noiseLevel, type ObservationSet } from './observation-set.ts'
import { maskedBy, type ObservedOperator, projectedBy, unchanged } from './operator.ts'
import { facesOf } from './own/mesh.ts'
import type { View } from './view.ts'
import { withinDomain } from './within-domain.ts'

const OPERATOR_KEYS = ['mask', 'projection', 'operator'] as const
const KEYS = ['y', 'noise', ...OPERATOR_KEYS, 'range', 'view', 'mesh.points', 'mesh.faces', 'valid'] as const

/** Fields of the short forms, by the parameter that each holds. */
const SHORT: Readonly<Record<string, string>> = { mask: 'mask', matrix: 'projection' }

const PARAMETER = 'parameter.'
const TRUTH = 'truth.'

const isParameterKey = (key: string): boolean => key.startsWith(PARAMETER) || key.startsWith(TRUTH)

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === 'number' && Number.isFinite(v))

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0

const isSettings = (value: unknown): value is Settings =>
  isRecord(value) && Object.values(value).every((v) => ['number', 'string', 'boolean'].includes(typeof v))

/** The JSON that the bytes of an array are, or undefined. */
const jsonOf = (array: NdArray): unknown => {
  if (!(array.data instanceof Uint8Array)) return undefined
  const text = new TextDecoder().decode(array.data)
  try {
    const parsed: unknown = JSON.parse(text)
    return repeatedKey(text) === undefined ? parsed : undefined
  } catch {
    return undefined // the caller says what was expected instead
  }
}

const jsonArray = (value: unknown): NdArray<'uint8'> => {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return new NdArray('uint8', [bytes.length], bytes)
}

/** The text that an error quotes of an array that should be JSON. */
const quoted = (array: NdArray): string =>
  array.data instanceof Uint8Array ? new TextDecoder().decode(array.data).slice(0, 60) : array.dtype

/** Operators in operators in operators: more than this is a damaged file. */
const DEEPEST = 8

/** Settings of 0.1 that said which points there are; what is observed is in the mask. */
const OUTDATED: Readonly<Record<string, readonly string[]>> = { vertices: ['points', 'sea'] }

const specFrom = (value: unknown, depth = 0): OperatorSpec | undefined => {
  if (depth > DEEPEST) return undefined
  const { name, settings, of } = isRecord(value) ? value : {}
  if (typeof name !== 'string' || !isSettings(settings)) return undefined
  const outdated = OUTDATED[name] ?? []
  const current = Object.fromEntries(Object.entries(settings).filter(([key]) => !outdated.includes(key)))
  if (of === undefined) return { name, settings: current }
  const parts = Array.isArray(of) ? of.map((part) => specFrom(part, depth + 1)) : []
  const known = parts.flatMap((part) => (part ? [part] : []))
  return known.length > 0 && known.length === parts.length
    ? { name, settings: current, of: known }
    : undefined
}

const named = (arrays: Arrays, prefix: string, where: string): Parameters<NdArray<'float32'>> =>
  Object.fromEntries(
    Object.entries(arrays)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, array]) => [
        key.slice(prefix.length),
        asFloat32(array, key, array.dtype !== 'bool', where),
      ]),
  )

/** An operator, and what 0.1 said beside it: in which units it had put the latents, [scale, offset]. */
interface Described {
  readonly operator: ObservedOperator
  readonly units?: readonly number[]
  /** The kind that it claims. */
  readonly linear?: unknown
}

/** The operator that the field `operator` describes. */
const describedOperator = (arrays: Arrays, field: NdArray, where: string): Described => {
  const expected = `field 'operator' must be the JSON text of a name, an event and settings, as uint8`
  const parsed = jsonOf(field)
  const spec = specFrom(parsed)
  const { event, units, linear } = isRecord(parsed) ? parsed : {}
  if (!spec || !isNumbers(event)) throw wrong(where, `${expected}, got ${quoted(field)}`)
  if (units !== undefined && !(isNumbers(units) && units.length === 2 && units[0] > 0))
    throw wrong(where, `field 'operator': units must be [scale, offset], got ${JSON.stringify(units)}`)
  const truth = named(arrays, TRUTH, where)
  const operator: ObservedOperator = {
    ...spec,
    event,
    parameters: named(arrays, PARAMETER, where),
    ...(Object.keys(truth).length === 0 ? {} : { truth }),
  }
  return { operator, linear, ...(isNumbers(units) ? { units } : {}) }
}

/** @throws TweedieError `input` unless there is a mask for each observation */
const ownMasks = (array: NdArray<'float32'>, y: Shape, where: string): ObservedOperator => {
  const event = y.slice(1)
  checkMask({ field: 'mask', array }, { event, y, rows: [y[0]] }, where)
  return maskedBy(array, event)
}

/** @throws TweedieError `input` unless the matrices are [N, M, D] for y [N, M] */
const checkMatrices = (matrix: NdArray, y: Shape, where: string): void => {
  const fits = y.length === 2 && matrix.shape.length === 3 && String(matrix.shape.slice(0, 2)) === String(y)
  if (!fits || matrix.shape[2] < 1)
    throw wrong(
      where,
      `field 'projection' must be [N, M, D] for y [N, M], got [${matrix.shape}] for y [${y}]`,
    )
}

/** The operator of the arrays; without any the data are x itself. */
const operatorFrom = (arrays: Arrays, y: Shape, where: string): Described => {
  const { mask, projection, operator } = arrays
  const [first, second] = OPERATOR_KEYS.filter((key) => arrays[key] !== undefined)
  if (second !== undefined)
    throw wrong(where, `has both '${first}' and '${second}'; an observation set has one operator`)
  if (operator) return describedOperator(arrays, operator, where)
  const stray = Object.keys(arrays).find(isParameterKey)
  if (stray !== undefined)
    throw wrong(where, `field '${stray}' belongs to the field 'operator', which is missing`)
  if (mask) return { operator: ownMasks(asFloat32(mask, 'mask', false, where), y, where) }
  if (!projection) return { operator: unchanged(y.slice(1)) }
  checkMatrices(projection, y, where)
  return { operator: projectedBy(asFloat32(projection, 'projection', true, where)) }
}

/** One number, or an array; that of one item is shared by all. */
const noiseFrom = (noise: NdArray, y: Shape, where: string): Pick<ObservationSet, 'noise' | 'std'> => {
  if (noise.size === 1) return { noise: toNumbers(noise)[0] }
  const array = asFloat32(noise, 'noise', true, where)
  const shared = String(array.shape) === String(y.slice(1)) && array.shape.length < y.length
  const std = shared ? reshaped(array, [1, ...array.shape]) : array
  return { noise: noiseLevel(std), std }
}

const viewFrom = (array: NdArray, where: string): View => {
  const parsed = jsonOf(array)
  const { kind, rows, columns, mesh } = isRecord(parsed) ? parsed : {}
  if (kind === 'image' || kind === 'signal') return { kind }
  if (kind === 'globe' && isCount(rows) && isCount(columns)) return { kind, rows, columns }
  if (kind === 'mesh' && typeof mesh === 'string') return { kind, mesh }
  throw wrong(
    where,
    `field 'view' must be the JSON text of an image, globe, mesh or signal, got ${quoted(array)}`,
  )
}

const meshFrom = (arrays: Arrays, where: string): Pick<ObservationSet, 'mesh'> => {
  const { 'mesh.points': points, 'mesh.faces': faces } = arrays
  if (!points && faces) throw wrong(where, "field 'mesh.faces' needs the field 'mesh.points'")
  if (!points) return {}
  const own = { points: asFloat32(points, 'mesh.points', true, where) }
  return { mesh: faces ? { ...own, faces: facesOf(faces, where) } : own }
}

/**
 * A set that 0.1 had put in the units of a prior, in those of the data: its latents were scale · x + offset,
 * its y still that of x, and its noise scaled with the latents where y is linear in them.
 */
const withoutUnits = (set: ObservationSet, [scale, offset]: readonly number[]): ObservationSet => {
  const s = isLinear(set.operator) ? scale : 1
  const [low, high] = set.range.map((end) => (end - offset) / scale)
  const std =
    set.std &&
    ndarray(
      Array.from(set.std.data, (v) => v / s),
      set.std.shape,
    )
  return { ...set, noise: set.noise / s, ...(std ? { std } : {}), range: [low, high] }
}

/**
 * An observation set from the arrays of a file; see the head of this file for the fields.
 *
 * @throws TweedieError `input` as {@link checkObservations}, and for missing or unknown fields and wrong
 * dtypes
 */
export const observationsOf = (arrays: Arrays, where: string): ObservationSet => {
  const unknown = Object.keys(arrays).find(
    (key) => !isParameterKey(key) && !KEYS.some((known) => known === key),
  )
  if (unknown !== undefined)
    throw wrong(where, `unknown field '${unknown}'; did you mean '${nearestName(unknown, KEYS)}'?`)
  const { noise, range, view, valid } = arrays
  if (!arrays.y || !noise)
    throw wrong(where, `an observation set needs the field '${arrays.y ? 'noise' : 'y'}'`)
  const y = asFloat32(arrays.y, 'y', true, where)
  const [low, high] = range ? numbers(range, 2, 'range', where) : [0, 1]
  const { operator, units, linear } = operatorFrom(arrays, y.shape, where)
  const set: ObservationSet = {
    y,
    operator,
    ...noiseFrom(noise, y.shape, where),
    range: [low, high] satisfies DataRange,
    ...(view ? { view: viewFrom(view, where) } : {}),
    ...meshFrom(arrays, where),
    ...(valid ? { valid: asFloat32(valid, 'valid', false, where) } : {}),
  }
  checkObservations(set, where, arrays.operator ? undefined : (_, name) => SHORT[name] ?? name)
  if (linear !== undefined && linear !== isLinear(operator))
    throw wrong(where, `operator '${operator.name}': 'linear' must be ${isLinear(operator)}`)
  return withinDomain(units ? withoutUnits(set, units) : set)
}

/** Masks take one byte an entry. */
const compact = (array: NdArray<'float32'>): NdArray =>
  array.data.every((v) => v === 0 || v === 1) ? ndarray(array.data, array.shape, 'bool') : array

const prefixed = (prefix: string, arrays: Parameters<NdArray<'float32'>>): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([key, array]) => [`${prefix}${key}`, compact(array)]))

/** The arrays of a set; see {@link observationsOf}. */
export const arraysOf = ({ y, operator, noise, std, range, view, mesh, valid }: ObservationSet): Arrays => {
  const { parameters, truth = {}, name, settings, event, of } = operator
  return {
    y,
    noise: std ?? scalar(noise, 'float64'),
    range: ndarray(range, [2], 'float64'),
    operator: jsonArray({ name, event, settings, ...(of ? { of } : {}) }),
    ...prefixed(PARAMETER, parameters),
    ...prefixed(TRUTH, truth),
    ...(view ? { view: jsonArray(view) } : {}),
    ...(mesh ? { 'mesh.points': mesh.points } : {}),
    ...(mesh?.faces ? { 'mesh.faces': mesh.faces } : {}),
    ...(valid ? { valid: compact(valid) } : {}),
  }
}

/**
 * Reads an observation set from `.npz` or `.safetensors`.
 *
 * @throws TweedieError `input` when the file is damaged or the set unsound (see {@link observationsOf}); `io`
 * when the system refuses
 * @example
 * ```ts
 * const { y, operator, noise } = readObservations('observations.npz')
 * ```
 */
export const readObservations = (path: string): ObservationSet => observationsOf(readArrays(path), path)

/**
 * Writes an observation set to `.npz` or `.safetensors`, whole or not at all.
 *
 * @throws TweedieError `input` when the set is unsound; `io` when the system refuses
 * @example
 * ```ts
 * const operator = maskedBy(mask, [1, 28, 28])
 * writeObservations('observations.npz', { y, operator, noise: 0.05, range: [0, 1] })
 * ```
 */
export const writeObservations = (path: string, set: ObservationSet): void => {
  checkObservations(set, path)
  writeArrays(path, arraysOf(set))
}
