/**
 * What all U-Nets of DiEM's form share (Rozet et al. 2024, appendix): levels of modulated blocks on the way down and
 * again on the way up, over images [B, C, H, W]. A {@link Lattice} says what a neighbour is and how levels shrink.
 */
import { TweedieError } from '../error.ts'
import {
  concat,
  layerNorm,
  mul,
  type NdArray,
  type Pair,
  rematerialise,
  type Shape,
  type Tensor,
  upsample,
} from '../tensor/index.ts'
import { Initialiser, type Linear } from './init.ts'
import { conv, embed } from './layers.ts'
import {
  type AttBlock,
  attBlock,
  type Convolve,
  initAttBlock,
  initResBlock,
  type ResBlock,
  resBlock,
} from './modulated.ts'
import type { Training } from './network.ts'

/** Sizes that every U-Net has. */
export interface UnetSizes {
  /** Channels of each level, finest first, such as [128, 256, 384]. */
  readonly channels: readonly number[]
  /** Residual blocks of each level, on the way down and again on the way up. */
  readonly blocks: readonly number[]
  /** Attention heads of each level; 0 for a level without attention (the default). */
  readonly heads?: readonly number[]
  /** Features of the noise embedding, default 256. */
  readonly emb?: number
  /** Dropout probability inside the residual blocks, default 0. */
  readonly dropout?: number
}

/** The grid that a U-Net works on. */
export interface Lattice {
  /** Kernel of its convolutions, [3, 3] for images. */
  readonly kernel: Pair
  /** How many times coarser each level below the finest is than the one above it, along H and along W. */
  readonly factors: readonly Pair[]
  /** Convolution that keeps the size, or divides it by the stride. */
  readonly convolve: Convolve
}

/** Images in the plane with zeros around them, each level half as large as the one above. */
export const plane = (levels: number): Lattice => ({
  kernel: [3, 3],
  factors: Array.from({ length: levels - 1 }, () => [2, 2] as const),
  convolve: conv,
})

/** By how much H and W shrink from the finest level to the coarsest. */
export const foldOf = ({ factors }: Lattice): Pair =>
  factors.reduce<Pair>(([h, w], [fh, fw]) => [h * fh, w * fw], [1, 1])

/** One residual block and, on attention levels, the attention block that follows it. */
type Block<L> = { readonly res: ResBlock<L>; readonly att: readonly AttBlock<L>[] }

/** Weights of a U-Net. */
export type UnetParams<L> = {
  readonly head: Linear<L>
  readonly down: readonly Linear<L>[]
  readonly descent: readonly (readonly Block<L>[])[]
  readonly ascent: readonly (readonly Block<L>[])[]
  readonly merge: readonly Linear<L>[]
  readonly tail: Linear<L>
}

/** Sizes with their defaults. @throws TweedieError `input` naming the network when they contradict each other */
export const checkedSizes = <O extends UnetSizes>(name: string, options: O): O & Required<UnetSizes> => {
  const { channels, blocks, heads = channels.map(() => 0), emb = 256, dropout = 0 } = options
  const fail = (message: string): never => {
    throw new TweedieError('input', `${name}: ${message}`)
  }
  if (channels.length === 0 || blocks.length !== channels.length || heads.length !== channels.length) {
    fail(`channels [${channels}], blocks [${blocks}] and heads [${heads}] must have one entry per level`)
  }
  for (const [i, h] of heads.entries()) {
    if (h !== 0 && channels[i] % h !== 0) fail(`heads [${heads}] must divide channels [${channels}]`)
  }
  if (emb < 4 || emb % 2) fail(`emb must be even and at least 4, got ${emb}`)
  if (!(dropout >= 0 && dropout < 1)) fail(`dropout must be in [0, 1), got ${dropout}`)
  return { ...options, channels, blocks, heads, emb, dropout }
}

