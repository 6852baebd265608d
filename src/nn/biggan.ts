/**
 * The blocks of NCSN++ (Song et al. 2021, appendix H): BigGAN's residual block and attention over all pixels,
 * with group normalisation, and sums divided by √2.
 */
import {
  add,
  attention,
  full,
  layerNorm,
  matmul,
  mul,
  type NdArray,
  reshape,
  silu,
  type Tensor,
  transpose,
  zeros,
} from '../tensor/index.ts'
import type { Drop } from './dropout.ts'
import { firDown, firUp } from './fir.ts'
import type { Initialiser, Linear } from './init.ts'
import { conv, linear } from './layers.ts'

/** The papers' scale for 0. */
export const NOTHING = 1e-10

/**
 * U(±√(3 scale/fan)) with fan the mean of fan-in and fan-out (variance scaling of Glorot & Bengio 2010),
 * biases 0.
 */
export const glorot = (
  draw: Initialiser,
  name: string,
  inputs: number,
  outputs: number,
  { kernel, scale = 1 }: { readonly kernel?: number; readonly scale?: number } = {},
): Linear<NdArray> => {
  const gain = Math.sqrt((6 * scale * inputs) / (inputs + outputs))
  const shape = kernel === undefined ? [outputs, inputs] : [outputs, inputs, kernel, kernel]
  return { weight: draw.weight(name, shape, gain), bias: zeros([outputs]) }
}

/** Scale and shift of a normalisation, for each channel. */
export type Norm<L> = { readonly scale: L; readonly shift: L }

export const initNorm = (channels: number): Norm<NdArray> => ({
  scale: full([channels], 1),
  shift: zeros([channels]),
})

/** Groups of channels that are normalised together: a quarter of the channels, at most 32. */
export const groupsOf = (channels: number): number => Math.min(Math.floor(channels / 4), 32)

/** Group normalisation (Wu & He 2018), eps 1e-6. */
export const groupNorm = (x: Tensor, { scale, shift }: Norm<Tensor>): Tensor => {
  const [b, c, h, w] = x.shape
  const groups = groupsOf(c)
  const flat = layerNorm(reshape(x, [b, groups, (c / groups) * h * w]), { eps: 1e-6 })
  const channels = [1, c, 1, 1]
  return add(mul(reshape(flat, x.shape), reshape(scale, channels)), reshape(shift, channels))
}

/** Half of the variance of each of two terms. */
export const halves = (a: Tensor, b: Tensor): Tensor => mul(add(a, b), Math.SQRT1_2)

/** The change of size in a residual block. */
export type Change = 'up' | 'down' | 'none'

/** Weights of a {@link bigganBlock}; `skip` where the shape changes. */
export type BigganBlock<L> = {
  readonly norm1: Norm<L>
  readonly conv1: Linear<L>
  readonly time: Linear<L>
  readonly norm2: Norm<L>
  readonly conv2: Linear<L>
  readonly skip: readonly Linear<L>[]
}

export const initBigganBlock = (
  draw: Initialiser,
  inputs: number,
  outputs: number,
  emb: number,
  change: Change,
): BigganBlock<NdArray> => ({
  norm1: initNorm(inputs),
  conv1: glorot(draw, 'conv1', inputs, outputs, { kernel: 3 }),
  time: glorot(draw, 'time', emb, outputs),
  norm2: initNorm(outputs),
  conv2: glorot(draw, 'conv2', outputs, outputs, { kernel: 3, scale: NOTHING }),
  skip: inputs !== outputs || change !== 'none' ? [glorot(draw, 'skip', inputs, outputs, { kernel: 1 })] : [],
})

const resized = { up: firUp, down: firDown, none: (x: Tensor) => x }

/**
 * (S x + Conv ∘ Dropout ∘ SiLU ∘ GN (Conv R SiLU GN x + W SiLU(e)))/√2, R resampling and S the same with a
 * 1×1 convolution.
 */
export const bigganBlock = (
  p: BigganBlock<Tensor>,
  x: Tensor,
  e: Tensor,
  { change = 'none', drop }: { readonly change?: Change; readonly drop: Drop },
): Tensor => {
  const resize = resized[change]
  const shift = linear(silu(e), p.time)
  const h = add(conv(resize(silu(groupNorm(x, p.norm1))), p.conv1), reshape(shift, [...shift.shape, 1, 1]))
  const y = conv(drop(silu(groupNorm(h, p.norm2))), p.conv2)
  return halves(
    p.skip.reduce((t, weights) => conv(t, weights), resize(x)),
    y,
  )
}

/** Weights of a {@link pixelAttention}. */
export type PixelAttention<L> = {
  readonly norm: Norm<L>
  readonly q: Linear<L>
  readonly k: Linear<L>
  readonly v: Linear<L>
  readonly out: Linear<L>
}

export const initPixelAttention = (draw: Initialiser, channels: number): PixelAttention<NdArray> => {
  const square = (name: string, scale: number) => glorot(draw, name, channels, channels, { scale })
  return {
    norm: initNorm(channels),
    q: square('q', 0.1),
    k: square('k', 0.1),
    v: square('v', 0.1),
    out: square('out', NOTHING),
  }
}

/** (x + W Attention(GN x))/√2 with one head over all pixels. */
export const pixelAttention = (p: PixelAttention<Tensor>, x: Tensor): Tensor => {
  const [b, c, h, w] = x.shape
  const pixels = transpose(reshape(groupNorm(x, p.norm), [b, c, h * w]), [0, 2, 1])
  const [q, k, v] = [p.q, p.k, p.v].map((weights) => linear(pixels, weights))
  const mixed = add(matmul(attention(q, k, v, 1), p.out.weight, { transB: true }), p.out.bias)
  return halves(x, reshape(transpose(mixed, [0, 2, 1]), x.shape))
}
