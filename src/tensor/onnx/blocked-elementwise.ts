/** Element-wise ops on blocked values: the same ONNX ops on the same elements in another order. */
import { sizeOf } from '../ndarray.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, type Held, pixel, type Rule, type Rules } from './blocked.ts'
import { convolve, convolveBack } from './blocked-conv.ts'
import { affine, isChannel, scaled } from './blocked-modulation.ts'
import type { Lowering } from './emitter.ts'

const UNARY =
  'neg abs sign floor ceil round reciprocal sqrt exp log log1p sin cos atan asin acos tanh erf sigmoid ' +
  'silu siluSlope relu leakyRelu not'
const OTHERS = 'sub div pow maximum minimum equal less lessEqual greater greaterEqual and or where'

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
      rest.length === 0 ? name : b.reshape(name, [batch, blocks, h * w, b.n])
    for (const t of wholes) names.set(t, seen(b.blocked(t), c / b.n))
    for (const t of rest) names.set(t, seen(b.pixel(t), 1))
    const result = b.emit.renamed(
      names,
      () => portable[node.op.name]?.(node, b.emit) ?? node.op.lower(node, b.emit),
    )
    return blocked(
      rest.length === 0 ? result : b.reshape(result, [batch, c, h, w], [batch, c / b.n, h * w, b.n]),
    )
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

const mul: Rule = (node, b) => {
  const pair = scaled(node)
  if (!pair || !b.fits(node) || b.kindOf(pair[0]) !== 'blocked') return undefined
  return blocked(affine(b.blocked(pair[0]), node, { scale: pair[1] }, b))
}

/** A term of a sum that can take the other term in: its blocked result with `sum` added. */
const absorb = (term: Tensor, sum: string, b: Blocked): Held | undefined => {
  if (!b.readers.single(term)) return undefined
  if (term.op.name === 'conv2d') return convolve(term, b, sum)
  if (term.op.name === 'convInput') return convolveBack(term, b, { sum })
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
    const pair = b.readers.single(image) ? scaled(image) : undefined
    if (pair) return blocked(affine(b.blocked(pair[0]), node, { scale: pair[1], shift }, b))
    return blocked(affine(b.blocked(image), node, { shift }, b))
  }
  if (![x, y].every((t) => isWhole(t, node) && b.kindOf(t) === 'blocked') || x === y) return undefined
  return absorb(y, b.blocked(x), b) ?? absorb(x, b.blocked(y), b)
}

/** s + y (1 − s) = s (1 + x − y) with s = sigmoid(x): x − y + 1 is one pass. */
const siluSlope: Rule = (node, b) => {
  const [x, y] = node.inputs
  if (!b.fits(node) || [x, y].some((t) => b.kindOf(t) !== 'blocked')) return undefined
  const rest = affine(b.blocked(y), y, { scale: -1, shift: 1, sum: b.blocked(x) }, b)
  return blocked(b.emit.node('Mul', [b.emit.node('Sigmoid', [b.blocked(x)]), rest]))
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
  return {
    ...rules,
    siluSlope: firstOf(siluSlope, plainly),
    mul: firstOf(mul, plainly),
    add: firstOf(add, plainly),
  }
}
