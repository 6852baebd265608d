/** Convolutions and their input gradients on blocked values. */
import { full } from '../ndarray.ts'
import { sub } from '../ops/arithmetic.ts'
import { mean } from '../ops/reduce.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, type Held, plain, type Rule, type Rules } from './blocked.ts'
import { interleave, transposed } from './blocked-phases.ts'
import { inputsOf, phaseTaps, pooledTaps } from './blocked-taps.ts'
import { blockedWeights, flipped, forward, padded } from './blocked-weights.ts'

/** Stride, padding or factor of a node, along H and along W. */
const pair = (node: Tensor, key: string): readonly number[] => {
  const value = node.attrs[key]
  if (typeof value !== 'object') throw new Error(`${node.op.name} has no ${key}`)
  return value
}

const isTwofold = (node: Tensor): boolean => sameShape(pair(node, 'factor'), [2, 2])

/** Whole blocks, or so few channels that the convolution reads them row-major. */
const readable = (x: Tensor, b: Blocked): boolean =>
  x.dtype === 'float32' && x.shape.length === 4 && (x.shape[1] < b.n || x.shape[1] % b.n === 0)

const read = (x: Tensor, b: Blocked): string => (x.shape[1] < b.n ? b.emit.value(x) : b.blocked(x))

/** A result with `channels` outputs: row-major when they do not fill whole blocks. */
const written = (name: string, channels: number, b: Blocked): Held =>
  channels % b.n === 0
    ? blocked(name)
    : plain(b.node('ReorderOutput', [name], { channels: { int: channels }, channels_last: { int: 0 } }))

const paddedBias = (bias: Tensor, b: Blocked): string => {
  const [o] = bias.shape
  const name = b.emit.value(bias)
  if (o % b.n === 0) return name
  const rest = b.constant(full([padded(o, b.n) - o], 0))
  return b.emit.node('Concat', [name, rest], { axis: { int: 0 } })
}

interface Extras {
  readonly bias?: Tensor
  /** A blocked value that is added to the result. */
  readonly sum?: string
}

/** Inputs of a convolution node. */
const operands = (x: string, weights: string, { bias, sum }: Extras, b: Blocked): string[] => {
  const list = [x, weights]
  if (bias || sum) list.push(bias ? paddedBias(bias, b) : '')
  if (sum) list.push(sum)
  return list
}

const direct = (x: Tensor, w: Tensor, node: Tensor, extras: Extras, b: Blocked): string => {
  const p = pair(node, 'padding')
  const weights = blockedWeights(w, 'forward', forward(w.shape), b)
  const shape = { kernel: w.shape.slice(2), pads: [...p, ...p], stride: pair(node, 'stride') }
  return b.conv(operands(read(x, b), weights, extras, b), shape)
}

/** Same-size 3×3 convolution (stride 1). */
const isSame3 = (node: Tensor, w: Tensor): boolean =>
  sameShape(pair(node, 'stride'), [1, 1]) &&
  sameShape(pair(node, 'padding'), [1, 1]) &&
  sameShape(w.shape.slice(2), [3, 3])

/** A small blocked image of which `x` is the twofold upsampling. */
export const smallOf = (x: Tensor, b: Blocked): Tensor | undefined =>
  x.op.name === 'upsample' && isTwofold(x) && b.fits(x) ? x.inputs[0] : undefined

/** 3×3 convolution of an upsampled image, phase by phase. */
const upsampled = (small: Tensor, w: Tensor, bias: Tensor | undefined, b: Blocked): string => {
  const [batch, , h, wd] = small.shape
  const phases = phaseTaps(w).map((taps, phase) => {
    const [row, column] = [phase >> 1, phase & 1]
    const weights = blockedWeights(taps, 'forward', forward(taps.shape), b)
    const pads = [1 - row, 1 - column, row, column]
    return b.conv(operands(b.blocked(small), weights, { bias }, b), { kernel: [2, 2], pads })
  })
  return interleave(phases, [batch, w.shape[0], h, wd], b)
}

/**
 * A convolution of joined images is the sum of theirs: nothing is joined, and an upsampled one is never made.
 * Upsampled parts come first, since they cannot add to what is there.
 */
const ofParts = (node: Tensor, { bias, sum }: Extras, b: Blocked): string | undefined => {
  const [x, w] = node.inputs
  const joined = x.op.name === 'concat' && x.attrs.axis === 1 ? x.inputs : [x]
  const small = (t: Tensor) => (isSame3(node, w) ? smallOf(t, b) : undefined)
  if (!b.fits(node) || !joined.every((t) => b.fits(t))) return undefined
  if (joined.length === 1 && !small(x)) return undefined
  let from = 0
  const parts = joined.map((t) => {
    from += t.shape[1]
    return {
      t,
      small: small(t),
      weights: joined.length === 1 ? w : inputsOf(w, from - t.shape[1], t.shape[1]),
    }
  })
  let total = sum
  let rest = bias
  for (const { small, weights } of parts) {
    if (!small) continue
    const part = upsampled(small, weights, rest, b)
    total = total === undefined ? part : b.emit.node('Add', [total, part])
    rest = undefined
  }
  for (const { t, small, weights } of parts) {
    if (small) continue
    total = direct(t, weights, node, { bias: rest, sum: total }, b)
    rest = undefined
  }
  return total
}

