import { NdArray, zeros } from '../../tensor/index.ts'

/** For each output position the first input position and the weights from there on. */
interface Taps {
  readonly first: Int32Array
  readonly weights: readonly Float64Array[]
}

/** Triangle filter about half-pixel centres, as wide as a pixel of the coarser of both grids. */
const tapsOf = (from: number, to: number): Taps => {
  const step = from / to
  const reach = Math.max(1, step)
  const first = new Int32Array(to)
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step - 0.5
    const low = Math.max(0, Math.ceil(centre - reach))
    const high = Math.min(from - 1, Math.floor(centre + reach))
    first[i] = low
    const raw = Float64Array.from({ length: high - low + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(low + k - centre) / reach),
    )
    const total = raw.reduce((a, b) => a + b, 0)
    return raw.map((w) => w / total)
  })
  return { first, weights }
}

/**
 * The pixel at i · from/to and its successor, as TensorFlow 1 resizes by default: no half-pixel centres, and
 * no filter when images shrink.
 */
const tensorflowTaps = (from: number, to: number): Taps => {
  const step = from / to
  const first = Int32Array.from({ length: to }, (_, i) => Math.floor(i * step))
  const weights = Array.from(first, (low, i) => {
    const part = i * step - low
    return low + 1 < from ? Float64Array.of(1 - part, part) : Float64Array.of(1)
  })
  return { first, weights }
}

/** Applies taps along the middle axis of [outer, from, inner]. */
const along = (
  values: ArrayLike<number>,
  outer: number,
  from: number,
  inner: number,
  { first, weights }: Taps,
): Float32Array => {
  const to = weights.length
  const out = new Float32Array(outer * to * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      for (let k = 0; k < weights[i].length; k++) {
        const w = weights[i][k]
        const source = (o * from + first[i] + k) * inner
        const target = (o * to + i) * inner
        for (let j = 0; j < inner; j++) out[target + j] += w * values[source + j]
      }
    }
  }
  return out
}

/** How images are resized: by a triangle filter, or as TensorFlow 1 does. */
export type Resizing = 'triangle' | 'tensorflow'

const taps: Readonly<Record<Resizing, (from: number, to: number) => Taps>> = {
  triangle: tapsOf,
  tensorflow: tensorflowTaps,
}

/**
 * Images [N, C, H, W] at another size, bilinear.
 *
 * `triangle` has half-pixel centres and, when they shrink, a filter as wide as the new pixels (antialiased,
 * as PIL does; Parmar, Zhang & Zhu, "On aliased resizing and surprising subtleties in GAN evaluation", CVPR
 * 2022, show how much Fréchet distances depend on that). `tensorflow` is what the published FID figures were
 * made with: `tf.image.resize_bilinear` of TensorFlow 1 with its defaults, which torch-fidelity repeats.
 *
 * @example
 * ```ts
 * resizeImages(images, [299, 299])
 * ```
 */
export const resizeImages = (
  images: NdArray,
  [height, width]: readonly [height: number, width: number],
  resizing: Resizing = 'triangle',
): NdArray<'float32'> => {
  const [n, c, h, w] = images.shape
  const values = Float32Array.from(images.data as ArrayLike<number>)
  const tapped = taps[resizing]
  const tall = h === height ? values : along(values, n * c, h, w, tapped(h, height))
  const both = w === width ? tall : along(tall, n * c * height, w, 1, tapped(w, width))
  return new NdArray('float32', [n, c, height, width], both)
}

/** Grey images [N, 1, H, W] in so many channels, all alike. */
export const greyInChannels = (images: NdArray<'float32'>, channels: number): NdArray<'float32'> => {
  const [n, , h, w] = images.shape
  const out = zeros([n, channels, h, w])
  for (let p = 0; p < n * channels; p++) {
    const from = Math.floor(p / channels) * h * w
    out.data.set(images.data.subarray(from, from + h * w), p * h * w)
  }
  return out
}
