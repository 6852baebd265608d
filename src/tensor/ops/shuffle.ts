/** Space to channels and back (Shi et al. 2016). */
import { shapeError, show } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { reshape, transpose } from './layout.ts'

/**
 * Space to channels, by a factor r: [B, C, H, W] → [B, r·r·C, H/r, W/r], channel order (h w C) as in DiEM.
 *
 * @throws TweedieError `shape` unless x is an image batch whose height and width r divides
 */
export const pixelUnshuffle = (x: Tensor, r: number): Tensor => {
  const [b, c, h, w] = x.shape
  if (x.shape.length !== 4 || h % r !== 0 || w % r !== 0) {
    shapeError('pixelUnshuffle', `${show(x.shape)} is not an image batch divisible by ${r}`)
  }
  return reshape(transpose(reshape(x, [b, c, h / r, r, w / r, r]), [0, 3, 5, 1, 2, 4]), [
    b,
    r * r * c,
    h / r,
    w / r,
  ])
}

/**
 * The inverse of {@link pixelUnshuffle}.
 *
 * @throws TweedieError `shape` unless x is an image batch whose channels r² divides
 */
export const pixelShuffle = (x: Tensor, r: number): Tensor => {
  const [b, k, h, w] = x.shape
  const c = k / (r * r)
  if (x.shape.length !== 4 || !Number.isInteger(c)) {
    shapeError('pixelShuffle', `${show(x.shape)} is not an image batch with channels divisible by ${r * r}`)
  }
  return reshape(transpose(reshape(x, [b, r, r, c, h, w]), [0, 3, 4, 1, 5, 2]), [b, c, h * r, w * r])
}
