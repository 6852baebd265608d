/**
 * The body of all U-Nets of DiEM's form (Rozet et al. 2024, appendix): levels of modulated blocks on the way
 * down and again on the way up. A {@link Lattice} says what a neighbour is and how levels shrink.
 */
import { TweedieError } from '../error.ts'
import type { ValueSpecs } from '../settings.ts'
import { concat, layerNorm, type NdArray, rematerialise, type Tensor } from '../tensor/index.ts'
import { type Compute, computing, rematerialiseSetting } from './computing.ts'
import { type Drop, dropper } from './dropout.ts'
import { Initialiser, type Linear } from './init.ts'
import type { Lattice } from './lattice.ts'
import { embed } from './layers.ts'
import { type AttBlock, attBlock, initAttBlock, initResBlock, type ResBlock, resBlock } from './modulated.ts'
import type { Training } from './network.ts'

/** Sizes that every U-Net has. */
export interface UnetSizes {
  /** Channels of each level, finest first, such as [128, 256, 384]; default [32, 64]. */
  readonly channels?: readonly number[]
  /** Residual blocks of each level, on the way down and again on the way up; default [2, 2]. */
  readonly blocks?: readonly number[]
  /** Attention heads of each level; 0 for a level without attention (the default). */
  readonly heads?: readonly number[]
  /** Features of the noise embedding, default 256. */
  readonly emb?: number
  /** Dropout probability inside the residual blocks, default 0. */
  readonly dropout?: number
  /**
   * Whether training computes residual blocks again for their gradients instead of keeping what is inside
   * them: less memory, about a third more time, the same result. Default false.
   */
  readonly rematerialise?: boolean
}

/** Sizes with their defaults. */
type CompleteSizes = Required<Omit<UnetSizes, 'rematerialise'>> & Pick<UnetSizes, 'rematerialise'>

/** Settings of every U-Net in a configuration. */
export const levelSettings = {
  channels: {
    kind: 'integers',
    least: 1,
    min: 1,
    default: [32, 64],
    description: 'channels of each level, finest first',
  },
  blocks: {
    kind: 'integers',
    least: 1,
    min: 1,
    default: [2, 2],
    description: 'residual blocks of each level',
  },
  heads: { kind: 'integers', min: 0, description: 'attention heads of each level, 0 for none' },
  emb: { kind: 'integer', min: 1, default: 256, description: 'features of the noise embedding' },
  dropout: {
    kind: 'number',
    min: 0,
    below: 1,
    default: 0,
    description: 'dropout probability inside the residual blocks',
  },
  rematerialise: rematerialiseSetting,
} as const satisfies ValueSpecs

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

/**
 * Sizes with their defaults.
 *
 * @throws TweedieError `input` naming the network when they contradict each other
 */
export const checkedSizes = <O extends UnetSizes>(name: string, options: O): O & CompleteSizes => {
  const {
    channels = levelSettings.channels.default,
    blocks = levelSettings.blocks.default,
    heads = channels.map(() => 0),
    emb = levelSettings.emb.default,
    dropout = levelSettings.dropout.default,
  } = options
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

/** A U-Net from features with `inputs` channels to features with `outputs` channels. */
export interface UnetBody {
  init(seed: number): UnetParams<NdArray>
  apply(params: UnetParams<Tensor>, x: Tensor, cNoise: Tensor, training?: Training): Tensor
  readonly dropouts: number
}

/** How residual blocks are computed. */
interface Blocks {
  /** Their dropout layers in order. */
  readonly drops: () => Drop
  readonly compute: Compute
}

/**
 * Level 0 starts with a convolution; deeper ones with a strided convolution and LayerNorm. On the way up each
 * level ends with LayerNorm and nearest upsampling, the next begins with a convolution over (skip, x).
 */
export const unetBody = (
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  { channels, blocks, heads, emb, dropout, rematerialise: again }: CompleteSizes,
  lattice: Lattice,
): UnetBody => {
  const { axis } = lattice
  const levels = channels.map((_, i) => i)
  const initLevel = (draw: Initialiser, i: number): Block<NdArray>[] =>
    Array.from({ length: blocks[i] }, (_, j) => ({
      res: initResBlock(draw.at(`${i}.${j}.res`), channels[i], emb, lattice),
      att: heads[i] ? [initAttBlock(draw.at(`${i}.${j}.att`), channels[i], emb)] : [],
    }))
  const onLevel = (
    list: readonly Block<Tensor>[],
    i: number,
    x: Tensor,
    e: Tensor,
    { drops, compute }: Blocks,
  ) =>
    list.reduce((h, block) => {
      const place = { lattice, level: i, drop: drops() }
      const y = compute(({ p, x, e }) => resBlock(p, x, e, place), { p: block.res, x: h, e })
      return block.att.reduce(
        (a, p) => rematerialise(({ p, x, e }) => attBlock(p, x, e, heads[i], lattice), { p, x: a, e }),
        y,
      )
    }, x)

  return {
    dropouts: dropout ? 2 * blocks.reduce((a, b) => a + b, 0) : 0,
    init: (seed) => {
      const draw = new Initialiser(seed)
      const join = (name: string, from: number, to: number) => lattice.init(draw, name, from, to)
      return {
        head: join('head', inputs, channels[0]),
        down: levels.slice(1).map((i) => join(`down.${i}`, channels[i - 1], channels[i])),
        descent: levels.map((i) => initLevel(draw.at('descent'), i)),
        ascent: levels.map((i) => initLevel(draw.at('ascent'), i)),
        merge: levels.slice(1).map((i) => join(`merge.${i}`, channels[i - 1] + channels[i], channels[i - 1])),
        tail: lattice.initPoint(draw, 'tail', channels[0], outputs),
      }
    },
    apply: (params, finest, cNoise, training) => {
      const e = embed(cNoise, emb)
      const how: Blocks = {
        drops: dropper(dropout, training, lattice.rowAxis),
        compute: computing(again, training),
      }
      const skips: Tensor[] = []
      let x = lattice.convolve(finest, params.head, 0)
      for (const i of levels) {
        if (i > 0) x = layerNorm(lattice.down(x, params.down[i - 1], i), { axis })
        x = onLevel(params.descent[i], i, x, e, how)
        skips.push(x)
      }
      for (const i of [...levels].reverse()) {
        if (i < levels.length - 1) x = lattice.convolve(concat([skips[i], x], axis), params.merge[i], i)
        x = onLevel(params.ascent[i], i, x, e, how)
        if (i > 0) x = lattice.up(layerNorm(x, { axis }), i)
      }
      return lattice.point(x, params.tail)
    },
  }
}
