/**
 * Factors and shifts [B, C, 1, 1] of image batches: 1×1 depthwise convolutions over [1, B·C, H, W], which
 * scale, shift and add at once. A broadcast Mul alone takes five times longer.
 */
import { full, sizeOf } from '../ndarray.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import type { Blocked } from './blocked.ts'

/** [B, C, 1, 1], or one row of it for all samples, against an image batch. */
export const isChannel = (t: Tensor, image: Tensor): boolean => {
  const [b, c, h, w] = image.shape
  if (h * w === 1) return false
  return sameShape(t.shape, [b, c, 1, 1]) || sameShape(t.shape, [1, c, 1, 1]) || sameShape(t.shape, [c, 1, 1])
}

/** x · scale of an image and a [B, C, 1, 1] factor, in either order. */
export const scaled = (node: Tensor): readonly [Tensor, Tensor] | undefined => {
  if (node.op.name !== 'mul' || node.dtype !== 'float32') return undefined
  const [x, a] = node.inputs
  if (sameShape(x.shape, node.shape) && isChannel(a, node)) return [x, a]
  return sameShape(a.shape, node.shape) && isChannel(x, node) ? [a, x] : undefined
}

/** x · scale + shift. */
export interface Modulation {
  readonly x: Tensor
  readonly scale: Tensor
  readonly shift: Tensor
}

/** `t` as a modulation that only a normalisation reads. */
export const modulationOf = (t: Tensor, b: Blocked): Modulation | undefined => {
  if (t.op.name !== 'add' || !b.readers.only(t, 'layerNorm', 'invStd')) return undefined
  const [p, q] = t.inputs
  const [product, shift] = isChannel(q, t) ? [p, q] : [q, p]
  const pair = isChannel(shift, t) ? scaled(product) : undefined
  return pair && b.kindOf(pair[0]) === 'blocked' ? { x: pair[0], scale: pair[1], shift } : undefined
}

/** One factor for each of the B·C channels of `image`. */
const factors = (t: Tensor, image: Tensor, b: Blocked): string => {
  const [batch, c] = image.shape
  const name = b.emit.value(t)
  if (sizeOf(t.shape) === batch * c) return name
  return b.emit.once(`expand ${name} ${batch}`, () =>
    b.emit.node('Expand', [b.reshape(name, [1, c]), b.emit.ints([batch, c])]),
  )
}

/**
 * x · scale + shift + sum, where scale (default 1) and shift are [B, C, 1, 1] or a number
 * and sum is a blocked image.
 */
export const affine = (
  x: string,
  image: Tensor,
  { scale = 1, shift, sum }: { scale?: Tensor | number; shift?: Tensor | number; sum?: string },
  b: Blocked,
): string => {
  const [batch, c, h, w] = image.shape
  const all = batch * c
  const view = (name: string) => b.reshape(name, [1, all, h, w])
  const row = (t: Tensor | number, shape: readonly number[]) =>
    typeof t === 'number'
      ? b.emit.once(`row ${t} ${shape}`, () => b.constant(full(shape, t)))
      : b.reshape(factors(t, image, b), shape)
  const inputs = [view(x), row(scale, [all, 1, 1, 1])]
  if (shift !== undefined || sum) inputs.push(shift === undefined ? '' : row(shift, [all]))
  if (sum) inputs.push(view(sum))
  return b.reshape(b.conv(inputs, { group: all }), [batch, c, h, w], [1, all, h, w])
}
