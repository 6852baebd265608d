import { TweedieError } from '../../error.ts'
import type { NdArray } from '../../tensor/index.ts'
import { finiteValues, leadingDraws } from '../values.ts'

/** Keeps identical images finite: they read 80 dB (piqa 1.3.2 does the same). */
const ridge = 1e-8

/** A value clipped to the data range [0, 1]. */
export const clip01 = (value: number): number => Math.min(1, Math.max(0, value))

/**
 * Peak signal-to-noise ratio in decibels, one number per image, for data of range 1:
 *
 *     PSNR = 10 log10( 1 / (mean (x - truth)² + 1e-8) ),   both clipped to [0, 1]
 *
 * The mean runs over all pixels and channels of one image; nothing depends on the other images of the batch.
 *
 * @param x `[N, ...event]`, or `[K, N, ...event]` with K draws per image; values in [0, 1] (others are
 *   clipped)
 * @param truth `[N, ...event]`
 * @returns decibels, `N` or `K·N` of them in the order of `x`
 * @throws TweedieError `shape` on mismatched shapes, `numeric` on NaN or infinity
 *
 * @example
 * ```ts
 * psnr(full([1, 1, 8, 8], 0.6), full([1, 1, 8, 8], 0.5))[0] // 20 dB: an error of 0.1 everywhere
 * ```
 */
export const psnr = (x: NdArray, truth: NdArray): Float64Array => {
  const images = leadingDraws(x.shape, truth.shape, 'psnr: x') * (truth.shape[0] ?? 1)
  if (truth.size === 0) throw new TweedieError('shape', `psnr: no pixels in truth of shape [${truth.shape}]`)
  const a = finiteValues(x, 'psnr: x')
  const b = finiteValues(truth, 'psnr: truth')
  const pixels = x.size / images
  return Float64Array.from({ length: images }, (_, image) => {
    const start = image * pixels
    const truthStart = start % truth.size
    let sum = 0
    for (let p = 0; p < pixels; p++) sum += (clip01(a[start + p]) - clip01(b[truthStart + p])) ** 2
    return -10 * Math.log10(sum / pixels + ridge)
  })
}
