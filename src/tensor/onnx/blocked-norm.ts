/**
 * Statistics over the channels of each pixel. A 1×1 convolution with n equal outputs gives the mean over the
 * channels already repeated within a block; one with the centring matrix I − 1/C subtracts it as well.
 */
import { full, NdArray, ndarray, sizeOf } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, pixel, type Rule, type Rules } from './blocked.ts'
import { centredBack } from './blocked-conv.ts'
import { type Modulation, modulationOf } from './blocked-modulation.ts'

/** Σ_c x_c · factor of a blocked image with c channels, plus `shift`, n-fold. */
export const channelSum = (x: string, c: number, factor: number, b: Blocked, shift = 0): string => {
  const inputs = [x, b.constant(full([b.n, c, 1, 1], factor))]
  if (shift) inputs.push(b.constant(full([b.n], shift)))
  return b.conv(inputs)
}

/** An n-fold per-pixel operand against a blocked image: the blocks get an axis of their own. */
const perPixel = (
  op: string,
  x: string,
  s: string,
  [batch, c, h, w]: readonly number[],
  b: Blocked,
): string => {
  const view = (name: string, blocks: number) => b.reshape(name, [batch, blocks, h * w, b.n])
  const result = b.emit.node(op, [view(x, c / b.n), view(s, 1)])
  return b.reshape(result, [batch, c, h, w], [batch, c / b.n, h * w, b.n])
}

/** I − 1/C in blocked order [C/n, C/n, n (in), n (out)]: symmetric, and constant off the diagonal. */
const centring = (c: number, n: number): NdArray<'float32'> => {
  const data = new Float32Array(c * c).fill(-1 / c)
  for (let block = 0; block < c / n; block++) {
    for (let i = 0; i < n; i++) data[((block * (c / n) + block) * n + i) * n + i] += 1
  }
  return new NdArray('float32', [c, c, 1, 1], data)
}

/** Up to two blocks one convolution with the centring matrix is cheaper than a mean and a subtraction. */
const isNarrow = (c: number, b: Blocked): boolean => c <= 2 * b.n

/** x − mean over the channels. */
const centred = (x: string, shape: readonly number[], b: Blocked): string => {
  const [, c] = shape
  if (isNarrow(c, b)) return b.conv([x, b.emit.once(`centring ${c}`, () => b.constant(centring(c, b.n)))])
  return perPixel('Sub', x, channelSum(x, c, 1 / c, b), shape, b)
}

/** (I − 1/C)(scale · x + shift) with factors per sample: one grouped convolution, each sample a group. */
const centredModulation = ({ x, scale, shift }: Modulation, b: Blocked): string => {
  const [batch, c, h, w] = x.shape
  const matrix = centring(c, b.n)
  const tiles = b.constant(new NdArray('float32', [1, c / b.n, c / b.n, b.n, b.n], matrix.data))
  const inner = b.reshape(b.emit.value(scale), [batch, 1, c / b.n, b.n, 1])
  const weights = b.reshape(b.emit.node('Mul', [tiles, inner]), [batch * c, c, 1, 1])
  const rows = ndarray(
    Array.from({ length: c * c }, (_, j) => (j % (c + 1) === 0 ? 1 : 0) - 1 / c),
    [c, c],
  )
  const bias = b.emit.node('MatMul', [b.reshape(b.emit.value(shift), [batch, c]), b.constant(rows)])
  const inputs = [b.reshape(b.blocked(x), [1, batch * c, h, w]), weights, b.reshape(bias, [batch * c])]
  return b.reshape(b.conv(inputs, { group: batch }), [batch, c, h, w], [1, batch * c, h, w])
}

/** Names of y = (x − mean)/√(variance + eps) and of r = 1/√(variance + eps), emitted once for both. */
const normalised = (node: Tensor, b: Blocked): { y: () => string; r: () => string } | undefined => {
  const [x] = node.inputs
  const { axis, eps } = node.attrs
  if (axis !== 1 || typeof eps !== 'number' || !b.fits(x)) return undefined
  const { emit } = b
  const [batch, c, h, w] = x.shape
  const once = (part: string, make: () => string) => emit.once(`channel norm ${part} ${x.id} ${eps}`, make)
  const d = once('d', () => {
    const inside = isNarrow(c, b) && h * w >= 8 * c ? modulationOf(x, b) : undefined
    const whole =
      inside && sizeOf(inside.scale.shape) === batch * c && sizeOf(inside.shift.shape) === batch * c
    return inside && whole ? centredModulation(inside, b) : centred(b.blocked(x), x.shape, b)
  })
  const s = once('s', () => emit.node('Sqrt', [channelSum(emit.node('Mul', [d, d]), c, 1 / c, b, eps)]))
  const r = () => once('r', () => emit.node('Reciprocal', [s]))
  // Broadcast, ONNX Runtime's division takes six times as long as its product.
  return { y: () => once('y', () => perPixel('Mul', d, r(), x.shape, b)), r }
}

const layerNorm: Rule = (node, b) => {
  const parts = normalised(node, b)
  return parts && blocked(parts.y())
}

const invStd: Rule = (node, b) => {
  const parts = normalised(node, b)
  return parts && pixel(parts.r())
}

const centre: Rule = (node, b) => {
  const [x] = node.inputs
  if (node.attrs.axis !== 1 || !b.fits(x)) return undefined
  return centredBack(x, b) ?? blocked(centred(b.blocked(x), x.shape, b))
}

export const normRules: Rules = { layerNorm, invStd, centre }
