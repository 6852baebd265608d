/**
 * The U-Net over a signal: the vertices of a mesh or the points of a sphere as they come in the file, with
 * convolutions along the index. This is the network of the amortized posterior sampling paper ("1-D
 * formulation of DDPM"; its sizes are unknown); it knows nothing of geometry beyond the order of the
 * vertices.
 */
import { TweedieError } from '../error.ts'
import { type NdArray, reshape, type Tensor, transpose } from '../tensor/index.ts'
import { foldOf, images } from './lattice.ts'
import { onMultiples } from './multiples.ts'
import type { Network } from './network.ts'
import { io, networkKind, unfit } from './network-kind.ts'
import { checkedSizes, levelSettings, type UnetParams, type UnetSizes, unetBody } from './unet-body.ts'

/** Sizes of a U-Net over signals. */
export interface Unet1dOptions extends UnetSizes {
  /** Channels of the signal, in and out. */
  readonly io: number
  /** So many neighbours in the index become channels in front, and points again behind (default 1: none). */
  readonly unshuffle?: number
}

/**
 * A U-Net over [B, io, V] of any V, with zeros up to the next multiple of unshuffle · 2^(levels − 1). The
 * blocks are those of `unet`, with kernels of three points.
 *
 * @throws TweedieError `input` when the options contradict each other, `shape` when a signal does not fit
 *
 * @example
 * ```ts
 * const net = unet1d({ io: 1, channels: [32, 64, 64], blocks: [1, 2, 2] })
 * const params = net.init(0)
 * ```
 */
export const unet1d = (options: Unet1dOptions): Network<UnetParams<NdArray>, UnetParams<Tensor>> => {
  const sizes = checkedSizes('unet1d', options)
  const { io, unshuffle = 1 } = options
  // A signal is an image of one row.
  const factors = sizes.channels.slice(1).map(() => [1, 2] as const)
  const inner = io * unshuffle
  const body = unetBody({ inputs: inner, outputs: inner }, sizes, images([1, 3], factors))
  const fold = unshuffle * foldOf(factors)[1]
  return {
    dropout: sizes.dropout,
    dropouts: body.dropouts,
    init: body.init,
    apply: (params, x, cNoise, training) => {
      if (x.shape.length !== 3 || x.shape[1] !== io)
        throw new TweedieError('shape', `unet1d: expected [B, ${io}, V], got [${x.shape}]`)
      return onMultiples(x, [fold], (signal) => {
        const [b, , v] = signal.shape
        const cells = transpose(reshape(signal, [b, io, v / unshuffle, unshuffle]), [0, 3, 1, 2])
        const row = reshape(cells, [b, inner, 1, v / unshuffle])
        const out = reshape(body.apply(params, row, cNoise, training), [b, unshuffle, io, v / unshuffle])
        return reshape(transpose(out, [0, 2, 3, 1]), [b, io, v])
      })
    },
  }
}

/** The U-Net over signals in configurations and checkpoints. */
export const unet1dKind = networkKind({
  kind: 'unet1d',
  summary: 'U-Net over the index of the vertices',
  spatial: true,
  settings: {
    ...levelSettings,
    unshuffle: {
      kind: 'integer',
      min: 1,
      default: 1,
      description: 'so many neighbours in the index become channels',
    },
  },
  sizes: { io },
  sizesFor: (_, event) => {
    if (event.length !== 2) throw unfit(`a unet1d needs signals [C, V], the data are [${event}]`)
    return { io: event[0] }
  },
  make: unet1d,
})
