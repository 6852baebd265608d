/**
 * The network of a convolutional coupling: 3×3 → LeakyReLU → 1×1 → LeakyReLU → zero 3×3, times exp(3 scale).
 */
import { conv, type Linear } from '../nn/index.ts'
import {
  concat,
  exp,
  leakyRelu,
  mul,
  type NdArray,
  pixelUnshuffle,
  reshape,
  type Shape,
  type Tensor,
  upsample,
  zeros,
} from '../tensor/index.ts'
import { type ConditionerSizes, normalWeights } from './conditioner.ts'

/** Weights over channels, and the scale [k]. */
export type ImageConditioner<L> = {
  readonly first: Linear<L>
  readonly hidden: Linear<L>
  readonly out: Linear<L>
  readonly scale: L
}

/** Fresh weights: the output is 0 whatever comes in. Sizes count channels. */
export const initImageConditioner = (
  seed: number,
  name: string,
  { signal, condition, hidden, outputs }: ConditionerSizes,
): ImageConditioner<NdArray> => ({
  first: {
    weight: normalWeights(seed, `${name}.first`, [hidden, signal + condition, 3, 3]),
    bias: zeros([hidden]),
  },
  hidden: { weight: normalWeights(seed, `${name}.hidden`, [hidden, hidden, 1, 1]), bias: zeros([hidden]) },
  out: { weight: zeros([outputs, hidden, 3, 3]), bias: zeros([outputs]) },
  scale: zeros([outputs]),
})

/** Shape of y brought to h × w: pixels to channels when it is finer, repeated when it is coarser. */
export const conditionShape = ([channels, height, width]: Shape, h: number, w: number): Shape | undefined => {
  const fine = height / h
  if (Number.isInteger(fine) && width === fine * w) return [channels * fine * fine, h, w]
  const coarse = h / height
  return Number.isInteger(coarse) && w === coarse * width ? [channels, h, w] : undefined
}

/** y [B, C, H, W] at the resolution of a level; see {@link conditionShape}. */
export const conditionAt = (y: Tensor, h: number): Tensor => {
  const height = y.shape[2]
  if (height === h) return y
  return height > h ? pixelUnshuffle(y, height / h) : upsample(y, h / height)
}

/** The parameters of a coupling's transform, from the channels that it leaves alone and y at their size. */
export const imageConditioned = (w: ImageConditioner<Tensor>, h: Tensor, y: Tensor): Tensor => {
  const features = leakyRelu(conv(leakyRelu(conv(concat([h, y], 1), w.first)), w.hidden))
  return mul(conv(features, w.out), exp(mul(reshape(w.scale, [1, -1, 1, 1]), 3)))
}
