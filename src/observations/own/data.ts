import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { type Arrays, readArrays, readImages } from '../../formats/index.ts'
import { type DataRange, maskShape, maskWithin } from '../../operators/index.ts'
import { full, NdArray, ndarray, scalar, toNumbers } from '../../tensor/index.ts'
import { observationsOf } from '../file/open-observations.ts'
import { checkObservations, checkValid, type ObservationSet } from '../observation-set.ts'
import { keptOf, laidOut, type OwnLayout } from './layout.ts'
import { onTimeGrid } from './time-grid.ts'

type Inside = NonNullable<ObservationSet['valid']>

const onlyArray = (path: string): NdArray => {
  const arrays = Object.entries(readArrays(path))
  if (arrays.length === 1) return arrays[0][1]
  throw new TweedieError(
    'input',
    `${path}: must hold one array, got ${arrays.map(([key]) => key).join(', ')}`,
  )
}

/** y, with 0 where there is nothing: files have NaN there, or the last value that was not. */
const withoutOutside = (y: NdArray, valid: Inside): NdArray =>
  ndarray(
    toNumbers(y).map((v, i) => (valid.data[i % valid.size] === 0 ? 0 : v)),
    y.shape,
    y.dtype === 'float64' ? 'float64' : 'float32',
  )

/** Arrays of a set with a domain; where no masks are given, all that is inside was seen. */
const withDomain = (arrays: Arrays, valid: Inside | undefined, where: string): Arrays => {
  if (!valid) return arrays
  const { y, mask } = arrays
  const event = y.shape.slice(1)
  checkValid(valid, event, where)
  return {
    ...arrays,
    valid,
    y: withoutOutside(y, valid),
    mask: mask ?? maskWithin(full(maskShape(y.shape), 1), valid, event),
  }
}

/** Series at times of their own lie on a regular grid. */
const onGrid = (y: NdArray, mask: NdArray | undefined, { times, view }: OwnLayout): Arrays => {
  if (times === undefined) return { y, ...(mask ? { mask } : {}) }
  if (view !== 'signal') throw new TweedieError('input', "times belong to series: view 'signal'")
  const grid = onTimeGrid(y, times, mask)
  return { y: grid.y, mask: grid.mask }
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
  range: DataRange = [0, 1],
  layout: OwnLayout = {},
): ObservationSet => {
  const read = onlyArray(yPath)
  const mask = maskPath === undefined ? undefined : laidOut(onlyArray(maskPath), layout)
  const { valid, ...kept } = keptOf(read, layout)
  const arrays: Arrays = {
    ...onGrid(laidOut(read, layout), mask, layout),
    noise: scalar(noise, 'float64'),
    range: ndarray(range, [2], 'float64'),
  }
  const where = maskPath === undefined ? yPath : `${yPath} with ${maskPath}`
  const set = { ...observationsOf(withDomain(arrays, valid, where), where), ...kept }
  checkObservations(set, where)
  return set
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
): ObservationSet => {
  const { images: y, names } = readImages(folder)
  const masks = readImages(masksFolder)
  const lacking = (all: string[], some: string[], where: string) => {
    const missing = all.find((name) => !some.includes(name))
    if (missing !== undefined)
      throw new TweedieError(
        'input',
        `${join(where, missing)}: missing; images and masks need the same names`,
      )
  }
  lacking(names, masks.names, masksFolder)
  lacking(masks.names, names, folder)
  const coloured = masks.images.shape[1] === 3 && y.shape[1] === 1
  const mask = coloured ? greyMask(masks.images, masksFolder) : masks.images
  const arrays: Arrays = { y, mask, noise: scalar(noise, 'float64') }
  const where = `${folder} with ${masksFolder}`
  return observationsOf(withDomain(arrays, valid, where), where)
}