/** A U-Net from images [B, inputs, H, W] to images [B, outputs, H, W]. */
export interface UnetBody {
  init(seed: number): UnetParams<NdArray>
  apply(params: UnetParams<Tensor>, x: Tensor, cNoise: Tensor, training?: Training): Tensor
  /** Shapes of the dropout masks for images of this shape. */
  keepShapes(image: Shape): readonly Shape[]
}

/**
 * Level 0 starts with a convolution; deeper ones with a strided convolution and LayerNorm. On the way up each level
 * ends with LayerNorm and nearest upsampling, the next begins with a convolution over (skip, x). H and W must be
 * divisible by {@link foldOf} the lattice.
 */
export const unetBody = (
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  { channels, blocks, heads, emb, dropout }: Required<UnetSizes>,
  { kernel, factors, convolve }: Lattice,
): UnetBody => {
  const levels = channels.map((_, i) => i)
  const initLevel = (draw: Initialiser, i: number): Block<NdArray>[] =>
    Array.from({ length: blocks[i] }, (_, j) => ({
      res: initResBlock(draw.at(`${i}.${j}.res`), channels[i], emb, kernel),
      att: heads[i] ? [initAttBlock(draw.at(`${i}.${j}.att`), channels[i], emb)] : [],
    }))
  const level = (list: readonly Block<Tensor>[], i: number, x: Tensor, e: Tensor, drop: Drop) =>
    list.reduce((h, block) => {
      const y = resBlock(block.res, h, e, drop, convolve)
      return block.att.reduce(
        (a, p) => rematerialise(({ p, x, e }) => attBlock(p, x, e, heads[i]), { p, x: a, e }),
        y,
      )
    }, x)

  return {
    keepShapes: ([b, , h, w]) => {
      const at = (i: number): Shape => {
        const [fh, fw] = foldOf({ kernel, convolve, factors: factors.slice(0, i) })
        return [b, channels[i], h / fh, w / fw]
      }
      const way = (order: readonly number[]) => order.flatMap((i) => Array<Shape>(blocks[i]).fill(at(i)))
      return dropout ? [...way(levels), ...way([...levels].reverse())] : []
    },
    init: (seed) => {
      const draw = new Initialiser(seed)
      return {
        head: draw.conv('head', inputs, channels[0], kernel),
        down: levels.slice(1).map((i) => draw.conv(`down.${i}`, channels[i - 1], channels[i], kernel)),
        descent: levels.map((i) => initLevel(draw.at('descent'), i)),
        ascent: levels.map((i) => initLevel(draw.at('ascent'), i)),
        merge: levels
          .slice(1)
          .map((i) => draw.conv(`merge.${i}`, channels[i - 1] + channels[i], channels[i - 1], kernel)),
        tail: draw.conv('tail', channels[0], outputs, [1, 1]),
      }
    },
    apply: (params, image, cNoise, training) => {
      const e = embed(cNoise, emb)
      const drop = dropper(dropout, training?.keep ?? [])
      const skips: Tensor[] = []
      let x = convolve(image, params.head)
      for (const i of levels) {
        if (i > 0) x = layerNorm(convolve(x, params.down[i - 1], factors[i - 1]), { axis: 1 })
        x = level(params.descent[i], i, x, e, drop)
        skips.push(x)
      }
      for (const i of [...levels].reverse()) {
        if (i < levels.length - 1) x = convolve(concat([skips[i], x], 1), params.merge[i])
        x = level(params.ascent[i], i, x, e, drop)
        if (i > 0) x = upsample(layerNorm(x, { axis: 1 }), factors[i - 1])
      }
      return conv(x, params.tail)
    },
  }
}

type Drop = (y: Tensor) => Tensor

/** Inverted dropout with given masks, each used once in order; the identity without masks. */
const dropper = (rate: number, keep: readonly Tensor[]): Drop => {
  let next = 0
  return (y) => (rate === 0 || keep.length === 0 ? y : mul(mul(y, keep[next++]), 1 / (1 - rate)))
}
