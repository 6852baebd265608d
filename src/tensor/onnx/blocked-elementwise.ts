/**
 * Element-wise ops on blocked values: the same ONNX ops on the same elements in another order. Operands [B, C, 1, 1]
 * (modulation, residual weights) become 1×1 depthwise convolutions over [1, B·C, H, W], which take a scale, a shift
 * and a sum at once: a broadcast Mul alone takes five times longer.
 */
import { full, sizeOf } from '../ndarray.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, type Held, pixel, type Rule, type Rules } from './blocked.ts'
import { convolve, convolveBack } from './blocked-conv.ts'
import type { Lowering } from './emitter.ts'

const UNARY =
  'neg abs sign floor ceil round reciprocal sqrt exp log log1p sin cos atan asin acos tanh erf sigmoid silu relu not'
const OTHERS = 'sub div pow maximum minimum equal less lessEqual greater greaterEqual and or where'

/** [B, C, 1, 1], or one row of it for all samples, against an image batch. */
const isChannel = (t: Tensor, image: Tensor): boolean => {
  const [b, c, h, w] = image.shape
  if (h * w === 1) return false
  return sameShape(t.shape, [b, c, 1, 1]) || sameShape(t.shape, [1, c, 1, 1]) || sameShape(t.shape, [c, 1, 1])
}

const isPixel = (t: Tensor, image: Tensor): boolean => {
  const [b, c, h, w] = image.shape
  return c > 1 && h * w > 1 && t.dtype === 'float32' && sameShape(t.shape, [b, 1, h, w])
}

/** Broadcasts over a block whatever the order of its elements: one value in all, or one for each sample. */
const isFree = (t: Tensor): boolean =>
  sizeOf(t.shape) === 1 || (t.shape.length === 4 && sizeOf(t.shape) === t.shape[0])

/** Operands that are images of the node's own shape. */
const isWhole = (t: Tensor, node: Tensor): boolean => sameShape(t.shape, node.shape)

const onImages =
  (portable: Lowering): Rule =>
  (node, b) => {
    if (node.shape.length !== 4 || node.shape[1] % b.n !== 0) return undefined
    const wholes = node.inputs.filter((t) => isWhole(t, node))
    if (!wholes.some((t) => b.kindOf(t) === 'blocked')) return undefined
    if (wholes.some((t) => b.kindOf(t) !== 'blocked' && t.dtype !== 'float32')) return undefined
    const rest = node.inputs.filter((t) => !isWhole(t, node) && !isFree(t))
    if (rest.some((t) => !isPixel(t, node))) return undefined
    const [batch, c, h, w] = node.shape
    const names = new Map<Tensor, string>()
    // A per-pixel operand [B, n, H, W] broadcasts over the blocks when these have an axis of their own.
    const seen = (name: string, blocks: number) =>
      rest.length === 0 ? name : b.emit.once(`4d ${name}`, () => b.reshape(name, [batch, blocks, h * w, b.n]))
    for (const t of wholes) names.set(t, seen(b.blocked(t), c / b.n))
    for (const t of rest) names.set(t, seen(b.pixel(t), 1))
    const result = b.emit.renamed(
      names,
      () => portable[node.op.name]?.(node, b.emit) ?? node.op.lower(node, b.emit),
    )
    return blocked(rest.length === 0 ? result : b.reshape(result, [batch, c, h, w]))
  }

/** Among [B, 1, H, W] tensors held n-fold. */
const onPixels =
  (portable: Lowering): Rule =>
  (node, b) => {
    if (node.shape.length !== 4 || node.shape[1] !== 1 || node.dtype !== 'float32') return undefined
    const wholes = node.inputs.filter((t) => isWhole(t, node))
    if (!wholes.some((t) => b.kindOf(t) === 'pixel')) return undefined
    if (!node.inputs.every((t) => isFree(t) || (isWhole(t, node) && t.dtype === 'float32'))) return undefined
    const names = new Map(wholes.map((t) => [t, b.pixel(t)] as const))
    return pixel(
      b.emit.renamed(names, () => portable[node.op.name]?.(node, b.emit) ?? node.op.lower(node, b.emit)),
    )
  }

