/** Draws of any program, and their truth, as `tweedie diagnose` takes them. */
import { TweedieError } from '../../error.ts'
import { namesArrays, readArrays } from '../../formats/index.ts'
import { firstNotFinite, NdArray, ndarray, rows, type Shape, sizeOf, toNumbers } from '../../tensor/index.ts'
import { loadClean } from '../config/loading.ts'

/** Names under which programs keep draws, and the truth. */
const [DRAWS, TRUTH] = [
  ['draws', 'samples', 'posterior_samples', 'theta', 'x'],
  ['truth', 'theta', 'parameters', 'x', 'images', 'data'],
] as const

const floats = ({ data, shape, dtype }: NdArray, where: string): NdArray<'float32'> => {
  if (data instanceof Float32Array) return new NdArray('float32', shape, data)
  if (data instanceof Float64Array) return new NdArray('float32', shape, Float32Array.from(data))
  throw new TweedieError('input', `${where}: expected float32 or float64, got ${dtype}`)
}

/** The array by one of these names, or the only one. */
const arrayOf = (
  path: string,
  names: readonly string[],
  what: string,
  arrays = readArrays(path),
): NdArray<'float32'> => {
  const there = Object.keys(arrays)
  const name = names.find((n) => Object.hasOwn(arrays, n)) ?? (there.length === 1 ? there[0] : undefined)
  if (name !== undefined) return floats(arrays[name], `${path}: field '${name}'`)
  throw new TweedieError(
    'input',
    `${path}: expected ${what} as one of ${names.join(', ')}, or a single array; it has ${there.join(', ')}`,
  )
}

/**
 * Draws as a file has them, [K, N, ...event] or [N, K, ...event].
 *
 * @throws TweedieError `input` when the file has none
 */
export const readDraws = (path: string): NdArray<'float32'> => {
  const draws = arrayOf(path, DRAWS, 'draws')
  if (draws.shape.length >= 2 && draws.size > 0) return draws
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
export const readTruth = async (source: string, most: number): Promise<NdArray<'float32'>> => {
  if (namesArrays(source)) {
    const arrays = readArrays(source)
    if (Object.values(arrays).every(({ dtype }) => dtype === 'float32' || dtype === 'float64'))
      return arrayOf(source, TRUTH, 'the truth', arrays)
  }
  return (await loadClean(source, { count: most })).x
}

/** [N, K, ...] ↔ [K, N, ...]. */
const exchanged = ({ shape: [a, b, ...event], data }: NdArray<'float32'>): NdArray<'float32'> => {
  const size = sizeOf(event)
  const out = new Float32Array(data.length)
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      out.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size)
  return new NdArray('float32', [b, a, ...event], out)
}

/** Draws [K, N, ...event] of N problems; those that have them the other way round are exchanged. */
export const drawsFirst = (draws: NdArray<'float32'>, problems: number): NdArray<'float32'> => {
  const [first, second] = draws.shape
  return first === problems && second !== problems ? exchanged(draws) : draws
}

/** Scalar parameters as vectors of one. */
const withEvent = (x: NdArray<'float32'>, axes: number): NdArray<'float32'> =>
  x.shape.length > axes ? x : new NdArray('float32', [...x.shape, 1], x.data)

/**
 * A truth in the axes of one draw: axes of 1, such as that of a grey image, may be missing, and a grid
 * [rows, columns] may stand for its points, row by row, as `observe --view globe` takes it.
 */
const inAxesOf = (event: Shape, truth: NdArray<'float32'>): NdArray<'float32'> => {
  const own = truth.shape.slice(1)
  const plain = (shape: Shape): string => shape.filter((d) => d !== 1).join()
  const fits = (shape: Shape): boolean => shape.length <= event.length && plain(shape) === plain(event)
  const points = [...own.slice(0, -2), sizeOf(own.slice(-2))]
  const alike = fits(own) || (event.length > 1 && fits(points))
  return alike ? new NdArray('float32', [truth.shape[0], ...event], truth.data) : truth
}

/**
 * Draws as [K, N, ...event] with the truth [N, ...event] of the problems that they are of: the draws come
 * first or second, whichever fits the truth, the first when both do; the truth may go on after the draws.
 *
 * @param source - of the truth, for the message
 * @throws TweedieError `input` when neither fits
 */
export const matched = (
  draws: NdArray<'float32'>,
  truth: NdArray<'float32'>,
  source: string,
): { readonly draws: NdArray<'float32'>; readonly truth: NdArray<'float32'> } => {
  const ordered = drawsFirst(withEvent(draws, 2), truth.shape[0])
  const [, problems, ...own] = ordered.shape
  const x = inAxesOf(own, withEvent(truth, 1))
  const event: Shape = x.shape.slice(1)
  if (String(own) === String(event) && problems <= x.shape[0])
    return { draws: ordered, truth: rows(x, 0, problems) }
  throw new TweedieError(
    'input',
    `${source}: the truth is of ${x.shape[0]} × [${event}], the draws [${draws.shape}] are neither ` +
      `[draws, ${x.shape[0]}, ${event}] nor [${x.shape[0]}, draws, ${event}]`,
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
  readonly draws: NdArray<'float32'>
  readonly truth: NdArray<'float32'>
}

/** The fields of a file of draws that hold them. */
const LOGQ = { draws: 'logq', truth: 'logqTruth' } as const

/**
 * log q as a file of draws has it beside them: `logq` with the axes of the draws, and `logqTruth` [N].
 * Undefined where one is missing.
 *
 * @param axes - K and N, as `matched` found them
 * @throws TweedieError `input` for other shapes, and values that are not finite
 */
export const readLogDensity = (path: string, [k, n]: readonly [number, number]): LogDensity | undefined => {
  const arrays = readArrays(path)
  if (!Object.hasOwn(arrays, LOGQ.draws) || !Object.hasOwn(arrays, LOGQ.truth)) return undefined
  const field = (name: string): NdArray<'float32'> => {
    const array = floats(arrays[name], `${path}: field '${name}'`)
    const bad = firstNotFinite(array)
    if (bad < 0) return array
    throw new TweedieError('input', `${path}: field '${name}' is ${array.data[bad]} at element ${bad}`)
  }
  const [draws, truth] = [field(LOGQ.draws), field(LOGQ.truth)]
  const first = String(draws.shape) === String([k, n])
  if (String(truth.shape) === String([n]) && (first || String(draws.shape) === String([n, k])))
    return { draws: first ? draws : exchanged(draws), truth }
  throw new TweedieError(
    'input',
    `${path}: fields '${LOGQ.draws}' [${draws.shape}] and '${LOGQ.truth}' [${truth.shape}] should be of ` +
      `${k} draws of each of ${n} problems`,
  )
}

/** What the draws were given, [N, ...], of the first `count` problems. */
export const readGiven = (path: string, count: number): NdArray<'float32'> => {
  const given = arrayOf(path, ['y', 'given', 'observations', 'x'], 'observations')
  if (given.shape[0] >= count && given.shape.length > 0)
    return given.shape[0] === count ? given : rows(given, 0, count)
  throw new TweedieError(
    'input',
    `${path}: has ${given.shape[0] ?? 0} rows, the draws are of ${count} problems`,
  )
}
