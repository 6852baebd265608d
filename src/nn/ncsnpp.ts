/**
 * NCSN++ (Song et al. 2021, appendix H), the network of the score priors of Feng et al. 2023: a U-Net of
 * BigGAN blocks with filtered resampling, a pyramid of the input joined to the way down, and attention at
 * some resolutions.
 *
 * Its condition is log sigma, as that of every network, or with `train.parameterization: vp` the label 999 t
 * of a VP time t, as published. The published code maps images from [0, 1] to [−1, 1]; here they come
 * centred.
 */
import { TweedieError } from '../error.ts'
import { concat, type NdArray, silu, type Tensor } from '../tensor/index.ts'
import {
  type BigganBlock,
  bigganBlock,
  type Change,
  glorot,
  groupNorm,
  halves,
  initBigganBlock,
  initNorm,
  initPixelAttention,
  NOTHING,
  type Norm,
  type PixelAttention,
  pixelAttention,
} from './biggan.ts'
import { computing, rematerialiseSetting } from './computing.ts'
import { dropper } from './dropout.ts'
import { firConv } from './fir.ts'
import { Initialiser, type Linear } from './init.ts'
import { conv, embed, linear } from './layers.ts'
import { multipleOf, onMultiples } from './multiples.ts'
import type { Network } from './network.ts'
import { io, networkKind, unfit } from './network-kind.ts'

/** Sizes of an NCSN++; the defaults are those of the prior of faces at 32×32. */
export interface NcsnppOptions {
  /** Channels of the images, in and out. */
  readonly io: number
  /** Height of the images, which says where attention is. */
  readonly size: number
  /** Channels of the finest level, default 64: a multiple of 4. */
  readonly width?: number
  /** Channels of each level in units of `width`, finest first, default [1, 2, 2, 2]. */
  readonly multipliers?: readonly number[]
  /** Residual blocks of each level, default 4; one more on the way up. */
  readonly blocks?: number
  /** Heights of the levels with attention, default [16]. */
  readonly attention?: readonly number[]
  /** Dropout probability inside the residual blocks, default 0.1. */
  readonly dropout?: number
  /** Whether training computes blocks again for their gradients, as in `unet`; default false. */
  readonly rematerialise?: boolean
}

const settings = {
  width: {
    kind: 'integer',
    min: 1,
    default: 64,
    description: 'channels of the finest level, a multiple of 4',
  },
  multipliers: {
    kind: 'integers',
    least: 1,
    min: 1,
    default: [1, 2, 2, 2],
    description: 'channels of each level in units of width, finest first',
  },
  blocks: {
    kind: 'integer',
    min: 1,
    default: 4,
    description: 'residual blocks of each level, one more on the way up',
  },
  attention: { kind: 'integers', min: 1, default: [16], description: 'heights of the levels with attention' },
  dropout: {
    kind: 'number',
    min: 0,
    below: 1,
    default: 0.1,
    description: 'dropout probability inside the residual blocks',
  },
  rematerialise: rematerialiseSetting,
} as const

type DownLevel<L> = {
  readonly blocks: readonly BigganBlock<L>[]
  readonly attention: readonly PixelAttention<L>[]
  /** To the next level: the block, and the convolution of the pyramid; none on the coarsest. */
  readonly change: readonly BigganBlock<L>[]
  readonly pyramid: readonly Linear<L>[]
}
type UpLevel<L> = {
  readonly blocks: readonly BigganBlock<L>[]
  readonly attention: readonly PixelAttention<L>[]
  readonly change: readonly BigganBlock<L>[]
}

/** Weights of an {@link ncsnpp}. */
export type NcsnppParams<L> = {
  readonly time1: Linear<L>
  readonly time2: Linear<L>
  readonly head: Linear<L>
  readonly down: readonly DownLevel<L>[]
  readonly middle: {
    readonly first: BigganBlock<L>
    readonly attention: PixelAttention<L>
    readonly last: BigganBlock<L>
  }
  /** Coarsest first. */
  readonly up: readonly UpLevel<L>[]
  readonly norm: Norm<L>
  readonly tail: Linear<L>
}