/** x · scale of an image and a [B, C, 1, 1] factor, in either order. */
const scaled = (node: Tensor): readonly [Tensor, Tensor] | undefined => {
  if (node.op.name !== 'mul' || node.dtype !== 'float32') return undefined
  const [x, a] = node.inputs
  if (isWhole(x, node) && isChannel(a, node)) return [x, a]
  return isWhole(a, node) && isChannel(x, node) ? [a, x] : undefined
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

/** x · scale + shift + sum, where scale and shift are [B, C, 1, 1] and sum is a blocked image. */
export const affine = (
  x: string,
  image: Tensor,
  { scale, shift, sum }: { scale?: Tensor; shift?: Tensor; sum?: string },
  b: Blocked,
): string => {
  const [batch, c, h, w] = image.shape
  const all = batch * c
  const view = (name: string) => b.emit.once(`flat ${name}`, () => b.reshape(name, [1, all, h, w]))
  const weights = scale
    ? b.reshape(factors(scale, image, b), [all, 1, 1, 1])
    : b.constant(full([all, 1, 1, 1], 1))
  const inputs = [view(x), weights]
  if (shift || sum) inputs.push(shift ? b.reshape(factors(shift, image, b), [all]) : '')
  if (sum) inputs.push(view(sum))
  return b.reshape(b.conv(inputs, { group: all }), [batch, c, h, w])
}

const mul: Rule = (node, b) => {
  const pair = scaled(node)
  if (!pair || !b.fits(node) || b.kindOf(pair[0]) !== 'blocked') return undefined
  return blocked(affine(b.blocked(pair[0]), node, { scale: pair[1] }, b))
}

/** A term of a sum that can take the other term in: its blocked result with `sum` added. */
const absorb = (term: Tensor, sum: string, b: Blocked): Held | undefined => {
  if (!b.single(term)) return undefined
  if (term.op.name === 'conv2d') return convolve(term, b, sum)
  if (term.op.name === 'convInput') return convolveBack(term, b, sum)
  const pair = scaled(term)
  return pair && blocked(affine(b.blocked(pair[0]), term, { scale: pair[1], sum }, b))
}

const add: Rule = (node, b) => {
  if (!b.fits(node)) return undefined
  const [x, y] = node.inputs
  for (const [image, shift] of [
    [x, y],
    [y, x],
  ]) {
    if (!isWhole(image, node) || !isChannel(shift, node) || b.kindOf(image) !== 'blocked') continue
    const pair = b.single(image) ? scaled(image) : undefined
    if (pair) return blocked(affine(b.blocked(pair[0]), node, { scale: pair[1], shift }, b))
    return blocked(affine(b.blocked(image), node, { shift }, b))
  }
  if (![x, y].every((t) => isWhole(t, node) && b.kindOf(t) === 'blocked') || x === y) return undefined
  return absorb(y, b.blocked(x), b) ?? absorb(x, b.blocked(y), b)
}

/** The value of the first input; the others only matter to gradients. */
const alias: Rule = (node, b) => {
  const [x] = node.inputs
  const kind = b.kindOf(x)
  if (kind === 'blocked') return blocked(b.blocked(x))
  return kind === 'pixel' ? pixel(b.pixel(x)) : undefined
}

const firstOf =
  (...rules: readonly Rule[]): Rule =>
  (node, b) => {
    for (const rule of rules) {
      const held = rule(node, b)
      if (held) return held
    }
    return undefined
  }

/** Rules for element-wise ops; `portable` has the device's faster forms of some of them. */
export const elementwiseRules = (portable: Lowering): Rules => {
  const plainly = firstOf(onImages(portable), onPixels(portable))
  const rules: Record<string, Rule> = { stopGradient: alias, withGradient: alias }
  for (const name of `${UNARY} ${OTHERS}`.split(' ')) rules[name] = plainly
  return { ...rules, mul: firstOf(mul, plainly), add: firstOf(add, plainly) }
}
