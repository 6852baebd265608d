/** The U-Net of DiEM (Rozet et al. 2024, appendix), any number of levels, blocks and heads. */
import { TweedieError } from '../error.ts'
import { type NdArray, pixelShuffle, pixelUnshuffle, type Tensor } from '../tensor/index.ts'
import { foldOf, images } from './lattice.ts'
import { onMultiples } from './multiples.ts'
import type { Network } from './network.ts'
import { io, networkKind, unfit } from './network-kind.ts'
import { checkedSizes, levelSettings, type UnetParams, type UnetSizes, unetBody } from './unet-body.ts'

/** Sizes of a U-Net over images. */
export interface UnetOptions extends UnetSizes {
  /** Channels of the images, in and out. */
  readonly io: number
  /** Pixel unshuffling in front and shuffling behind, by this factor (default 1: none). */
  readonly unshuffle?: number
}

/**
 * A U-Net over [B, io, H, W] of any H and W; multiples of unshuffle · 2^(levels − 1) cost least, others run
 * with zeros up to the next one. Convolutions are 3×3 with zeros around the image.
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
  const sizes = checkedSizes('unet', options)
  const { io, unshuffle = 1 } = options
  const factors = sizes.channels.slice(1).map(() => [2, 2] as const)
  const inner = io * unshuffle * unshuffle
  const body = unetBody({ inputs: inner, outputs: inner }, sizes, images([3, 3], factors))
  const fold = unshuffle * foldOf(factors)[0]
  return {
    dropout: sizes.dropout,
    dropouts: body.dropouts,
    init: body.init,
    apply: (params, image, cNoise, training) => {
      if (image.shape.length !== 4 || image.shape[1] !== io)
        throw new TweedieError('shape', `unet: expected [B, ${io}, H, W], got [${image.shape}]`)
      return onMultiples(image, [fold, fold], (x) => {
        const cells = unshuffle > 1 ? pixelUnshuffle(x, unshuffle) : x
        const out = body.apply(params, cells, cNoise, training)
        return unshuffle > 1 ? pixelShuffle(out, unshuffle) : out
      })
    },
  }
}

/** The U-Net in configurations and checkpoints. */
export const unetKind = networkKind({
  kind: 'unet',
  summary: 'U-Net over images',
  spatial: true,
  settings: {
    ...levelSettings,
    unshuffle: {
      kind: 'integer',
      min: 1,
      default: 1,
      description: 'pixel unshuffling in front of the network, by this factor',
    },
  },
  sizes: { io },
  sizesFor: (_, event) => {
    const other = event.length === 2 ? 'unet1d' : 'mlp'
    if (event.length !== 3)
      throw unfit(`a unet needs images [C, H, W], the data are [${event}]; use kind: ${other}`)
    return { io: event[0] }
  },
  make: unet,
})
