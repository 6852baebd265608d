/** What a file says of an observation set before its rows are read. */
import { type ArrayField, asFloat32, checkFloats, numbers, repeatedKey, wrong } from '../../formats/index.ts'
import { isRecord } from '../../json.ts'
import { nearestName } from '../../nearest.ts'
import { type DataRange, isLinear, type OperatorSpec, type Parameters } from '../../operators/index.ts'
import type { Settings } from '../../settings.ts'
import { type NdArray, ndarray, type Shape, sizeOf, toNumbers } from '../../tensor/index.ts'
import { checkMask, type FieldOf } from '../check-operator.ts'
import { checkFrame, type ObservationFrame, type ObservationSet } from '../observation-set.ts'
import { maskedBy, type ObservedOperator, projectedBy, unchanged } from '../operator.ts'
import { facesOf } from '../own/mesh.ts'
import type { View } from '../view.ts'

const OPERATOR_KEYS = ['mask', 'projection', 'operator'] as const
const KEYS = ['y', 'noise', ...OPERATOR_KEYS, 'range', 'view', 'mesh.points', 'mesh.faces', 'valid'] as const

/** Fields of the short forms, by the parameter that each holds. */
const SHORT: Readonly<Record<string, string>> = { mask: 'mask', matrix: 'projection' }

export const PARAMETER = 'parameter.'
export const TRUTH = 'truth.'

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

/** A field of a file that an array of a set is made of. */
export interface FileField extends ArrayField {
  readonly key: string
}

/** The arrays of a file: what they are, and those that are small, when they are asked for. */
interface Fields {
  readonly fields: Readonly<Record<string, ArrayField>>
  readonly whole: (key: string) => NdArray
}

/** @throws TweedieError `input` for integers, and for booleans where they make no sense */
const fieldAt = ({ fields }: Fields, key: string, where: string, mayBeBoolean = false): FileField => {
  const { dtype, shape } = fields[key]
  if (!(mayBeBoolean && dtype === 'bool')) checkFloats({ dtype }, key, where)
  return { key, dtype, shape }
}

const named = (file: Fields, prefix: string, where: string): Parameters<FileField> =>
  Object.fromEntries(
    Object.keys(file.fields)
      .filter((key) => key.startsWith(prefix))
      .map((key) => [key.slice(prefix.length), fieldAt(file, key, where, true)]),
  )

/** An operator, and what 0.1 said beside it: in which units it had put the latents, [scale, offset]. */
interface DescribedOperator {
  readonly operator: ObservedOperator<FileField>
  readonly units?: readonly number[]
  /** The kind that it claims. */
  readonly linear?: unknown
}

/** The operator that the field `operator` describes. */
const describedOperator = (file: Fields, where: string): DescribedOperator => {
  const field = file.whole('operator')
  const expected = `field 'operator' must be the JSON text of a name, an event and settings, as uint8`
  const parsed = jsonOf(field)
  const spec = specFrom(parsed)
  const { event, units, linear } = isRecord(parsed) ? parsed : {}
  if (!spec || !isNumbers(event)) throw wrong(where, `${expected}, got ${quoted(field)}`)
  if (units !== undefined && !(isNumbers(units) && units.length === 2 && units[0] > 0))
    throw wrong(where, `field 'operator': units must be [scale, offset], got ${JSON.stringify(units)}`)
  const truth = named(file, TRUTH, where)
  const operator: ObservedOperator<FileField> = {
    ...spec,
    event,
    parameters: named(file, PARAMETER, where),
    ...(Object.keys(truth).length === 0 ? {} : { truth }),
  }
  return { operator, linear, ...(isNumbers(units) ? { units } : {}) }
}

/** @throws TweedieError `input` unless there is a mask for each observation */
const ownMasks = (array: FileField, y: Shape, where: string): ObservedOperator<FileField> => {
  const event = y.slice(1)
  checkMask({ field: 'mask', array }, { event, y, rows: [y[0]] }, where)
  return maskedBy(array, event)
}

/** @throws TweedieError `input` unless the matrices are [N, M, D] for y [N, M] */
const checkMatrices = (matrix: FileField, y: Shape, where: string): void => {
  const fits = y.length === 2 && matrix.shape.length === 3 && String(matrix.shape.slice(0, 2)) === String(y)
  if (!fits || matrix.shape[2] < 1)
    throw wrong(
      where,
      `field 'projection' must be [N, M, D] for y [N, M], got [${matrix.shape}] for y [${y}]`,
    )
}

/** Masks of the short form may be any numbers, 0 and 1 of them. */
const anyField = ({ fields }: Fields, key: string): FileField => ({ key, ...fields[key] })

