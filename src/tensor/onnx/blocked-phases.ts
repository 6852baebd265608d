/**
 * Strided transposes: the phases of the output are ordinary convolutions, computed together and interleaved.
 */
import type { Tensor } from '../tensor.ts'
import type { Blocked } from './blocked.ts'
import { blockedWeights, type Derived } from './blocked-weights.ts'

/**
 * Output s m + q reads input m + d through tap t where s (m + d) + t = s m + q + p: the d
 * from low, and the t of each.
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
 * The transpose of a convolution with strides s and weights w: one convolution of g with s × s times the
 * outputs. Undefined for geometries that would need negative padding.
 */
export const transposed = (g: string, node: Tensor, w: Tensor, b: Blocked): string | undefined => {
  const { stride, padding: p } = node.attrs
  if (typeof stride !== 'object' || typeof p !== 'object') return undefined
  const [sh, sw] = stride
  const [o, i, kh, kw] = w.shape
  const [batch, , h, wd] = node.shape
  const [, , gh, gw] = node.inputs[0].shape
  const [ty, tx] = [taps(kh, sh, p[0]), taps(kw, sw, p[1])]
  const [mh, mw] = [Math.ceil(h / sh), Math.ceil(wd / sw)]
  const pads = [-ty.low, -tx.low, mh - gh + ty.high, mw - gw + tx.high]
  if (i % b.n !== 0 || pads.some((n) => n < 0)) return undefined
  const derived: Derived = {
    shape: [sh * sw * i, o, ty.size, tx.size],
    source: (out, c, y, x) => {
      const phase = Math.floor(out / i)
      const t = ty.tapAt(Math.floor(phase / sw), y)
      const u = tx.tapAt(phase % sw, x)
      return t === undefined || u === undefined ? -1 : ((c * i + (out % i)) * kh + t) * kw + u
    },
  }
  const weights = blockedWeights(w, `phases ${stride} ${p}`, derived, b)
  const phases = b.conv([g, weights], { kernel: [ty.size, tx.size], pads })
  const cells = b.reshape(phases, [batch, sh, sw, i / b.n, mh, mw, b.n])
  const whole = b.reshape(b.transpose(cells, [0, 3, 4, 1, 5, 2, 6]), [batch, i, mh * sh, mw * sw])
  return crop(whole, [batch, i, mh * sh, mw * sw], [h, wd], b)
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

/** Four blocked phases [B, C, H, W], (even, even) first → blocked [B, C, 2H, 2W]. */
export const interleave = (
  phases: readonly string[],
  [batch, c, h, w]: readonly number[],
  b: Blocked,
): string => {
  const rows = (batch * c * h) / b.n
  const join = (names: readonly string[], shape: readonly number[], axis: number) => {
    const views = names.map((name) => b.reshape(name, shape))
    return b.emit.node('Concat', views, { axis: { int: axis } })
  }
  const [even, odd] = [phases.slice(0, 2), phases.slice(2)].map((pair) => join(pair, [rows, w, 1, b.n], 2))
  return b.reshape(join([even, odd], [rows, 1, 2 * w * b.n], 1), [batch, c, 2 * h, 2 * w])
}
