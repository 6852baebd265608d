/**
 * The two blocks of DiEM's U-Net (Rozet et al. 2024, appendix). Both read the noise embedding through a modulation
 * emb → Linear → SiLU → Linear·0.1 → (a, b, c), and both return (x + c f((a + 1) x + b)) / √(1 + c²).
 */
import {
  add,
  attention,
  layerNorm,
  matmul,
  mul,
  type NdArray,
  type Pair,
  reshape,
  rsqrt,
  silu,
  split,
  square,
  type Tensor,
  transpose,
} from '../tensor/index.ts'
import type { Initialiser, Linear } from './init.ts'
import { linear } from './layers.ts'

type Modulation<L> = { readonly mod1: Linear<L>; readonly mod2: Linear<L> }
const modulation = (draw: Initialiser, channels: number, emb: number): Modulation<NdArray> => ({
  mod1: draw.linear('mod1', emb, emb),
  mod2: draw.linear('mod2', emb, 3 * channels, 0.1),
})

const modulated = (
  { mod1, mod2 }: Modulation<Tensor>,
  x: Tensor,
  e: Tensor,
  f: (y: Tensor) => Tensor,
): Tensor => {
  const abc = linear(silu(linear(e, mod1)), mod2)
  const [a, b, c] = split(reshape(abc, [abc.shape[0], abc.shape[1], 1, 1]), 3, 1)
  const y = f(layerNorm(add(mul(x, add(a, 1)), b), { axis: 1 }))
  const r = rsqrt(add(square(c), 1))
  return add(mul(x, r), mul(y, mul(c, r)))
}

/** Weights of a residual block. */
export type ResBlock<L> = Modulation<L> & { readonly conv1: Linear<L>; readonly conv2: Linear<L> }

export const initResBlock = (
  draw: Initialiser,
  channels: number,
  emb: number,
  kernel: Pair,
): ResBlock<NdArray> => ({
  ...modulation(draw, channels, emb),
  conv1: draw.conv('conv1', channels, channels, kernel),
  conv2: draw.conv('conv2', channels, channels, kernel),
})

/** A convolution that keeps the size of its images, or divides it by the stride. */
export type Convolve = (x: Tensor, weights: Linear<Tensor>, stride?: Pair) => Tensor

/** f = Conv ∘ Dropout ∘ SiLU ∘ Conv ∘ LayerNorm. `drop` is the identity when the network is used. */
export const resBlock = (
  p: ResBlock<Tensor>,
  x: Tensor,
  e: Tensor,
  drop: (y: Tensor) => Tensor,
  convolve: Convolve,
): Tensor => modulated(p, x, e, (y) => convolve(drop(silu(convolve(y, p.conv1))), p.conv2))

/** Weights of an attention block; the output projection has no bias. */
export type AttBlock<L> = Modulation<L> & { readonly qkv: Linear<L>; readonly proj: { readonly weight: L } }

export const initAttBlock = (draw: Initialiser, channels: number, emb: number): AttBlock<NdArray> => ({
  ...modulation(draw, channels, emb),
  qkv: draw.linear('qkv', channels, 3 * channels),
  proj: { weight: draw.weight('proj', [channels, channels]) },
})

/** f = multi-head self-attention over the pixels, after LayerNorm. */
export const attBlock = (p: AttBlock<Tensor>, x: Tensor, e: Tensor, heads: number): Tensor =>
  modulated(p, x, e, (y) => {
    const [b, c, h, w] = y.shape
    const pixels = transpose(reshape(y, [b, c, h * w]), [0, 2, 1])
    const [q, k, v] = split(linear(pixels, p.qkv), 3, 2)
    const mixed = matmul(attention(q, k, v, heads), p.proj.weight, { transB: true })
    return reshape(transpose(mixed, [0, 2, 1]), [b, c, h, w])
  })
