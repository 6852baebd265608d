import { TweedieError } from '../error.ts'
import { NdArray, sizeOf } from '../tensor/index.ts'
import { type Colormap, ember, neverSeenColor, unobservedColor } from './colormap.ts'
import { enlarged, type Picture, picture } from './png.ts'

/** Restored signals beside what they were restored from; `range` of the values is [0, 1] unless given. */
export interface Restoration {
  /** `[N, ...event]`; images are `[C, H, W]`. */
  y: NdArray
  /** `[N, ...event]`, of images also `[N, 1, H, W]`: 1 where observed; default: everything is. */
  mask?: NdArray
  /** `[K, N, ...event]` */
  draws: NdArray
  /** `[N, ...event]` */
  mean: NdArray
  /** `[N, ...event]`; one draw has none. */
  std?: NdArray
  /** `[N, ...event]`, where it is known */
  truth?: NdArray
  /** What others made of y, such as baselines: `[N, ...event]` each. */
  others?: readonly { readonly name: string; readonly mean: NdArray }[]
  /** Last axes of the event: 0 outside the domain, where nothing is drawn. Default: 1 everywhere. */
  valid?: NdArray
  /** Last axes of the event: 1 where no observation of the set shows anything. Default: 0 everywhere. */
  neverSeen?: NdArray
  /** Values of black and white, default [0, 1]. */
  range?: readonly [low: number, high: number]
  /** Of views on a mesh that no data set names: its points, and its triangles where there are any. */
  mesh?: PlacedPoints
}

/** Points [P, 2] or [P, 3] that values lie on, and triangles [F, 3] between them. */
export interface PlacedPoints {
  readonly points: NdArray<'float32'>
  readonly faces?: NdArray<'int32'>
}

/** Rows of pictures under named columns. */
export interface Strips {
  /** Names of the columns. */
  columns: readonly string[]
  /** One row for each image, with a label that may be empty. */
  rows: readonly { label: string; pictures: readonly Picture[] }[]
  /** Standard deviation that the brightest colour of the spread stands for. */
  spreadTop?: number
  /** Colours of the values, where they are not those of a picture that everyone reads. */
  values?: { readonly colormap: Colormap; readonly range: readonly [low: number, high: number] }
  /** Whether what is outside the domain is drawn, in grey. */
  outside?: boolean
  /** Whether pixels that no observation shows have a colour of their own. */
  neverSeen?: boolean
}

/** Options of {@link strips}: the rows and draws that it shows. */
export interface StripOptions {
  /** Indices of the images; default the first 8. */
  images?: readonly number[]
  /** Number of single draws; default 4 (or all, if fewer). */
  draws?: number
  /** Label of a row; default none. */
  label?: (image: number) => string
}

/**
 * Image `index` of `[…, C, H, W]` (leading axes flattened), mapped from `range` to [0, 1].
 *
 * @throws TweedieError `shape` for another number of channels than 1 or 3, and when there is no such image
 */
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

/** Whether a channel of a mask is not 0 at a pixel. */
const anyAt = (mask: Picture, i: number, j: number): boolean => {
  const [channels, height, width] = mask.shape
  for (let c = 0; c < channels; c++) if (mask.data[(c * height + i) * width + j] !== 0) return true
  return false
}

/**
 * The observation with unobserved pixels in a colour of their own (a channel mask hides
 * where all channels are hidden), and pixels that no observation shows in another.
 */
const observed = (y: Picture, mask: Picture | undefined, neverSeen: Picture | undefined): Picture => {
  if (!mask) return y
  const [, height, width] = y.shape
  const rgb = coloured(y)
  return picture(3, height, width, (c, i, j) => {
    if (anyAt(mask, i, j)) return rgb.data[(c * height + i) * width + j]
    return (neverSeen && anyAt(neverSeen, i, j) ? neverSeenColor : unobservedColor)[c]
  })
}

