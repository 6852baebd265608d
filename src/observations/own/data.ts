/** Observation sets from a user's own arrays and images, with masks. */
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import {
  type Arrays,
  lastRows,
  type OpenNumbers,
  openImages,
  openOneArray,
  wrong,
} from '../../formats/index.ts'
import { type DataRange, maskShape, maskWithin } from '../../operators/index.ts'
import { full, NdArray, ndarray, type Shape, scalar, toNumbers } from '../../tensor/index.ts'
import { checkMask } from '../check-operator.ts'
import { type OpenObservations, observationsIn } from '../file/open-observations.ts'
import { checkFrame, checkValid, type ObservationSet } from '../observation-set.ts'
import { type ObservationSource, wholeSet } from '../observation-source.ts'
import { keptOf, laidOut, type OwnLayout } from './layout.ts'
import { putOnGrid, type TimeGrid, timeGrid } from './time-grid.ts'

type Inside = NonNullable<ObservationSet['valid']>

/** y, with 0 where there is nothing: files have NaN there, or the last value that was not. */
const withoutOutside = (y: NdArray, valid: Inside): NdArray =>
  ndarray(
    toNumbers(y).map((v, i) => (valid.data[i % valid.size] === 0 ? 0 : v)),
    y.shape,
    y.dtype === 'float64' ? 'float64' : 'float32',
  )

/** Observations and what was seen of them, of some rows as files have them. */
interface Seen {
  readonly y: NdArray
  readonly mask?: NdArray
}

/** Rows with a domain; where no masks are given, all that is inside was seen. */
const withinValid = ({ y, mask }: Seen, valid: Inside | undefined, where: string): Seen => {
  if (!valid) return mask ? { y, mask } : { y }
  const event = y.shape.slice(1)
  checkValid(valid, event, where)
  return {
    y: withoutOutside(y, valid),
    mask: mask ?? maskWithin(full(maskShape(y.shape), 1), valid, event),
  }
}

/** What all rows of own arrays share. */
interface Shared {
  /** Rows of y, and of the masks; both are to be the same. */
  readonly counts: { readonly y: number; readonly mask: number }
  readonly noise: number
  readonly range: DataRange
  readonly valid?: Inside
}

/** Observations of arrays whose rows are made when they are asked for. */
const observationsMade = (
  rows: (from: number, to: number) => Seen,
  { counts, noise, range, valid }: Shared,
  where: string,
): ObservationSource => {
  const seen = lastRows((from, to) => withinValid(rows(from, to), valid, where))
  const whole: Arrays = {
    noise: scalar(noise, 'float64'),
    range: ndarray(range, [2], 'float64'),
    ...(valid ? { valid } : {}),
  }
  const { y, mask } = seen(0, 0)
  const field = ({ dtype, shape: [, ...item] }: NdArray, count: number) => ({
    dtype,
    shape: [count, ...item],
  })
  const fields = { y: field(y, counts.y), ...(mask ? { mask: field(mask, counts.mask) } : {}), ...whole }
  const named = (name: string, { y, mask }: Seen) => (name === 'mask' && mask ? mask : y)
  return observationsIn(
    {
      fields,
      rows: (name, from, to) => named(name, seen(from, to)),
      whole: (name) => whole[name] ?? named(name, seen(0, counts.y)),
    },
    where,
  )
}

/** Real numbers of a file. @throws TweedieError `input` for complex ones, and files of several arrays */
const openReal = (path: string, opened: OpenNumbers[]): OpenNumbers => {
  const numbers = openOneArray(path)
  opened.push(numbers)
  if (numbers.complex) throw wrong(path, 'holds complex numbers, real ones are needed here')
  if (numbers.shape.length === 0) throw wrong(path, 'must be [N, ...], got one number')
  return numbers
}

/** Series at times of their own lie on a regular grid. */
const gridOf = (y: Shape, { times, view }: OwnLayout): TimeGrid | undefined => {
  if (times === undefined) return undefined
  if (view !== 'signal') throw new TweedieError('input', "times belong to series: view 'signal'")
  return timeGrid(times, y[0], y[2])
}

/** The observations of files that are open. */
const fromArrays = (
  y: OpenNumbers,
  masks: OpenNumbers | undefined,
  noise: number,
  { range, layout, where }: { range: DataRange; layout: OwnLayout; where: string },
): ObservationSource => {
  const [count] = y.shape
  const { valid, ...kept } = keptOf(y.shape, layout)
  const [, ...event] = laidOut(y.rows(0, 0), layout).shape
  const grid = gridOf([count, ...event], layout)
  const rows = (from: number, to: number): Seen => {
    const seen = laidOut(y.rows(from, to), layout)
    const mask = masks && laidOut(masks.rows(from, to), layout)
    if (grid) return putOnGrid(grid, seen, mask, from)
    return mask ? { y: seen, mask } : { y: seen }
  }
  if (grid && masks) {
    const shape = [masks.shape[0], ...laidOut(masks.rows(0, 0), layout).shape.slice(1)]
    checkMask({ field: 'mask', array: { shape } }, { event, y: [count, ...event], rows: [count] }, where)
  }
  const counts = { y: count, mask: grid || !masks ? count : masks.shape[0] }
  const source = observationsMade(rows, { counts, noise, range, ...(valid ? { valid } : {}) }, where)
  const framed = { ...source, ...kept }
  checkFrame(framed, where)
  return { ...framed, rows: (from, to) => ({ ...source.rows(from, to), ...kept }) }
}

