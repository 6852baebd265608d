import { TweedieError } from '../../error.ts'
import { gaussianTaps } from '../../operators/gaussian-blur.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, leadingDraws } from '../values.ts'
import { clip01 } from './psnr.ts'

// Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
// similarity", IEEE TIP 2004, with the usual constants: window 11, sigma 1.5, k1 = 0.01, k2 = 0.03, range 1.
const window = 11
const sigma = 1.5
const c1 = 0.01 ** 2
const c2 = 0.03 ** 2

/** Side of the window: images must be at least as large. */
export const SSIM_WINDOW = window

/** Whether images [..., H, W] are as large as the window. */
export const fitsSsim = ({ shape }: Pick<NdArray, 'shape'>): boolean =>
  shape.slice(-2).every((side) => side >= window)

const kernel = gaussianTaps(sigma, window)

interface Plane {
  height: number
  width: number
  values: Float64Array
}

/** Separable Gaussian mean over the valid region: each side shrinks by 10. */
const blur = ({ height, width, values }: Plane): Float64Array => {
  const w = width - window + 1
  const h = height - window + 1
  const along = new Float64Array(height * w)
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < w; j++) {
      let sum = 0
      for (let k = 0; k < window; k++) sum += kernel[k] * values[i * width + j + k]
      along[i * w + j] = sum
    }
  }
  const out = new Float64Array(h * w)
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) {
      let sum = 0
      for (let k = 0; k < window; k++) sum += kernel[k] * along[(i + k) * w + j]
      out[i * w + j] = sum
    }
  }
  return out
}

/** Mean SSIM of two planes (one channel each). */
const planeSsim = (height: number, width: number, x: Float64Array, y: Float64Array): number => {
  const local = (values: Float64Array) => blur({ height, width, values })
  const mx = local(x)
  const my = local(y)
  const xx = local(x.map((v) => v * v))
  const yy = local(y.map((v) => v * v))
  const xy = local(x.map((v, i) => v * y[i]))
  let sum = 0
  for (let i = 0; i < mx.length; i++) {
    const [vx, vy, cov] = [xx[i] - mx[i] ** 2, yy[i] - my[i] ** 2, xy[i] - mx[i] * my[i]]
    const luminance = (2 * mx[i] * my[i] + c1) / (mx[i] ** 2 + my[i] ** 2 + c1)
    sum += (luminance * (2 * cov + c2)) / (vx + vy + c2)
  }
  return sum / mx.length
}

/**
 * Structural similarity, one number per image in [-1, 1] (1 for identical images), for data of
 * range 1 clipped to [0, 1]:
 *
 *     SSIM = mean over windows of (2 μx μy + c1)(2 σxy + c2) / ((μx² + μy² + c1)(σx² + σy² + c2))
 *
 * with an 11×11 Gaussian window of sigma 1.5 over the valid region (no padding), biased local variances
 * E[x²] - μ², c1 = 0.01², c2 = 0.03²; per channel, then the mean over channels.
 *
 * @param x `[N, C, H, W]`, or `[K, N, C, H, W]` with K draws per image; H, W ≥ 11
 * @param truth `[N, C, H, W]`
 * @returns `N` or `K·N` values in the order of `x`
 * @throws TweedieError `shape` on mismatched or too small images, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * ssim(images, images) // 1 for each image
 * ```
 */
export const ssim = (x: NdArray, truth: NdArray): Float64Array => {
  const draws = leadingDraws(x.shape, truth.shape, 'ssim: x')
  if (truth.shape.length !== 4) {
    throw new TweedieError('shape', `ssim: expected truth of shape [N, C, H, W], got [${truth.shape}]`)
  }
  const [n, channels, height, width] = truth.shape
  if (channels < 1 || height < window || width < window) {
    throw new TweedieError(
      'shape',
      `ssim: images must be at least ${window}×${window}, got ${height}×${width}`,
    )
  }
  const a = finiteValues(x, 'ssim: x')
  const b = finiteValues(truth, 'ssim: truth')
  const size = height * width
  const planeOf = (values: ArrayLike<number>, start: number) =>
    Float64Array.from({ length: size }, (_, p) => clip01(values[start + p]))
  return Float64Array.from({ length: draws * n }, (_, image) => {
    let sum = 0
    for (let c = 0; c < channels; c++) {
      const start = (image * channels + c) * size
      sum += planeSsim(height, width, planeOf(a, start), planeOf(b, start % truth.size))
    }
    return sum / channels
  })
}