const checked = (
  options: NcsnppOptions,
): Required<Omit<NcsnppOptions, 'rematerialise'>> & Pick<NcsnppOptions, 'rematerialise'> => {
  const {
    width = settings.width.default,
    multipliers = settings.multipliers.default,
    blocks = settings.blocks.default,
    attention = settings.attention.default,
    dropout = settings.dropout.default,
  } = options
  const fail = (message: string): never => {
    throw new TweedieError('input', `ncsnpp: ${message}`)
  }
  if (!(Number.isInteger(width / 4) && width >= 4)) fail(`width must be a multiple of 4, got ${width}`)
  if (![...multipliers, blocks].every((n) => Number.isInteger(n) && n > 0) || multipliers.length === 0) {
    fail(`multipliers [${multipliers}] and blocks ${blocks} must be positive integers`)
  }
  const sums = multipliers.flatMap((m, i) => [m, ...multipliers.slice(i).map((n) => m + n)])
  const uneven = sums.map((m) => m * width).find((c) => c > 128 && c % 32 !== 0)
  if (uneven !== undefined) fail(`${uneven} channels do not fall into 32 groups; use another width`)
  if (!(dropout >= 0 && dropout < 1)) fail(`dropout must be in [0, 1), got ${dropout}`)
  return { ...options, width, multipliers, blocks, attention, dropout }
}

/**
 * An NCSN++ over [B, io, H, W] with H the `size` of the options and any W; sides that 2^(levels − 1) does not
 * divide run with zeros up to the next multiple, whose height then says where attention is.
 *
 * Weights begin as in the papers: Glorot-uniform, a tenth of the variance in queries, keys and values, and
 * (nearly) 0 in the last layer of each block and of the network, so that the output starts at 0.
 *
 * @throws TweedieError `input` when the options contradict each other, `shape` when an image does not fit
 *
 * @example
 * ```ts
 * const net = ncsnpp({ io: 3, size: 32 }) // the prior of faces: 64 channels, 4 levels, 4 blocks
 * const params = net.init(0)
 * ```
 */
