/**
 * Statistics over the channels of each pixel. A 1×1 convolution with n equal outputs gives the mean over the
 * channels already repeated within a block; one with the centring matrix I − 1/C subtracts it as well.
 */
import { full, NdArray } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, pixel, type Rule, type Rules } from './blocked.ts'

/** Σ_c x_c · factor of a blocked image with c channels, plus `shift`, n-fold. */
export const channelSum = (x: string, c: number, factor: number, b: Blocked, shift = 0): string => {
  const inputs = [x, b.constant(full([b.n, c, 1, 1], factor))]
  if (shift) inputs.push(b.constant(full([b.n], shift)))
  return b.conv(inputs)
}

/** I − 1/C in blocked order [C/n, C/n, n (in), n (out)]: it is symmetric and constant within a block off the diagonal. */
const centring = (c: number, n: number): NdArray => {
  const data = new Float32Array(c * c).fill(-1 / c)
  for (let block = 0; block < c / n; block++) {
    for (let i = 0; i < n; i++) data[((block * (c / n) + block) * n + i) * n + i] += 1
  }
  return new NdArray('float32', [c, c, 1, 1], data)
}

/** Names of y = (x − mean)/√(variance + eps) and of r = 1/√(variance + eps), emitted once for both. */
const normalised = (node: Tensor, b: Blocked): { y: () => string; r: () => string } | undefined => {
  const [x] = node.inputs
  const { axis, eps } = node.attrs
  if (axis !== 1 || typeof eps !== 'number' || !b.fits(x)) return undefined
  const { emit } = b
  const [batch, c, h, w] = x.shape
  const name = b.blocked(x)
  const once = (part: string, make: () => string) => emit.once(`channel norm ${part} ${name} ${eps}`, make)
  const d = once('d', () => b.conv([name, emit.once(`centring ${c}`, () => b.constant(centring(c, b.n)))]))
  const s = once('s', () => emit.node('Sqrt', [channelSum(emit.node('Mul', [d, d]), c, 1 / c, b, eps)]))
  const y = () =>
    once('y', () => {
      const blocks = [batch, c / b.n, h * w, b.n]
      return b.reshape(
        emit.node('Div', [b.reshape(d, blocks), b.reshape(s, [batch, 1, h * w, b.n])]),
        x.shape,
      )
    })
  return { y, r: () => once('r', () => emit.node('Reciprocal', [s])) }
}

const layerNorm: Rule = (node, b) => {
  const parts = normalised(node, b)
  return parts && blocked(parts.y())
}

const invStd: Rule = (node, b) => {
  const parts = normalised(node, b)
  return parts && pixel(parts.r())
}

export const normRules: Rules = { layerNorm, invStd }
