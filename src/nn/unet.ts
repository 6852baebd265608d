/** The U-Net of DiEM (Rozet et al. 2024, appendix), any number of levels, blocks and heads. */
import { TweedieError } from '../error.ts'
import {
  concat,
  layerNorm,
  mul,
  type NdArray,
  pixelShuffle,
  pixelUnshuffle,
  rematerialise,
  type Shape,
  type Tensor,
  upsample,
} from '../tensor/index.ts'
import { Initialiser, type Linear } from './init.ts'
import { conv, embed } from './layers.ts'
import { type AttBlock, attBlock, initAttBlock, initResBlock, type ResBlock, resBlock } from './modulated.ts'
import type { Network } from './network.ts'

/** Sizes of a U-Net. */
export interface UnetOptions {
  /** Channels of the images, in and out. */
  readonly io: number
  /** Channels of each level, finest first, such as [128, 256, 384]. */
  readonly channels: readonly number[]
  /** Residual blocks of each level, on the way down and again on the way up. */
  readonly blocks: readonly number[]
  /** Attention heads of each level; 0 for a level without attention (the default). */
  readonly heads?: readonly number[]
  /** Features of the noise embedding, default 256. */
  readonly emb?: number
  /** Pixel unshuffling in front and shuffling behind, by this factor (default 1: none). */
  readonly unshuffle?: number
  /** Dropout probability inside the residual blocks, default 0. */
  readonly dropout?: number
}

/** One residual block and, on attention levels, the attention block that follows it. */
type Block<L> = { readonly res: ResBlock<L>; readonly att: readonly AttBlock<L>[] }

/** Weights of a {@link unet}. */
export type UnetParams<L> = {
  readonly head: Linear<L>
  readonly down: readonly Linear<L>[]
  readonly descent: readonly (readonly Block<L>[])[]
  readonly ascent: readonly (readonly Block<L>[])[]
  readonly merge: readonly Linear<L>[]
  readonly tail: Linear<L>
}

const checked = (options: UnetOptions): Required<UnetOptions> => {
  const { channels, blocks, heads = channels.map(() => 0), emb = 256, unshuffle = 1, dropout = 0 } = options
  const fail = (message: string): never => {
    throw new TweedieError('input', `unet: ${message}`)
  }
  if (channels.length === 0 || blocks.length !== channels.length || heads.length !== channels.length) {
    fail(`channels [${channels}], blocks [${blocks}] and heads [${heads}] must have one entry per level`)
  }
  for (const [i, h] of heads.entries()) {
    if (h !== 0 && channels[i] % h !== 0) fail(`heads [${heads}] must divide channels [${channels}]`)
  }
  if (emb < 4 || emb % 2) fail(`emb must be even and at least 4, got ${emb}`)
  if (!(dropout >= 0 && dropout < 1)) fail(`dropout must be in [0, 1), got ${dropout}`)
  return { ...options, channels, blocks, heads, emb, unshuffle, dropout }
}

/**
 * A U-Net over [B, io, H, W]; H and W must be divisible by unshuffle · 2^(levels − 1).
 *
 * Level 0 starts with a 3×3 convolution; deeper ones with a stride-2 convolution and LayerNorm. On the way up each
 * level ends with LayerNorm and nearest upsampling, the next begins with a convolution over (skip, x).
 *
 * @throws TweedieError `input` when the options contradict each other, `shape` when an image does not fit
 *
 * @example
 * ```ts
 * const net = unet({ io: 1, channels: [32, 64], blocks: [2, 2] })
 * const params = net.init(0)
 * ```
 */
export const unet = (options: UnetOptions): Network<UnetParams<NdArray>, UnetParams<Tensor>> => {
  const { io, channels, blocks, heads, emb, unshuffle, dropout } = checked(options)
  const inner = io * unshuffle * unshuffle
  const levels = channels.map((_, i) => i)
  const initLevel = (draw: Initialiser, i: number): Block<NdArray>[] =>
    Array.from({ length: blocks[i] }, (_, j) => ({
      res: initResBlock(draw.at(`${i}.${j}.res`), channels[i], emb),
      att: heads[i] ? [initAttBlock(draw.at(`${i}.${j}.att`), channels[i], emb)] : [],
    }))

  return {
    dropout,
    keepShapes: ([b, , h, w]: Shape) => {
      const at = (i: number): Shape => [b, channels[i], h / unshuffle / 2 ** i, w / unshuffle / 2 ** i]
      const way = (order: readonly number[]) => order.flatMap((i) => Array<Shape>(blocks[i]).fill(at(i)))
      return dropout ? [...way(levels), ...way([...levels].reverse())] : []
    },
    init: (seed) => {
      const draw = new Initialiser(seed)
      return {
        head: draw.conv('head', inner, channels[0], 3),
        down: levels.slice(1).map((i) => draw.conv(`down.${i}`, channels[i - 1], channels[i], 3)),
        descent: levels.map((i) => initLevel(draw.at('descent'), i)),
        ascent: levels.map((i) => initLevel(draw.at('ascent'), i)),
        merge: levels
          .slice(1)
          .map((i) => draw.conv(`merge.${i}`, channels[i - 1] + channels[i], channels[i - 1], 3)),
        tail: draw.conv('tail', channels[0], inner, 1),
      }
    },
    apply: (params, image, cNoise, training) => {
      const fold = unshuffle * 2 ** (levels.length - 1)
      if (
        image.shape.length !== 4 ||
        image.shape[1] !== io ||
        image.shape[2] % fold ||
        image.shape[3] % fold
      ) {
        throw new TweedieError(
          'shape',
          `unet: expected [B, ${io}, H, W] with H and W divisible by ${fold}, got [${image.shape}]`,
        )
      }
      const e = embed(cNoise, emb)
      const drop = dropper(dropout, training?.keep ?? [])
      const level = (list: readonly Block<Tensor>[], i: number, x: Tensor) =>
        list.reduce((h, block) => {
          const y = resBlock(block.res, h, e, drop)
          return block.att.reduce(
            (a, p) => rematerialise(({ p, x, e }) => attBlock(p, x, e, heads[i]), { p, x: a, e }),
            y,
          )
        }, x)

      const skips: Tensor[] = []
      let x = conv(unshuffle > 1 ? pixelUnshuffle(image, unshuffle) : image, params.head)
      for (const i of levels) {
        if (i > 0) x = layerNorm(conv(x, params.down[i - 1], 2), { axis: 1 })
        x = level(params.descent[i], i, x)
        skips.push(x)
      }
      for (const i of [...levels].reverse()) {
        if (i < levels.length - 1) x = conv(concat([skips[i], x], 1), params.merge[i])
        x = level(params.ascent[i], i, x)
        if (i > 0) x = upsample(layerNorm(x, { axis: 1 }), 2)
      }
      const out = conv(x, params.tail)
      return unshuffle > 1 ? pixelShuffle(out, unshuffle) : out
    },
  }
}

/** Inverted dropout with given masks, each used once in order; the identity without masks. */
const dropper = (rate: number, keep: readonly Tensor[]) => {
  let next = 0
  return (y: Tensor): Tensor =>
    rate === 0 || keep.length === 0 ? y : mul(mul(y, keep[next++]), 1 / (1 - rate))
}
