/** Convolutions and pooling: windows that slide over one or two axes. */

import {
  add,
  broadcastTo,
  concat,
  conv2d,
  convTranspose2d,
  div,
  maximum,
  mul,
  type Pair,
  pad,
  reshape,
  scalarLike,
  slice,
  split,
} from '../../ops/index.ts'
import type { Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** How a window slides along H and W; series [B, C, T] are images of one row. */
interface Window {
  readonly size: Pair
  readonly stride: Pair
  readonly dilation: Pair
  /** Cells added in front and behind. */
  readonly before: Pair
  readonly after: Pair
}

/** Two numbers of one or two; the missing one is that along H. */
const pairOf = (site: Site, list: readonly number[], missing: number): Pair => {
  if (list.length === 1) return [missing, list[0]]
  return list.length === 2 ? [list[0], list[1]] : site.refuse('windows over one or two axes are read')
}

/** Of a batch of images, or of series as images of one row. */
const asImages = (site: Site, x: Tensor): Tensor => {
  if (x.shape.length === 4) return x
  const [b, c, t] = x.shape
  return x.shape.length === 3
    ? reshape(x, [b, c, 1, t])
    : site.refuse(`[${x.shape}] is no batch of images or series`)
}

const ofRank = (y: Tensor, x: Tensor): Tensor => {
  const [b, c, , w] = y.shape
  return x.shape.length === 3 ? reshape(y, [b, c, w]) : y
}

const cells = (size: number, dilation: number): number => (size - 1) * dilation + 1

/** What SAME adds so that a stride of s leaves ⌈n/s⌉. */
const sameTotal = (
  n: number,
  { size, stride, dilation }: Pick<Window, 'size' | 'stride' | 'dilation'>,
  i: 0 | 1,
) => Math.max(0, (Math.ceil(n / stride[i]) - 1) * stride[i] + cells(size[i], dilation[i]) - n)

const windowOf = (site: Site, sizes: readonly number[], x: Tensor): Window => {
  const ones = sizes.map(() => 1)
  const size = pairOf(site, sizes, 1)
  const stride = pairOf(site, site.ints('strides') ?? ones, 1)
  const dilation = pairOf(site, site.ints('dilations') ?? ones, 1)
  const pads = site.ints('pads') ?? [...ones, ...ones].map(() => 0)
  const auto = site.text('auto_pad', 'NOTSET')
  const moves = { size, stride, dilation }
  if ([...pads, ...size, ...stride, ...dilation].some((n) => n < 0) || pads.length !== 2 * sizes.length)
    site.refuse(`pads [${pads}] of a window of [${sizes}]`)
  if (auto === 'NOTSET' || auto === 'VALID') {
    const given = auto === 'VALID' ? pads.map(() => 0) : pads
    const half = given.length / 2
    return {
      ...moves,
      before: pairOf(site, given.slice(0, half), 0),
      after: pairOf(site, given.slice(half), 0),
    }
  }
  const total = ([0, 1] as const).map((i) => sameTotal(asImages(site, x).shape[2 + i], moves, i))
  const small = total.map((n) => Math.floor(n / 2))
  const large = total.map((n, i) => n - small[i])
  const [before, after] = auto === 'SAME_UPPER' ? [small, large] : [large, small]
  return { ...moves, before: pairOf(site, before, 0), after: pairOf(site, after, 0) }
}

const padded = (x: Tensor, { before, after }: Pick<Window, 'before' | 'after'>, value = 0): Tensor =>
  pad(x, [0, 0, ...before], [0, 0, ...after], value)

/** A kernel with zeros between its cells. */
const dilated = (w: Tensor, [dh, dw]: Pair): Tensor => {
  if (dh === 1 && dw === 1) return w
  const [o, i, h, k] = w.shape
  const apart = pad(reshape(w, [o, i, h, 1, k, 1]), [0, 0, 0, 0, 0, 0], [0, 0, 0, dh - 1, 0, dw - 1])
  return slice(reshape(apart, [o, i, h * dh, k * dw]), [], [o, i, cells(h, dh), cells(k, dw)])
}

/** The attribute `group`, which divides the channels. */
const groupsOf = (site: Site, x: Tensor): number => {
  const groups = site.int('group', 1)
  const channels = x.shape[1]
  return groups > 0 && channels % groups === 0
    ? groups
    : site.refuse(`${groups} groups of ${channels} channels`)
}

const convolution = (site: Site): Tensor => {
  const x = asImages(site, site.input(0))
  const kernel = site.input(1)
  const window = windowOf(site, kernel.shape.slice(2), site.input(0))
  const w = dilated(asImages(site, kernel), window.dilation)
  const groups = groupsOf(site, x)
  const even = window.before.every((n, i) => n === window.after[i])
  const source = even ? x : padded(x, window)
  const options = { stride: window.stride, padding: even ? window.before : 0 }
  const bias = site.maybe(2)
  if (groups === 1) return ofRank(conv2d(source, w, { ...options, ...(bias ? { bias } : {}) }), site.input(0))
  const weights = split(w, groups, 0)
  const parts = split(source, groups, 1).map((part, i) => conv2d(part, weights[i], options))
  const y = concat(parts, 1)
  return ofRank(bias ? add(y, reshape(bias, [-1, 1, 1])) : y, site.input(0))
}

/** The whole of what the kernels spread, from which the padding is cut away. */
const transposed = (site: Site): Tensor => {
  const x = asImages(site, site.input(0))
  const kernel = site.input(1)
  if (site.text('auto_pad', 'NOTSET') !== 'NOTSET' || site.has('output_shape'))
    site.refuse('auto_pad and output_shape are not read')
  const window = windowOf(site, kernel.shape.slice(2), site.input(0))
  const w = dilated(asImages(site, kernel), window.dilation)
  const { stride, before, after } = window
  const more = pairOf(site, site.ints('output_padding') ?? kernel.shape.slice(2).map(() => 0), 0)
  const whole = ([0, 1] as const).map((i) => (x.shape[2 + i] - 1) * stride[i] + w.shape[2 + i])
  const groups = groupsOf(site, x)
  const weights = split(w, groups, 0)
  const parts = split(x, groups, 1).map((part, i) =>
    convTranspose2d(part, weights[i], { stride, size: [whole[0], whole[1]] }),
  )
  const y = pad(concat(parts, 1), [0, 0, 0, 0], [0, 0, ...more])
  const cut = slice(
    y,
    [0, 0, ...before],
    [...y.shape.slice(0, 2), ...([0, 1] as const).map((i) => y.shape[2 + i] - after[i])],
  )
  const bias = site.maybe(2)
  return ofRank(bias ? add(cut, reshape(bias, [-1, 1, 1])) : cut, site.input(0))
}

/** For each cell of a window, what it sees as it slides: images of the size of the result. */
const seen = (x: Tensor, { size, stride, dilation }: Window, out: Pair): Tensor[] => {
  const [b, c] = x.shape
  return Array.from({ length: size[0] * size[1] }, (_, k) => {
    const [i, j] = [Math.floor(k / size[1]) * dilation[0], (k % size[1]) * dilation[1]]
    const to = [i + (out[0] - 1) * stride[0] + 1, j + (out[1] - 1) * stride[1] + 1]
    return slice(x, [0, 0, i, j], [b, c, ...to], [1, 1, ...stride])
  })
}

/** Cells of a window of pooling: each is an op. */
const MOST_CELLS = 1024

/** What a pool sees, its window and the size of the result. */
const poolOf = (site: Site, fill: number) => {
  const x = asImages(site, site.input(0))
  const window = windowOf(site, site.ints('kernel_shape') ?? [], site.input(0))
  const { size, stride, dilation } = window
  if (size[0] * size[1] > MOST_CELLS) site.refuse(`a window of ${size[0]}×${size[1]}`)
  const round = site.int('ceil_mode', 0) === 0 ? Math.floor : Math.ceil
  const room = ([0, 1] as const).map(
    (i) => x.shape[2 + i] + window.before[i] + window.after[i] - cells(size[i], dilation[i]),
  )
  const out: Pair = [round(room[0] / stride[0]) + 1, round(room[1] / stride[1]) + 1]
  if (round === Math.ceil && room.some((n, i) => n % stride[i] !== 0))
    site.refuse('ceil_mode with windows that reach over the edge')
  const around = padded(x, window, fill)
  return { x, window, out, windows: seen(around, window, out) }
}

const maxPool = (site: Site): Tensor => {
  const { windows } = poolOf(site, -3.4e38)
  return ofRank(
    windows.reduce((a, b) => maximum(a, b)),
    site.input(0),
  )
}

const averagePool = (site: Site): Tensor => {
  const { x, window, out, windows } = poolOf(site, 0)
  const total = windows.reduce((a, b) => add(a, b))
  const pads = [...window.before, ...window.after].some((n) => n > 0)
  if (!pads || site.int('count_include_pad', 0) !== 0)
    return ofRank(mul(total, 1 / windows.length), site.input(0))
  const ones = padded(broadcastTo(scalarLike(x, 1), [1, 1, ...x.shape.slice(2)]), window)
  const counts = seen(ones, window, out).reduce((a, b) => add(a, b))
  return ofRank(div(total, counts), site.input(0))
}

export const windows: Rules = {
  Conv: convolution,
  ConvTranspose: transposed,
  MaxPool: maxPool,
  AveragePool: averagePool,
}