/** A picture of which only what is in the domain is drawn. */
const inDomain = (image: Picture, valid: Picture | undefined): Picture => {
  if (!valid) return image
  const [, height, width] = image.shape
  const rgb = coloured(image)
  return picture(4, height, width, (c, i, j) =>
    c === 3 ? Number(anyAt(valid, i, j)) : rgb.data[(c * height + i) * width + j],
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
const highValue = (values: Float64Array): number => {
  const sorted = values.toSorted()
  return sorted[Math.floor(0.995 * (sorted.length - 1))] || 1
}

/** Makes the arrays of a restoration into pictures. */
export interface Painter {
  readonly observed: (image: number) => Picture
  /** Item `index` of [..., event], leading axes flattened. */
  readonly value: (array: NdArray, index: number) => Picture
  /** Asked only where there is a spread. */
  readonly spread: (image: number) => Picture
}

/**
 * Rows of observation, mean, a few draws, spread and truth.
 *
 * @throws TweedieError `shape` when arrays do not fit
 */
export const paintedStrips = (
  { draws, mean, std, truth, others = [] }: Omit<Restoration, 'y' | 'mask'>,
  options: StripOptions,
  paint: Painter,
): Pick<Strips, 'columns' | 'rows'> => {
  const n = mean.shape[0]
  const fit = [std, truth, ...others.map((other) => other.mean)].every((a) => !a || a.size === mean.size)
  if (draws.shape[1] !== n || sizeOf(draws.shape.slice(1)) !== mean.size || !fit) {
    throw new TweedieError(
      'shape',
      `strips: draws [${draws.shape}], mean [${mean.shape}], truth [${truth?.shape}] and std ` +
        `[${std?.shape}] do not fit`,
    )
  }
  const images = options.images ?? Array.from({ length: Math.min(8, n) }, (_, i) => i)
  const shown = Array.from({ length: Math.min(options.draws ?? 4, draws.shape[0]) }, (_, k) => k)
  const rowOf = (i: number): Picture[] => [
    paint.observed(i),
    paint.value(mean, i),
    ...shown.map((k) => paint.value(draws, k * n + i)),
    ...(std ? [paint.spread(i)] : []),
    ...others.map((other) => paint.value(other.mean, i)),
    ...(truth ? [paint.value(truth, i)] : []),
  ]
  return {
    columns: [
      'observed',
      'mean',
      ...shown.map((k) => `draw ${k + 1}`),
      ...(std ? ['spread'] : []),
      ...others.map(({ name }) => name),
      ...(truth ? ['truth'] : []),
    ],
    rows: images.map((i) => ({ label: options.label?.(i) ?? '', pictures: rowOf(i) })),
  }
}

/**
 * Pictures of restored images: observation, mean, a few draws, spread, what others made of it, truth, one row
 * an image.
 *
 * @throws TweedieError `shape` when arrays do not fit or have neither 1 nor 3 channels
 *
 * @example
 * ```ts
 * const restoration = { y, mask, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth }
 * const rows = strips(restoration, { images: [0, 3] })
 * ```
 */
export const strips = (restoration: Restoration, options: StripOptions = {}): Strips => {
  const { y, mask, std, range = [0, 1], valid, neverSeen } = restoration
  const [domain, never] = [valid, neverSeen].map((marks) => marks && marksPicture(marks))
  const spreadTop = std && topOf(std, valid)
  const painter: Painter = {
    observed: (i) => inDomain(observed(pictureAt(y, i, range), mask && pictureAt(mask, i), never), domain),
    value: (array, index) => inDomain(pictureAt(array, index, range), domain),
    spread: (i) => inDomain(spreadPicture(pictureAt(std ?? y, i), spreadTop ?? 1), domain),
  }
  return { ...paintedStrips(restoration, options, painter), spreadTop }
}

/** Marks [H, W] or [C, H, W] as a picture. */
const marksPicture = ({ shape, data }: NdArray): Picture => {
  const [height, width] = shape.slice(-2)
  const channels = shape.length === 3 ? shape[0] : 1
  return new NdArray('float32', [channels, height, width], Float32Array.from(data, Number))
}

/** The high value of a spread [N, ...event] in the domain. */
export const topOf = (std: NdArray, valid: NdArray | undefined): number =>
  highValue(Float64Array.from(std.data, Number).filter((_, i) => valid?.data[i % valid.size] !== 0))

/**
 * Pictures in rows, with transparent lines of `gap` pixels between them, as one picture with opacity.
 *
 * @throws TweedieError `shape` without a picture
 */
export const mosaic = (rows: readonly (readonly Picture[])[], gap = 1): Picture => {
  const [, height, width] = rows[0]?.[0]?.shape ?? []
  if (!height || !width) throw new TweedieError('shape', 'mosaic: expected at least one picture')
  const columns = Math.max(...rows.map((row) => row.length))
  const [stepY, stepX] = [height + gap, width + gap]
  return picture(4, rows.length * stepY - gap, columns * stepX - gap, (c, i, j) => {
    const cell = rows[Math.floor(i / stepY)][Math.floor(j / stepX)]
    const [row, column] = [i % stepY, j % stepX]
    if (!cell || row >= height || column >= width) return 0
    if (c === 3 && cell.shape[0] < 4) return 1
    return cell.data[((cell.shape[0] > 1 ? c : 0) * height + row) * width + column]
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
