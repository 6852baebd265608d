import { TweedieError } from '../error.ts'
import { type NdArray, sizeOf } from '../tensor/index.ts'
import { ember, unobservedColor } from './colormap.ts'
import { enlarged, type Picture, picture } from './png.ts'

/** Restored images beside what they were restored from; `range` of the values is [0, 1] unless given. */
export interface Restoration {
  /** `[N, C, H, W]`, C = 1 or 3 */
  y: NdArray
  /** `[N, 1 or C, H, W]`, 1 where observed; default: everything is. */
  mask?: NdArray
  /** `[K, N, C, H, W]` */
  draws: NdArray
  /** `[N, C, H, W]` */
  mean: NdArray
  /** `[N, C, H, W]` */
  std: NdArray
  /** `[N, C, H, W]`, where it is known */
  truth?: NdArray
  range?: readonly [low: number, high: number]
}

/** Rows of pictures under named columns. */
export interface Strips {
  columns: readonly string[]
  rows: readonly { label: string; pictures: readonly Picture[] }[]
  /** Standard deviation that the brightest colour of the spread stands for. */
  spreadTop?: number
}

/** Which rows and draws {@link strips} shows. */
export interface StripOptions {
  /** Indices of the images; default the first 8. */
  images?: readonly number[]
  /** Number of single draws; default 4 (or all, if fewer). */
  draws?: number
  /** Label of a row; default none. */
  label?: (image: number) => string
}

/** Image `index` of `[…, C, H, W]` (leading axes flattened), mapped from `range` to [0, 1]. */
export const pictureAt = (
  images: NdArray,
  index: number,
  range: readonly [number, number] = [0, 1],
): Picture => {
  const [channels, height, width] = images.shape.slice(-3)
  if (channels !== 1 && channels !== 3) {
    throw new TweedieError(
      'shape',
      `pictures: expected 1 or 3 channels in [N, C, H, W], got [${images.shape}]`,
    )
  }
  const size = channels * height * width
  if (!(index >= 0 && (index + 1) * size <= images.size)) {
    throw new TweedieError('shape', `pictures: no image ${index} in an array of shape [${images.shape}]`)
  }
  const [low, high] = range
  const value = (c: number, i: number, j: number) =>
    (Number(images.data[index * size + (c * height + i) * width + j]) - low) / (high - low)
  return picture(channels, height, width, value)
}

/** A picture with three channels. */
const coloured = (image: Picture): Picture => {
  const [channels, height, width] = image.shape
  return picture(
    3,
    height,
    width,
    (c, i, j) => image.data[((channels === 3 ? c : 0) * height + i) * width + j],
  )
}

/**
 * The observation with unobserved pixels in a colour of their own (a channel mask hides where all channels
 * are hidden).
 */
const observed = (y: Picture, mask: Picture | undefined): Picture => {
  if (!mask) return y
  const [, height, width] = y.shape
  const observed = (i: number, j: number) => {
    for (let c = 0; c < mask.shape[0]; c++) if (mask.data[(c * height + i) * width + j] !== 0) return true
    return false
  }
  const rgb = coloured(y)
  return picture(3, height, width, (c, i, j) =>
    observed(i, j) ? rgb.data[(c * height + i) * width + j] : unobservedColor[c],
  )
}

/** The spread in colours, 0 to `top`; colour channels are averaged. */
const spreadPicture = (std: Picture, top: number): Picture => {
  const [channels, height, width] = std.shape
  return picture(3, height, width, (c, i, j) => {
    let sum = 0
    for (let k = 0; k < channels; k++) sum += std.data[(k * height + i) * width + j]
    return ember(sum / channels / top)[c]
  })
}

/** The value below which 99.5 % lie: one bright pixel does not darken all others. */
export const highValue = (values: Float64Array): number => {
  const sorted = values.toSorted()
  return sorted[Math.floor(0.995 * (sorted.length - 1))] || 1
}

/** How the arrays of a restoration become pictures. */
export interface Painter {
  readonly observed: (image: number) => Picture
  /** Item `index` of [..., event], leading axes flattened. */
  readonly value: (array: NdArray, index: number) => Picture
  readonly spread: (image: number) => Picture
}

