/**
 * A head on a flow over images: x = μ(y) + exp(ℓ(y)) ∘ h, with μ and ℓ from a residual convolutional network that sees y alone.
 * Couplings then have to shape a residual of unit scale instead of painting the image: the conditional mean is learned
 * directly, as in a regression, which takes far fewer steps than through a chain of half-images. The map is affine
 * in h for every y, so log|det ∂x/∂h| = Σ ℓ(y).
 */

import { TweedieError } from '../error.ts'
import { conv, type Linear } from '../nn/index.ts'
import {
  add,
  concat,
  constant,
  exp,
  leakyRelu,
  mul,
  type NdArray,
  neg,
  pixelShuffle,
  type Shape,
  slice,
  split,
  sub,
  type Tensor,
  type Tree,
  tanh,
  zeros,
} from '../tensor/index.ts'
import { normalWeights } from './conditioner.ts'
import { type Flow, type FlowParams, sumRows } from './flow.ts'
import { conditionAt, conditionShape } from './image-conditioner.ts'

/** Sizes of a head. */
export interface ImageHeadOptions {
  /** Channels, default 64. */
  readonly hidden?: number
  /** Residual blocks of two 3×3 convolutions each, default 3. */
  readonly blocks?: number
}

type Block<L> = { readonly inner: Linear<L>; readonly outer: Linear<L> }

/** Weights of a head, at cells of 2×2 pixels. */
export type ImageHead<L> = {
  readonly first: Linear<L>
  readonly blocks: readonly Block<L>[]
  readonly out: Linear<L>
}

/** A flow's weights under those of its head. */
export type HeadedParams<L> = {
  readonly weights: { readonly head: ImageHead<L>; readonly inner: Tree<L> }
  readonly statistics: Tree<L>
}

/** Pixels of a cell in each direction. */
const CELL = 2
/** ℓ of a fresh head: a fifth of the spread of the data, about that of a posterior. |ℓ − START| stays below REACH. */
const START = Math.log(0.2)
const REACH = 4

const layer = (
  seed: number,
  name: string,
  [outputs, inputs]: readonly [number, number],
): Linear<NdArray> => ({
  weight: normalWeights(seed, `head.${name}`, [outputs, inputs, 3, 3]),
  bias: zeros([outputs]),
})

const initHead = (
  seed: number,
  conditionChannels: number,
  channels: number,
  { hidden = 64, blocks = 3 }: ImageHeadOptions,
): ImageHead<NdArray> => ({
  first: layer(seed, 'first', [hidden, conditionChannels]),
  blocks: Array.from({ length: blocks }, (_, k) => ({
    inner: layer(seed, `${k}.inner`, [hidden, hidden]),
    outer: { weight: zeros([hidden, hidden, 3, 3]), bias: zeros([hidden]) },
  })),
  out: { weight: zeros([2 * channels * CELL ** 2, hidden, 3, 3]), bias: zeros([2 * channels * CELL ** 2]) },
})

/** The first channels of y at the size of x, where the mean starts; 0 where y is finer, and in channels that y lacks. */
const startingMean = (y: Tensor, [channels, height, width]: Shape): Tensor => {
  const [batch, told, rows, columns] = y.shape
  const nothing = (count: number) => constant(zeros([batch, count, height, width]))
  if (rows > height) return nothing(channels)
  const seen = conditionAt(slice(y, [0, 0, 0, 0], [batch, Math.min(told, channels), rows, columns]), height)
  return told < channels ? concat([seen, nothing(channels - told)], 1) : seen
}

/** μ(y) and ℓ(y), each [B, C, H, W]. */
const headOf = (w: ImageHead<Tensor>, y: Tensor, event: Shape): { mean: Tensor; logScale: Tensor } => {
  const features = w.blocks.reduce(
    (h, { inner, outer }) => add(h, conv(leakyRelu(conv(h, inner)), outer)),
    leakyRelu(conv(conditionAt(y, event[1] / CELL), w.first)),
  )
  const [shift, raw] = split(pixelShuffle(conv(leakyRelu(features), w.out), CELL), 2, 1)
  return {
    mean: add(startingMean(y, event), shift),
    logScale: add(mul(tanh(mul(raw, 1 / REACH)), REACH), START),
  }
}

/**
 * The flow under a head.
 *
 * @param flow - over images of even height and width, told images
 * @throws TweedieError `input` for other sizes
 *
 * @example
 * ```ts
 * const flow = withHead(imageFlow({ event: [3, 32, 32], condition: [3, 32, 32] }), { blocks: 3 })
 * ```
 */
export const withHead = (
  flow: Flow,
  options: ImageHeadOptions = {},
): Flow<HeadedParams<NdArray>, HeadedParams<Tensor>> => {
  const { event, condition } = flow
  const [channels, height, width] = event
  const seen = event.length === 3 && conditionShape(condition, height / CELL, width / CELL)
  const { hidden = 64, blocks = 3 } = options
  if (
    !seen ||
    height % CELL ||
    width % CELL ||
    !(Number.isInteger(hidden) && hidden > 0 && Number.isInteger(blocks) && blocks >= 0)
  )
    throw new TweedieError(
      'input',
      `withHead: needs x and y as images of even sides that divide one another, and positive sizes, got [${event}] and [${condition}], ${blocks} blocks of ${hidden}`,
    )
  const innerOf = <L>({ weights, statistics }: HeadedParams<L>): FlowParams<L> => ({
    weights: weights.inner,
    statistics,
  })
  return {
    event,
    condition,
    init: (seed) => {
      const { weights, statistics } = flow.init(seed)
      return { weights: { head: initHead(seed, seen[0], channels, options), inner: weights }, statistics }
    },
    sample: (params, y, z, mode) => {
      const { x: h, logdet, statistics } = flow.sample(innerOf(params), y, z, mode)
      const { mean, logScale } = headOf(params.weights.head, y, event)
      return { x: add(mean, mul(h, exp(logScale))), logdet: add(logdet, sumRows(logScale)), statistics }
    },
    inverse: (params, x, y) => {
      const { mean, logScale } = headOf(params.weights.head, y, event)
      const { z, logdet } = flow.inverse(innerOf(params), mul(sub(x, mean), exp(neg(logScale))), y)
      return { z, logdet: sub(logdet, sumRows(logScale)) }
    },
  }
}