export const ncsnpp = (options: NcsnppOptions): Network<NcsnppParams<NdArray>, NcsnppParams<Tensor>> => {
  const { io, size, width, multipliers, blocks, attention, dropout, rematerialise } = checked(options)
  const levels = multipliers.length
  const channels = multipliers.map((m) => m * width)
  const emb = 4 * width
  const fold = 2 ** (levels - 1)
  const attends = multipliers.map((_, i) => attention.includes(multipleOf(size, fold) / 2 ** i))
  /** Channels of the skips, in the order in which they are made. */
  const skips = [
    width,
    ...channels.flatMap((c, i) => Array<number>(blocks + (i < levels - 1 ? 1 : 0)).fill(c)),
  ]

  return {
    dropout,
    // The changes between levels are blocks too, and two are in the middle.
    dropouts: dropout ? levels * (2 * blocks + 1) + 2 * (levels - 1) + 2 : 0,
    init: (seed) => {
      const draw = new Initialiser(seed)
      const block = (name: string, from: number, to: number) =>
        initBigganBlock(draw.at(name), from, to, emb, 'none')
      const change = (name: string, c: number, way: 'up' | 'down') =>
        initBigganBlock(draw.at(name), c, c, emb, way)
      const attend = (name: string, i: number, count: number) =>
        attends[i]
          ? Array.from({ length: count }, (_, j) => initPixelAttention(draw.at(`${name}.${j}`), channels[i]))
          : []
      const down = channels.map((c, i): DownLevel<NdArray> => {
        const before = i === 0 ? width : channels[i - 1]
        const name = `down.${i}`
        const last = i === levels - 1
        return {
          blocks: Array.from({ length: blocks }, (_, j) => block(`${name}.${j}`, j === 0 ? before : c, c)),
          attention: attend(`${name}.attention`, i, blocks),
          change: last ? [] : [change(`${name}.change`, c, 'down')],
          pyramid: last
            ? []
            : [glorot(draw.at(name), 'pyramid', i === 0 ? io : channels[i - 1], c, { kernel: 3 })],
        }
      })
      const stack = [...skips]
      let at = channels[levels - 1]
      const up = [...channels.keys()].reverse().map((i): UpLevel<NdArray> => {
        const name = `up.${i}`
        const list = Array.from({ length: blocks + 1 }, (_, j) => {
          const made = block(`${name}.${j}`, at + (stack.pop() ?? 0), channels[i])
          at = channels[i]
          return made
        })
        return {
          blocks: list,
          attention: attend(`${name}.attention`, i, 1),
          change: i > 0 ? [change(`${name}.change`, channels[i], 'up')] : [],
        }
      })
      const deepest = channels[levels - 1]
      return {
        time1: glorot(draw, 'time1', width, emb),
        time2: glorot(draw, 'time2', emb, emb),
        head: glorot(draw, 'head', io, width, { kernel: 3 }),
        down,
        middle: {
          first: block('middle.first', deepest, deepest),
          attention: initPixelAttention(draw.at('middle.attention'), deepest),
          last: block('middle.last', deepest, deepest),
        },
        up,
        norm: initNorm(channels[0]),
        tail: glorot(draw, 'tail', channels[0], io, { kernel: 3, scale: NOTHING }),
      }
    },
    apply: (params, given, cNoise, training) => {
      const [, c, h] = given.shape
      if (given.shape.length !== 4 || c !== io || h !== size)
        throw new TweedieError('shape', `ncsnpp: expected [B, ${io}, ${size}, W], got [${given.shape}]`)
      const [drops, compute] = [dropper(dropout, training), computing(rematerialise, training)]
      const e = linear(silu(linear(embed(cNoise, width), params.time1)), params.time2)
      const block = (p: BigganBlock<Tensor>, x: Tensor, change?: Change): Tensor => {
        const drop = drops()
        return compute(({ p, x, e }) => bigganBlock(p, x, e, { change, drop }), { p, x, e })
      }
      return onMultiples(given, [fold, fold], (image) => {
        const stack = [conv(image, params.head)]
        let x = stack[0]
        let pyramid = image
        for (const { blocks, attention, change, pyramid: coarser } of params.down) {
          for (const [j, p] of blocks.entries()) {
            x = block(p, x)
            if (attention.length > 0) x = pixelAttention(attention[j], x)
            stack.push(x)
          }
          for (const [j, p] of change.entries()) {
            pyramid = firConv(pyramid, coarser[j])
            pyramid = halves(pyramid, block(p, x, 'down'))
            x = pyramid
            stack.push(x)
          }
        }
        const { first, attention, last } = params.middle
        x = block(first, x)
        x = block(last, pixelAttention(attention, x))
        for (const { blocks, attention, change } of params.up) {
          for (const p of blocks) x = block(p, concat([x, ...stack.splice(-1)], 1))
          for (const p of attention) x = pixelAttention(p, x)
          for (const p of change) x = block(p, x, 'up')
        }
        return conv(silu(groupNorm(x, params.norm)), params.tail)
      })
    },
  }
}

/** NCSN++ in configurations and checkpoints. */
export const ncsnppKind = networkKind({
  kind: 'ncsnpp',
  summary: 'NCSN++: BigGAN blocks, filtered resampling, a pyramid of the input',
  spatial: true,
  settings,
  sizes: {
    io,
    size: { kind: 'integer', min: 1, required: true, description: 'height of the images' },
  },
  sizesFor: (_, event) => {
    if (event.length !== 3) throw unfit(`an ncsnpp needs images [C, H, W], the data are [${event}]`)
    return { io: event[0], size: event[1] }
  },
  make: ncsnpp,
})
