/**
 * The space that the features of a U-Net live on: its neighbours, how its levels shrink, and how features lie
 * in memory. The finest level is 0.
 */
import { type Pair, reshape, type Tensor, transpose, upsample } from '../tensor/index.ts'
import type { Initialiser, Linear } from './init.ts'
import { conv } from './layers.ts'

/** A space of several levels. */
export interface Lattice {
  /** Axis of the channels. */
  readonly axis: number
  /** Axis of the rows of a batch. */
  readonly rowAxis: number
  /** Fresh weights of a convolution over neighbours, and of one over the point alone. */
  init(draw: Initialiser, name: string, inputs: number, outputs: number): ReturnType<Initialiser['conv']>
  initPoint(draw: Initialiser, name: string, inputs: number, outputs: number): ReturnType<Initialiser['conv']>
  /** A convolution on a level. */
  convolve(x: Tensor, weights: Linear<Tensor>, level: number): Tensor
  /** A convolution from the level above, at the points of this one. */
  down(x: Tensor, weights: Linear<Tensor>, level: number): Tensor
  /** Each point of the level above gets what the point of this level has that it belongs to. */
  up(x: Tensor, level: number): Tensor
  /** A product with weights at each point. */
  point(x: Tensor, weights: Linear<Tensor>): Tensor
  /** [B, C] of each sample, for all of its points. */
  spread(perSample: Tensor): Tensor
  /** Features as [B, points, C], and back to those of the shape of `like`. */
  tokens(x: Tensor): Tensor
  untokens(tokens: Tensor, like: Tensor): Tensor
}

/** Convolution of images that keeps their size, or divides it by the stride. */
export type Convolve = (x: Tensor, weights: Linear<Tensor>, stride?: Pair) => Tensor

/** By how much H and W shrink from the finest level to the coarsest. */
export const foldOf = (factors: readonly Pair[]): Pair =>
  factors.reduce<Pair>(([h, w], [fh, fw]) => [h * fh, w * fw], [1, 1])

/**
 * Images [B, C, H, W].
 *
 * @param kernel - of the convolutions, [3, 3] for images
 * @param factors - how many times coarser each level below the finest is than the one above it, along H and
 * along W
 * @param convolve - what lies beyond the border; zeros by default
 */
export const images = (kernel: Pair, factors: readonly Pair[], convolve: Convolve = conv): Lattice => ({
  axis: 1,
  rowAxis: 0,
  init: (draw, name, inputs, outputs) => draw.conv(name, inputs, outputs, kernel),
  initPoint: (draw, name, inputs, outputs) => draw.conv(name, inputs, outputs, 1),
  convolve: (x, weights) => convolve(x, weights),
  down: (x, weights, level) => convolve(x, weights, factors[level - 1]),
  up: (x, level) => upsample(x, factors[level - 1]),
  point: (x, weights) => conv(x, weights),
  spread: (t) => reshape(t, [...t.shape, 1, 1]),
  tokens: (x) => {
    const [b, c, h, w] = x.shape
    return transpose(reshape(x, [b, c, h * w]), [0, 2, 1])
  },
  untokens: (tokens, like) => reshape(transpose(tokens, [0, 2, 1]), like.shape),
})
