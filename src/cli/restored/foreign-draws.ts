/**
 * Draws of any program, and their truth, as `tweedie diagnose` takes them: they stay in their files, which
 * are read part by part.
 */
import { TweedieError } from '../../error.ts'
import { type ArrayFile, namesArrays, openArrays, readArrays } from '../../formats/index.ts'
import { firstNotFinite, NdArray, ndarray, type Shape, sizeOf, toNumbers } from '../../tensor/index.ts'
import { openCleanItems } from '../config/loading.ts'

type Floats = NdArray<'float32'>

/** An array of which rows are read when they are asked for. */
export interface FloatRows {
  /** [N, ...]. */
  readonly shape: Shape
  /** Rows from … to − 1. */
  readonly rows: (from: number, to: number) => Floats | Promise<Floats>
}

/** Draws of problems of which some are read when they are asked for. */
export interface DrawRows {
  /** [K, N, ...event]. */
  readonly shape: Shape
  /** Those of problems from … to − 1, [K, to − from, ...event]. */
  readonly draws: (from: number, to: number) => Floats
}

/** An array of a file. */
interface StoredFloats {
  readonly shape: Shape
  readonly rows: (from: number, to: number) => Floats
  /** Entries from … to − 1 of the second axis. */
  readonly columns: (from: number, to: number) => Floats
}

/** Names under which programs keep draws, and the truth. */
const [DRAWS, TRUTH] = [
  ['draws', 'samples', 'posterior_samples', 'theta', 'x'],
  ['truth', 'theta', 'parameters', 'x', 'images', 'data'],
] as const

const isFloat = (dtype: string): boolean => dtype === 'float32' || dtype === 'float64'

const floats = ({ data, shape }: NdArray): Floats =>
  new NdArray('float32', shape, data instanceof Float32Array ? data : Float32Array.from(data, Number))

/** @throws TweedieError `input` for other arrays than float32 and float64 */
const floatField = (file: ArrayFile, name: string, path: string): StoredFloats => {
  const { dtype, shape } = file.fields[name]
  if (!isFloat(dtype))
    throw new TweedieError('input', `${path}: field '${name}': expected float32 or float64, got ${dtype}`)
  return {
    shape,
    rows: (from, to) => floats(file.rows(name, from, to)),
    columns: (from, to) => floats(file.columns(name, from, to)),
  }
}

/** The array by one of these names, or the only one. */
const fieldOf = (path: string, names: readonly string[], what: string, file: ArrayFile): StoredFloats => {
  const there = Object.keys(file.fields)
  const name = names.find((n) => Object.hasOwn(file.fields, n)) ?? (there.length === 1 ? there[0] : undefined)
  if (name !== undefined) return floatField(file, name, path)
  throw new TweedieError(
    'input',
    `${path}: expected ${what} as one of ${names.join(', ')}, or a single array; it has ${there.join(', ')}`,
  )
}

/** Draws as a file has them: which axis is which is not known yet. */
export type StoredDraws = StoredFloats

/**
 * Draws as a file has them, [K, N, ...event] or [N, K, ...event].
 *
 * @throws TweedieError `input` when the file has none
 */
export const openDraws = (path: string): StoredDraws => {
  const draws = fieldOf(path, DRAWS, 'draws', openArrays(path))
  if (draws.shape.length >= 2 && sizeOf(draws.shape) > 0) return draws
  throw new TweedieError(
    'input',
    `${path}: draws should be [draws, problems, ...signal] or [problems, draws, ...signal], ` +
      `got [${draws.shape}]`,
  )
}

/**
 * The truth [N, ...event]: float arrays of a file as they are, anything else as clean data.
 *
 * @throws TweedieError `input` when the source has none
 */
export const openTruth = async (source: string, most: number): Promise<FloatRows> => {
  if (namesArrays(source)) {
    const file = openArrays(source)
    if (Object.values(file.fields).every(({ dtype }) => isFloat(dtype)))
      return fieldOf(source, TRUTH, 'the truth', file)
    file.close()
  }
  return openCleanItems(source, { count: most })
}

/** [N, K, ...] ↔ [K, N, ...]. */
const exchanged = ({ shape: [a, b, ...event], data }: Floats): Floats => {
  const size = sizeOf(event)
  const out = new Float32Array(data.length)
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      out.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size)
  return new NdArray('float32', [b, a, ...event], out)
}

/** Draws [K, N, ...event] of N problems; those that have them the other way round are exchanged. */
export const drawsFirst = ({ shape, rows, columns }: StoredDraws, problems: number): DrawRows => {
  const [first, second, ...event] = shape
  return first === problems && second !== problems
    ? { shape: [second, first, ...event], draws: (from, to) => exchanged(rows(from, to)) }
    : { shape, draws: columns }
}

/** A shape in which scalar parameters are vectors of one. */
const withEvent = (shape: Shape, axes: number): Shape => (shape.length > axes ? shape : [...shape, 1])

/**
 * Whether a truth is of signals of this shape: axes of 1, such as that of a grey image, may be missing, and a
 * grid [rows, columns] may stand for its points, row by row, as `observe --view globe` takes it.
 */
