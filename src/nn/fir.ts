/**
 * Resampling of images by a factor of two through the filter (1, 3, 3, 1)/8 along each axis (Zhang 2019;
 * Karras et al. 2020): with it a network moves its output when its input is moved, where nearest neighbours
 * and strides alias.
 */
import {
  constant,
  conv2d,
  type NdArray,
  ndarray,
  pixelShuffle,
  reshape,
  type Tensor,
} from '../tensor/index.ts'
import type { Linear } from './init.ts'

const outer = (a: readonly number[], b: readonly number[]): number[] => a.flatMap((v) => b.map((w) => v * w))

const TAPS = [1, 3, 3, 1].map((v) => v / 8)
const BLUR = ndarray(outer(TAPS, TAPS), [1, 1, 4, 4])

/**
 * Upsampled, even positions are (x₋₁ + 3 x₀)/4 and odd ones (3 x₀ + x₁)/4: the four phases of a 3×3 kernel.
 */
const EVEN = [0.25, 0.75, 0]
const ODD = [0, 0.75, 0.25]
const PHASES = ndarray(
  [EVEN, ODD].flatMap((rows) => [EVEN, ODD].flatMap((columns) => outer(rows, columns))),
  [4, 1, 3, 3],
)

/** A filter for every channel alone: [B, C, H, W] → [B, C·O, H', W'] of a kernel [O, 1, k, k]. */
const filtered = (x: Tensor, kernel: NdArray, padding: number, stride = 1): Tensor => {
  const [b, c, h, w] = x.shape
  return conv2d(reshape(x, [b * c, 1, h, w]), constant(kernel), { padding, stride })
}

/** [B, C, H, W] → [B, C, H/2, W/2]; zeros around the image. */
export const firDown = (x: Tensor): Tensor => {
  const [b, c, h, w] = x.shape
  return reshape(filtered(x, BLUR, 1, 2), [b, c, h / 2, w / 2])
}

/** [B, C, H, W] → [B, C, 2H, 2W]; zeros around the image. */
export const firUp = (x: Tensor): Tensor => {
  const [b, c, h, w] = x.shape
  return reshape(pixelShuffle(filtered(x, PHASES, 1), 2), [b, c, 2 * h, 2 * w])
}

/** The filter and then a 3×3 convolution of stride 2: [B, I, H, W] → [B, O, H/2, W/2]. */
export const firConv = (x: Tensor, { weight, bias }: Linear<Tensor>): Tensor => {
  const [b, c, h, w] = x.shape
  const blurred = reshape(filtered(x, BLUR, 2), [b, c, h + 1, w + 1])
  return conv2d(blurred, weight, { bias, stride: 2 })
}