/** A convolution, to which the blocked value `sum` is added when given. */
export const convolve = (node: Tensor, b: Blocked, sum?: string): Held | undefined => {
  const [x, w, bias] = node.inputs
  if (!readable(x, b) || (sum !== undefined && !b.fits(node))) return undefined
  const [o, i] = w.shape
  if (i < b.n && o < b.n) return undefined
  return written(ofParts(node, { bias, sum }, b) ?? direct(x, w, node, { bias, sum }, b), o, b)
}

/**
 * The transpose of a convolution (weights `w` in place of its own), to which the blocked value
 * `sum` is added when given.
 */
export const convolveBack = (
  node: Tensor,
  b: Blocked,
  { sum, w = node.inputs[1] }: { sum?: string; w?: Tensor } = {},
): Held | undefined => {
  const [g] = node.inputs
  const [o, i, kh, kw] = w.shape
  const p = pair(node, 'padding')
  if (!readable(g, b) || (sum !== undefined && i % b.n !== 0) || (i < b.n && o < b.n)) return undefined
  if (Math.max(...pair(node, 'stride')) > 1) {
    const result = transposed(read(g, b), node, w, b)
    if (result === undefined) return undefined
    return blocked(sum === undefined ? result : b.emit.node('Add', [result, sum]))
  }
  const [ph, pw] = [kh - 1 - p[0], kw - 1 - p[1]]
  if (ph < 0 || pw < 0) return undefined
  const weights = blockedWeights(w, 'flipped', flipped(w.shape), b)
  const shape = { kernel: [kh, kw], pads: [ph, pw, ph, pw] }
  return written(b.conv(operands(read(g, b), weights, { sum }, b), shape), i, b)
}

/** Channels `from … from + size` of a convolution's transpose, or of the whole when `t` is one itself. */
const cutOf = (t: Tensor, b: Blocked): { node: Tensor; w: Tensor } | undefined => {
  if (t.op.name === 'convInput') return { node: t, w: t.inputs[1] }
  if (t.op.name !== 'slice' || !b.fits(t)) return undefined
  const [x] = t.inputs
  const { starts, steps } = t.attrs
  if (
    x.op.name !== 'convInput' ||
    !b.readers.only(x, 'slice') ||
    typeof starts !== 'object' ||
    typeof steps !== 'object'
  )
    return undefined
  const channelsOnly =
    [0, 2, 3].every((i) => t.shape[i] === x.shape[i]) && steps[1] === 1 && starts[1] % b.n === 0
  return channelsOnly ? { node: x, w: inputsOf(x.inputs[1], starts[1], t.shape[1]) } : undefined
}

/** A cut of a convolution's transpose: the cut is made in the weights. */
export const cutBack = (node: Tensor, b: Blocked): Held | undefined => {
  const cut = cutOf(node, b)
  return cut && convolveBack(cut.node, b, { w: cut.w })
}

/**
 * Twofold sum pooling of (a cut of) a convolution's transpose: the gradient at the small side of an
 * upsampling.
 */
export const pooledBack = (node: Tensor, b: Blocked): Held | undefined => {
  const [x] = node.inputs
  const cut = isTwofold(node) && b.fits(node) && b.readers.single(x) ? cutOf(x, b) : undefined
  if (!cut || !isSame3(cut.node, cut.w)) return undefined
  const [g] = cut.node.inputs
  if (!readable(g, b)) return undefined
  const taps = pooledTaps(cut.w)
  const weights = blockedWeights(taps, 'flipped', flipped(taps.shape), b)
  return blocked(b.conv([read(g, b), weights], { kernel: [4, 4], pads: [1, 1, 1, 1], stride: [2, 2] }))
}

/** The channel mean taken off a convolution's transpose: off its weights instead. */
export const centredBack = (x: Tensor, b: Blocked): Held | undefined => {
  if (x.op.name !== 'convInput' || !b.readers.single(x) || !b.fits(x)) return undefined
  const [, w] = x.inputs
  return convolveBack(x, b, { w: sub(w, mean(w, { axes: 1, keepdims: true })) })
}

const conv: Rule = (node, b) => convolve(node, b)
const convInput: Rule = (node, b) => convolveBack(node, b)

export const convRules: Rules = { conv2d: conv, convInput }