/**
 * Rows of observation, mean, a few draws, spread and truth.
 *
 * @throws TweedieError `shape` when arrays do not fit
 */
export const paintedStrips = (
  { draws, mean, std, truth }: Omit<Restoration, 'y' | 'mask'>,
  options: StripOptions,
  paint: Painter,
): Pick<Strips, 'columns' | 'rows'> => {
  const n = mean.shape[0]
  if (draws.shape[1] !== n || sizeOf(draws.shape.slice(1)) !== mean.size || std.size !== mean.size) {
    throw new TweedieError(
      'shape',
      `strips: draws [${draws.shape}], mean [${mean.shape}] and std [${std.shape}] do not fit`,
    )
  }
  const images = options.images ?? Array.from({ length: Math.min(8, n) }, (_, i) => i)
  const shown = Array.from({ length: Math.min(options.draws ?? 4, draws.shape[0]) }, (_, k) => k)
  const rowOf = (i: number): Picture[] => [
    paint.observed(i),
    paint.value(mean, i),
    ...shown.map((k) => paint.value(draws, k * n + i)),
    paint.spread(i),
    ...(truth ? [paint.value(truth, i)] : []),
  ]
  return {
    columns: [
      'observed',
      'mean',
      ...shown.map((k) => `draw ${k + 1}`),
      'spread',
      ...(truth ? ['truth'] : []),
    ],
    rows: images.map((i) => ({ label: options.label?.(i) ?? '', pictures: rowOf(i) })),
  }
}

/**
 * Pictures of restored images: observation, mean, a few draws, spread, truth, one row an image.
 *
 * @throws TweedieError `shape` when arrays do not fit or have neither 1 nor 3 channels
 *
 * @example
 * ```ts
 * const [mean, std] = [meanOverDraws(draws), stdOverDraws(draws)]
 * const rows = strips({ y, mask, draws, mean, std, truth }, { images: [0, 3] })
 * ```
 */
export const strips = (restoration: Restoration, options: StripOptions = {}): Strips => {
  const { y, mask, std, range = [0, 1] } = restoration
  const spreadTop = highValue(Float64Array.from(std.data, Number))
  const painter: Painter = {
    observed: (i) => observed(pictureAt(y, i, range), mask && pictureAt(mask, i)),
    value: (array, index) => pictureAt(array, index, range),
    spread: (i) => spreadPicture(pictureAt(std, i), spreadTop),
  }
  return { ...paintedStrips(restoration, options, painter), spreadTop }
}

/** Pictures in rows, with transparent lines of `gap` pixels between them, as one picture with opacity. */
export const mosaic = (rows: readonly (readonly Picture[])[], gap = 1): Picture => {
  const [, height, width] = rows[0]?.[0]?.shape ?? []
  if (!height || !width) throw new TweedieError('shape', 'mosaic: expected at least one picture')
  const columns = Math.max(...rows.map((row) => row.length))
  const [stepY, stepX] = [height + gap, width + gap]
  return picture(4, rows.length * stepY - gap, columns * stepX - gap, (c, i, j) => {
    const cell = rows[Math.floor(i / stepY)][Math.floor(j / stepX)]
    const [row, column] = [i % stepY, j % stepX]
    if (!cell || row >= height || column >= width) return 0
    return c === 3 ? 1 : cell.data[((cell.shape[0] === 3 ? c : 0) * height + row) * width + column]
  })
}

/**
 * Many images as one picture, row by row.
 *
 * @param images `[N, C, H, W]`
 * @param columns images in a row; default 8
 * @param range of the values; default [0, 1]
 */
export const imageGrid = (
  images: NdArray,
  { columns = 8, range, gap }: { columns?: number; range?: readonly [number, number]; gap?: number } = {},
): Picture => {
  const n = images.shape[0]
  const rows = Array.from({ length: Math.ceil(n / columns) }, (_, r) =>
    Array.from({ length: Math.min(columns, n - r * columns) }, (_, c) =>
      pictureAt(images, r * columns + c, range),
    ),
  )
  return mosaic(rows, gap)
}

/** Strips as one picture for a file, each pixel `scale` pixels wide (default 4). */
export const stripsPicture = ({ rows }: Strips, scale = 4): Picture =>
  enlarged(mosaic(rows.map((row) => row.pictures)), scale)
