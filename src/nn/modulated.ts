/**
 * The two blocks of DiEM's U-Net (Rozet et al. 2024, appendix). Both read the noise embedding through a
 * modulation emb → Linear → SiLU → Linear·0.1 → (a, b, c), and both return (x + c f((a + 1) x + b)) / √(1 +
 * c²).
 */
import {
  add,
  attention,
  layerNorm,
  matmul,
  mul,
  type NdArray,
  rsqrt,
  silu,
  split,
  square,
  type Tensor,
} from '../tensor/index.ts'
import type { Drop } from './dropout.ts'
import type { Initialiser, Linear } from './init.ts'
import type { Lattice } from './lattice.ts'
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
  { axis, spread }: Lattice,
  f: (y: Tensor) => Tensor,
): Tensor => {
  const abc = spread(linear(silu(linear(e, mod1)), mod2))
  const [a, b, c] = split(abc, 3, 1)
  const y = f(layerNorm(add(mul(x, add(a, 1)), b), { axis }))
  const r = rsqrt(add(square(c), 1))
  return add(mul(x, r), mul(y, mul(c, r)))
}

/** Weights of a residual block. */
export type ResBlock<L> = Modulation<L> & { readonly conv1: Linear<L>; readonly conv2: Linear<L> }

export const initResBlock = (
  draw: Initialiser,
  channels: number,
  emb: number,
  lattice: Lattice,
): ResBlock<NdArray> => ({
  ...modulation(draw, channels, emb),
  conv1: lattice.init(draw, 'conv1', channels, channels),
  conv2: lattice.init(draw, 'conv2', channels, channels),
})

/** Where a block is, and how. `drop` is the identity when the network is used. */
export interface Place {
  readonly lattice: Lattice
  readonly level: number
  readonly drop: Drop
}

/** f = Conv ∘ Dropout ∘ SiLU ∘ Conv ∘ LayerNorm. */
export const resBlock = (
  p: ResBlock<Tensor>,
  x: Tensor,
  e: Tensor,
  { lattice, level, drop }: Place,
): Tensor => {
  const convolve = (y: Tensor, weights: Linear<Tensor>) => lattice.convolve(y, weights, level)
  return modulated(p, x, e, lattice, (y) => convolve(drop(silu(convolve(y, p.conv1))), p.conv2))
}

/** Weights of an attention block; the output projection has no bias. */
export type AttBlock<L> = Modulation<L> & { readonly qkv: Linear<L>; readonly proj: { readonly weight: L } }

export const initAttBlock = (draw: Initialiser, channels: number, emb: number): AttBlock<NdArray> => ({
  ...modulation(draw, channels, emb),
  qkv: draw.linear('qkv', channels, 3 * channels),
  proj: { weight: draw.weight('proj', [channels, channels]) },
})

/** f = multi-head self-attention over the points, after LayerNorm. */
export const attBlock = (
  p: AttBlock<Tensor>,
  x: Tensor,
  e: Tensor,
  heads: number,
  lattice: Lattice,
): Tensor =>
  modulated(p, x, e, lattice, (y) => {
    const [q, k, v] = split(linear(lattice.tokens(y), p.qkv), 3, 2)
    const mixed = matmul(attention(q, k, v, heads), p.proj.weight, { transB: true })
    return lattice.untokens(mixed, y)
  })
