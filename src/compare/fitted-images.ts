/**
 * Images of another size or colour, as a prior takes them: how well a sampler generalises is asked with data
 * that it was not made for.
 */
import { greyInChannels, resizeImages } from '../diagnose/images/resize.ts'
import { type NdArray, type Shape, zeros } from '../tensor/index.ts'

/** Images with what was done to them, if anything. */
export interface FittedImages {
  readonly images: NdArray<'float32'>
  readonly fitting?: string
}

/** The middle `height` × `width` of images; 0 where they are smaller. */
const middle = (x: NdArray<'float32'>, height: number, width: number): NdArray<'float32'> => {
  const [n, c, h, w] = x.shape
  const out = zeros([n, c, height, width])
  const [down, right] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)]
  for (let p = 0; p < n * c; p++) {
    for (let i = Math.max(0, -down); i < Math.min(height, h - down); i++) {
      for (let j = Math.max(0, -right); j < Math.min(width, w - right); j++)
        out.data[(p * height + i) * width + j] = x.data[(p * h + i + down) * w + j + right]
    }
  }
  return out
}

/**
 * Images [N, C, H, W] as [N, ...event]: grey ones in all channels, smaller ones within a black frame, larger
 * ones cut to their middle square and made smaller (antialiased). Everything else is returned as it is.
 *
 * @example
 * ```ts
 * fittedImages(fashion, [3, 32, 32]) // of [N, 1, 28, 28]: 'grey in 3 channels, 28×28 in a frame of 32×32'
 * ```
 */
export const fittedImages = (x: NdArray<'float32'>, event: Shape): FittedImages => {
  const [, channels, h, w] = x.shape
  const [wanted, height, width] = event
  const grey = channels === 1 && wanted > 1
  if (x.shape.length !== 4 || event.length !== 3 || (channels !== wanted && !grey)) return { images: x }
  const done: string[] = grey ? [`grey in ${wanted} channels`] : []
  let images = grey ? greyInChannels(x, wanted) : x
  if (h > height && w > width && height === width) {
    const side = Math.min(h, w)
    done.push(`the middle ${side}×${side} of ${h}×${w} at ${height}×${width}`)
    images = resizeImages(middle(images, side, side), [height, width])
  } else if ((h < height && w <= width) || (h <= height && w < width)) {
    done.push(`${h}×${w} in a frame of ${height}×${width}`)
    images = middle(images, height, width)
  }
  return done.length === 0 ? { images } : { images, fitting: done.join(', ') }
}