/** The operator of a file; without any the data are x itself. */
const operatorFrom = (file: Fields, y: Shape, where: string): DescribedOperator => {
  const { fields } = file
  const [first, second] = OPERATOR_KEYS.filter((key) => fields[key] !== undefined)
  if (second !== undefined)
    throw wrong(where, `has both '${first}' and '${second}'; an observation set has one operator`)
  if (first === 'operator') return describedOperator(file, where)
  const stray = Object.keys(fields).find(isParameterKey)
  if (stray !== undefined)
    throw wrong(where, `field '${stray}' belongs to the field 'operator', which is missing`)
  if (first === 'mask') return { operator: ownMasks(anyField(file, 'mask'), y, where) }
  if (first === undefined) return { operator: unchanged(y.slice(1)) }
  const matrix = anyField(file, 'projection')
  checkMatrices(matrix, y, where)
  return { operator: projectedBy(fieldAt(file, 'projection', where)) }
}

/** One number, or an array; that of one item is shared by all. */
const noiseFrom = (
  file: Fields,
  y: Shape,
  where: string,
): { readonly noise: number } | { readonly std: FileField } => {
  const { shape } = file.fields.noise
  if (sizeOf(shape) === 1) return { noise: toNumbers(file.whole('noise'))[0] }
  const field = fieldAt(file, 'noise', where)
  const shared = String(shape) === String(y.slice(1)) && shape.length < y.length
  return { std: shared ? { ...field, shape: [1, ...shape] } : field }
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

const meshFrom = ({ fields, whole }: Fields, where: string): Pick<ObservationSet, 'mesh'> => {
  const { 'mesh.points': points, 'mesh.faces': faces } = fields
  if (!points && faces) throw wrong(where, "field 'mesh.faces' needs the field 'mesh.points'")
  if (!points) return {}
  const own = { points: asFloat32(whole('mesh.points'), 'mesh.points', true, where) }
  return { mesh: faces ? { ...own, faces: facesOf(whole('mesh.faces'), where) } : own }
}

/** What a file says of a set before its rows are read. */
export interface DescribedSet {
  readonly frame: Omit<ObservationFrame<FileField>, 'noise'>
  /** Where it is one number. */
  readonly noise?: number
  /** Units in which 0.1 had put the latents, [scale, offset]. */
  readonly units?: readonly number[]
  /** How messages name parameters. */
  readonly fieldOf?: FieldOf
}

/**
 * What a file says of a set, checked as far as it goes without its rows.
 *
 * @throws TweedieError `input` as `checkObservations`, and for missing or unknown fields and wrong dtypes
 */
export const describedSet = (file: Fields, where: string): DescribedSet => {
  const { fields, whole } = file
  const unknown = Object.keys(fields).find(
    (key) => !isParameterKey(key) && !KEYS.some((known) => known === key),
  )
  if (unknown !== undefined)
    throw wrong(where, `unknown field '${unknown}'; did you mean '${nearestName(unknown, KEYS)}'?`)
  const { noise, range, view, valid } = fields
  if (!fields.y || !noise)
    throw wrong(where, `an observation set needs the field '${fields.y ? 'noise' : 'y'}'`)
  const y = fieldAt(file, 'y', where)
  const [low, high] = range ? numbers(whole('range'), 2, 'range', where) : [0, 1]
  const { operator, units, linear } = operatorFrom(file, y.shape, where)
  const level = noiseFrom(file, y.shape, where)
  const frame = {
    y,
    operator,
    ...('std' in level ? level : {}),
    range: [low, high] satisfies DataRange,
    ...(view ? { view: viewFrom(whole('view'), where) } : {}),
    ...meshFrom(file, where),
    ...(valid ? { valid: asFloat32(whole('valid'), 'valid', false, where) } : {}),
  }
  const fieldOf: FieldOf | undefined = fields.operator ? undefined : (_, name) => SHORT[name] ?? name
  checkFrame(frame, where, fieldOf)
  if (linear !== undefined && linear !== isLinear(operator))
    throw wrong(where, `operator '${operator.name}': 'linear' must be ${isLinear(operator)}`)
  return {
    frame,
    ...('noise' in level ? level : {}),
    ...(units ? { units } : {}),
    ...(fieldOf ? { fieldOf } : {}),
  }
}

/**
 * A set that 0.1 had put in the units of a prior, in those of the data: its latents were scale · x + offset,
 * its y still that of x, and its noise scaled with the latents where y is linear in them.
 */
export const withoutUnits = (set: ObservationSet, [scale, offset]: readonly number[]): ObservationSet => {
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
