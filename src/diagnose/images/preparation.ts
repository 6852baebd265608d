/** How images in [0, 1] become the input of a feature network. */
import { TweedieError } from '../../error.ts'
import { NdArray, reshaped, sizeOf } from '../../tensor/index.ts'
import { greyInChannels, type Resizing, resizeImages } from './resize.ts'

/** What is done to images before a network sees them; the network is given (x − mean)/scale. */
export interface Preparation {
  /**
   * Round to 256 grey levels first, as an image file holds them, values beyond [0, 1] clipped; default false.
   */
  readonly rounded?: boolean
  /**
   * Height and width that the network is given; images of another size are resized (default: they are not).
   */
  readonly size?: readonly [height: number, width: number]
  /** How they are resized, default `triangle`. */
  readonly resizing?: Resizing
  /** Subtracted per channel (or one for all), default 0. */
  readonly mean?: readonly number[]
  /** Divided by per channel (or one for all), default 1; 1/255 for a network that takes 0 … 255. */
  readonly scale?: readonly number[]
}

/**
 * What torch-fidelity does to images before the original Inception: 256 levels, 299×299 as TensorFlow 1
 * resizes, (255 x − 128)/128.
 */
export const inceptionPreparation: Preparation = {
  rounded: true,
  size: [299, 299],
  resizing: 'tensorflow',
  mean: [128 / 255],
  scale: [128 / 255],
}

/** Grey levels of image files. */
const LEVELS = 255

const asLevels = (images: NdArray): NdArray<'float32'> =>
  new NdArray(
    'float32',
    images.shape,
    Float32Array.from(
      images.data as ArrayLike<number>,
      (v) => Math.round(LEVELS * Math.min(1, Math.max(0, v))) / LEVELS,
    ),
  )

/** (x − mean)/scale per channel. */
const normalised = (
  images: NdArray<'float32'>,
  mean: readonly number[],
  scale: readonly number[],
): NdArray<'float32'> => {
  const [n, c, ...size] = images.shape
  const plane = sizeOf(size)
  const data = new Float32Array(images.size)
  for (let p = 0; p < n * c; p++) {
    const [m, s] = [mean[(p % c) % mean.length], scale[(p % c) % scale.length]]
    for (let i = p * plane; i < (p + 1) * plane; i++) data[i] = (images.data[i] - m) / s
  }
  return new NdArray('float32', images.shape, data)
}

/**
 * Planes as the network's images: those of a colour image go one by one through a network for grey images.
 */
const fitted = (
  images: NdArray<'float32'>,
  channels: number | undefined,
  path: string,
): NdArray<'float32'> => {
  const [n, c, h, w] = images.shape
  if (channels === undefined || channels === c) return images
  if (channels === 1) return reshaped(images, [n * c, 1, h, w])
  if (c === 1) return greyInChannels(images, channels)
  throw new TweedieError('shape', `${path}: the network takes ${channels} channels, the images have ${c}`)
}

/**
 * Images [n, C, H, W] in [0, 1] as a network for `channels` channels takes them.
 *
 * @param path - of the network, for the message
 * @throws TweedieError `shape` for channels that it does not take
 */
export const prepared = (
  images: NdArray,
  { rounded = false, size, resizing, mean = [0], scale = [1] }: Preparation,
  channels: number | undefined,
  path: string,
): NdArray<'float32'> => {
  const x = rounded ? asLevels(images) : images
  const sized = resizeImages(x, size ?? [images.shape[2], images.shape[3]], resizing)
  return normalised(fitted(sized, channels, path), mean, scale)
}

const numbers = (values: readonly number[]): string => values.map((v) => Number(v.toPrecision(6))).join(', ')

/** A preparation in words: features of the same network are comparable only where these agree. */
export const preparationWords = ({
  rounded = false,
  size,
  resizing = 'triangle',
  mean = [0],
  scale = [1],
}: Preparation): string =>
  [
    ...(rounded ? ['256 levels'] : []),
    size ? `${size.join('×')} (${resizing})` : 'own size',
    `(x − ${numbers(mean)})/${numbers(scale)}`,
  ].join(', ')