/**
 * Opens own arrays, see {@link observationsFromArrays}: their rows are read when they are asked for, so that
 * the files may be larger than memory.
 *
 * @throws TweedieError `input` as {@link observationsFromArrays}; values that are unsound with their rows
 */
export const openOwnArrays = (
  yPath: string,
  maskPath: string | undefined,
  noise: number,
  range: DataRange = [0, 1],
  layout: OwnLayout = {},
): OpenObservations => {
  const opened: OpenNumbers[] = []
  const close = () => {
    for (const file of opened) file.close()
  }
  try {
    const y = openReal(yPath, opened)
    const masks = maskPath === undefined ? undefined : openReal(maskPath, opened)
    const where = maskPath === undefined ? yPath : `${yPath} with ${maskPath}`
    return { ...fromArrays(y, masks, noise, { range, layout, where }), close }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * An observation set from arrays in files of their own: `y.npy`, `mask.npy` (1 = observed) and a noise level.
 *
 * @param yPath [N, C, H, W], [N, D], [N, 1, V], or [N, H, W], which is taken as [N, 1, H, W]; float. Other
 *   layouts say so: `view`.
 * @param maskPath same shape, or one channel; 0/1 of any dtype. Undefined: everything was observed.
 * @param noise standard deviation in units of y, > 0.
 * @param range lowest and highest value of the data (default [0, 1]).
 * @param layout how the arrays lie, on what points or times, and the domain; y outside that may be NaN.
 * @throws TweedieError `input` when a file is damaged or the set unsound.
 * @example
 * ```ts
 * writeObservations('observations.npz', observationsFromArrays('y.npy', 'mask.npy', 0.05))
 * ```
 */
export const observationsFromArrays = (
  yPath: string,
  maskPath: string | undefined,
  noise: number,
  range?: DataRange,
  layout?: OwnLayout,
): ObservationSet => {
  const source = openOwnArrays(yPath, maskPath, noise, range, layout)
  try {
    return wholeSet(source)
  } finally {
    source.close()
  }
}

/** One channel of masks whose three channels agree (a black-and-white picture saved as RGB). */
const greyMask = (mask: NdArray<'float32'>, folder: string): NdArray<'float32'> => {
  const [n, channels, h, w] = mask.shape
  const size = h * w
  const grey = new Float32Array(n * size)
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < size; p++) {
      const at = i * channels * size + p
      if (mask.data[at] !== mask.data[at + size] || mask.data[at] !== mask.data[at + 2 * size]) {
        throw new TweedieError(
          'input',
          `${folder}: masks of grey images must be black and white, got a coloured pixel`,
        )
      }
      grey[i * size + p] = mask.data[at]
    }
  }
  return new NdArray('float32', [n, 1, h, w], grey)
}

/** @throws TweedieError `input` for a name that the other folder lacks */
const checkNames = (names: readonly string[], others: readonly string[], where: string): void => {
  const there = new Set(others)
  const missing = names.find((name) => !there.has(name))
  if (missing === undefined) return
  throw new TweedieError('input', `${join(where, missing)}: missing; images and masks need the same names`)
}

/**
 * Opens own images, see {@link observationsFromImages}: they are read when their rows are asked for.
 *
 * @throws TweedieError `input` as {@link observationsFromImages}; for a damaged image with its row
 */
export const openOwnImages = (
  folder: string,
  masksFolder: string,
  noise: number,
  valid?: Inside,
): ObservationSource => {
  const y = openImages(folder)
  const masks = openImages(masksFolder)
  checkNames(y.names, masks.names, masksFolder)
  checkNames(masks.names, y.names, folder)
  const coloured = masks.shape[1] === 3 && y.shape[1] === 1
  const rows = (from: number, to: number): Seen => {
    const [seen, mask] = [y.rows(from, to), masks.rows(from, to)]
    return { y: seen, mask: coloured ? greyMask(mask, masksFolder) : mask }
  }
  const counts = { y: y.shape[0], mask: masks.shape[0] }
  const shared: Shared = { counts, noise, range: [0, 1], ...(valid ? { valid } : {}) }
  return observationsMade(rows, shared, `${folder} with ${masksFolder}`)
}

/**
 * An observation set from a folder of damaged PNGs and a folder of mask PNGs with the same names (white =
 * observed, black = missing, nothing between). Values are k / 255 in the range [0, 1].
 *
 * @param noise standard deviation of the pixels in [0, 1] units, > 0.
 * @param valid the domain [H, W] (see `readDomain`).
 * @throws TweedieError `input` when names or sizes do not match, or a mask has grey pixels.
 * @example
 * ```ts
 * writeObservations('observations.npz', observationsFromImages('damaged/', 'masks/', 0.02))
 * ```
 */
export const observationsFromImages = (
  folder: string,
  masksFolder: string,
  noise: number,
  valid?: Inside,
): ObservationSet => wholeSet(openOwnImages(folder, masksFolder, noise, valid))