const isInAxesOf = (event: Shape, own: Shape): boolean => {
  const plain = (shape: Shape): string => shape.filter((d) => d !== 1).join()
  const fits = (shape: Shape): boolean => shape.length <= event.length && plain(shape) === plain(event)
  const points = [...own.slice(0, -2), sizeOf(own.slice(-2))]
  return fits(own) || (event.length > 1 && fits(points))
}

/**
 * Draws as [K, N, ...event] with the truth [N, ...event] of the problems that they are of: the draws come
 * first or second, whichever fits the truth, the first when both do; the truth may go on after the draws.
 *
 * @param source - of the truth, for the message
 * @throws TweedieError `input` when neither fits
 */
export const matched = (
  stored: StoredDraws,
  truth: FloatRows,
  source: string,
): { readonly draws: DrawRows; readonly truth: FloatRows } => {
  const { shape, draws } = drawsFirst(stored, truth.shape[0])
  const [k, problems, ...own] = withEvent(shape, 2)
  const [there, ...event] = withEvent(truth.shape, 1)
  if ((String(own) === String(event) || isInAxesOf(own, event)) && problems <= there)
    return {
      draws: {
        shape: [k, problems, ...own],
        draws: (from, to) => new NdArray('float32', [k, to - from, ...own], draws(from, to).data),
      },
      truth: {
        shape: [problems, ...own],
        rows: async (from, to) =>
          new NdArray('float32', [to - from, ...own], (await truth.rows(from, to)).data),
      },
    }
  throw new TweedieError(
    'input',
    `${source}: the truth is of ${there} × [${event}], the draws [${withEvent(stored.shape, 2)}] ` +
      `are neither [draws, ${there}, ${event}] nor [${there}, draws, ${event}]`,
  )
}

/**
 * Labels of regions for every entry of a signal, [...event]: a file may leave out the first axes, such as
 * channels, which then share the map.
 *
 * @throws TweedieError `input` when the file has no map of this shape
 */
export const readLabels = (path: string, event: Shape): NdArray => {
  const arrays = readArrays(path)
  const names = Object.keys(arrays)
  const name = Object.hasOwn(arrays, 'labels') ? 'labels' : names[0]
  if (names.length !== 1 && name !== 'labels')
    throw new TweedieError(
      'input',
      `${path}: expected 'labels' or a single array; it has ${names.join(', ')}`,
    )
  const map = arrays[name]
  if (String(map.shape) !== String(event.slice(event.length - map.shape.length)))
    throw new TweedieError(
      'input',
      `${path}: labels should be [${event}] or its last axes, got [${map.shape}]`,
    )
  const values = toNumbers(map)
  return ndarray(
    Array.from({ length: sizeOf(event) }, (_, i) => values[i % values.length]),
    event,
    'float64',
  )
}

/** log q of draws and of their truth, [K, N] and [N]. */
export interface LogDensity {
  readonly draws: Floats
  readonly truth: Floats
}

/** The fields of a file of draws that hold them. */
const LOGQ = { draws: 'logq', truth: 'logqTruth' } as const

/**
 * log q as a file of draws has it beside them: `logq` with the axes of the draws, and `logqTruth` [N].
 * Undefined where one is missing.
 *
 * @param axes - K and N, as `matched` found them
 * @returns that of problems from … to − 1
 * @throws TweedieError `input` for other shapes, and for values that are not finite when they are read
 */
export const openLogDensity = (
  path: string,
  [k, n]: readonly [number, number],
): ((from: number, to: number) => LogDensity) | undefined => {
  const file = openArrays(path)
  if (!Object.hasOwn(file.fields, LOGQ.draws) || !Object.hasOwn(file.fields, LOGQ.truth)) {
    file.close()
    return undefined
  }
  const finite = (array: Floats, name: string, from: number): Floats => {
    const bad = firstNotFinite(array)
    if (bad < 0) return array
    const where = `element ${bad} from problem ${from} on`
    throw new TweedieError('input', `${path}: field '${name}' is ${array.data[bad]} at ${where}`)
  }
  const [draws, truth] = [floatField(file, LOGQ.draws, path), floatField(file, LOGQ.truth, path)]
  const first = String(draws.shape) === String([k, n])
  if (String(truth.shape) === String([n]) && (first || String(draws.shape) === String([n, k])))
    return (from, to) => ({
      draws: finite(first ? draws.columns(from, to) : exchanged(draws.rows(from, to)), LOGQ.draws, from),
      truth: finite(truth.rows(from, to), LOGQ.truth, from),
    })
  throw new TweedieError(
    'input',
    `${path}: fields '${LOGQ.draws}' [${draws.shape}] and '${LOGQ.truth}' [${truth.shape}] should be of ` +
      `${k} draws of each of ${n} problems`,
  )
}

/** What the draws were given, [N, ...], of the first `count` problems. */
export const openGiven = (path: string, count: number): FloatRows => {
  const { shape, rows } = fieldOf(path, ['y', 'given', 'observations', 'x'], 'observations', openArrays(path))
  if (shape[0] >= count && shape.length > 0) return { shape: [count, ...shape.slice(1)], rows }
  throw new TweedieError('input', `${path}: has ${shape[0] ?? 0} rows, the draws are of ${count} problems`)
}
