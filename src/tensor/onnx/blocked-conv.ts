/** Convolutions and their input gradients on blocked values. */
import { full } from '../ndarray.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, blocked, type Held, plain, type Rule, type Rules } from './blocked.ts'
import { blockedWeights, type Derived, flipped, forward, padded } from './blocked-weights.ts'

const number = (node: Tensor, key: string): number => {
  const value = node.attrs[key]
  if (typeof value !== 'number') throw new Error(`${node.op.name} has no ${key}`)
  return value
}

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

/** A convolution, to which the blocked value `sum` is added when given. */
export const convolve = (node: Tensor, b: Blocked, sum?: string): Held | undefined => {
  const [x, w, bias] = node.inputs
  if (!readable(x, b) || (sum !== undefined && !b.fits(node))) return undefined
  const [o, i, kh, kw] = w.shape
  if (i < b.n && o < b.n) return undefined
  const inputs = [read(x, b), blockedWeights(w, 'forward', forward(w.shape), b)]
  if (bias || sum) inputs.push(bias ? paddedBias(bias, b) : '')
  if (sum) inputs.push(sum)
  const p = number(node, 'padding')
  const name = b.conv(inputs, { kernel: [kh, kw], pads: [p, p, p, p], stride: number(node, 'stride') })
  return written(name, o, b)
}

/** The transpose of a convolution, to which the blocked value `sum` is added when given. */
export const convolveBack = (node: Tensor, b: Blocked, sum?: string): Held | undefined => {
  const [g, w] = node.inputs
  const [o, i, kh, kw] = w.shape
  const [stride, p] = [number(node, 'stride'), number(node, 'padding')]
  if (!readable(g, b) || (sum !== undefined && !b.fits(node)) || (i < b.n && o < b.n)) return undefined
  if (stride > 1) return sum === undefined ? byPhases(node, b) : undefined
  if (p >= kh || p >= kw) return undefined
  const [ph, pw] = [kh - 1 - p, kw - 1 - p]
  const inputs = [read(g, b), blockedWeights(w, 'flipped', flipped(w.shape), b)]
  if (sum) inputs.push('', sum)
  return written(b.conv(inputs, { kernel: [kh, kw], pads: [ph, pw, ph, pw] }), i, b)
}

/**
 * Where the elements of one phase come from: output s m + q reads input m + d through tap t, s (m + d) + t = s m + q + p.
 */
const taps = (k: number, s: number, p: number) => {
  const list: { q: number; d: number; t: number }[] = []
  for (let q = 0; q < s; q++) {
    for (let t = (q + p) % s; t < k; t += s) list.push({ q, d: (q + p - t) / s, t })
  }
  const offsets = list.map(({ d }) => d)
  const [low, high] = [Math.min(...offsets), Math.max(...offsets)]
  const tapAt = (q: number, d: number) => list.find((e) => e.q === q && e.d === d + low)?.t
  return { low, high, size: high - low + 1, tapAt }
}

/**
 * The transpose of a convolution with stride s: the s² phases of its output are ordinary convolutions with a part of the
 * taps each. They are computed as one convolution with s² times the outputs, which are then interleaved.
 */
const byPhases = (node: Tensor, b: Blocked): Held | undefined => {
  const [g, w] = node.inputs
  const [o, i, kh, kw] = w.shape
  const [s, p] = [number(node, 'stride'), number(node, 'padding')]
  const [batch, , h, wd] = node.shape
  const [ty, tx] = [taps(kh, s, p), taps(kw, s, p)]
  const [mh, mw] = [Math.ceil(h / s), Math.ceil(wd / s)]
  const pads = [-ty.low, -tx.low, mh - g.shape[2] + ty.high, mw - g.shape[3] + tx.high]
  if (i % b.n !== 0 || pads.some((n) => n < 0)) return undefined
  const derived: Derived = {
    shape: [s * s * i, o, ty.size, tx.size],
    source: (out, c, y, x) => {
      const phase = Math.floor(out / i)
      const t = ty.tapAt(Math.floor(phase / s), y)
      const u = tx.tapAt(phase % s, x)
      return t === undefined || u === undefined ? -1 : ((c * i + (out % i)) * kh + t) * kw + u
    },
  }
  const weights = blockedWeights(w, `phases ${s} ${p}`, derived, b)
  const phases = b.conv([read(g, b), weights], { kernel: [ty.size, tx.size], pads })
  return blocked(crop(interleave(phases, [batch, i, mh, mw], s, b), [batch, i, mh * s, mw * s], [h, wd], b))
}

/** Blocked [B, s·s·C, H, W], phases outermost → blocked [B, C, sH, sW]. */
export const interleave = (
  name: string,
  [batch, c, h, w]: readonly number[],
  s: number,
  b: Blocked,
): string => {
  const cells = b.reshape(name, [batch, s, s, c / b.n, h, w, b.n])
  return b.reshape(b.transpose(cells, [0, 3, 4, 1, 5, 2, 6]), [batch, c, h * s, w * s])
}

/** The first h × w pixels of a blocked value. */
const crop = (
  name: string,
  [batch, c, mh, mw]: readonly number[],
  [h, w]: readonly number[],
  b: Blocked,
): string => {
  if (mh === h && mw === w) return name
  const pixels = b.reshape(name, [(batch * c) / b.n, mh, mw, b.n])
  const cut = b.emit.node('Slice', [pixels, b.emit.ints([0, 0]), b.emit.ints([h, w]), b.emit.ints([1, 2])])
  return b.reshape(cut, [batch, c, h, w])
}

const conv: Rule = (node, b) => convolve(node, b)
const convInput: Rule = (node, b) => convolveBack(node, b)

export const convRules: Rules = { conv2d: conv, convInput }
