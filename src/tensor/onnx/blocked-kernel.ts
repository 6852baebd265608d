/**
 * Weight gradients ∂w[o, i, s, t] = Σ_{b, h, w} g[b, o, h, w] x[b, i, stride·h + s,
 * stride·w + t] on blocked values.
 *
 * They are a convolution as well: samples take the place of input channels, and g that of the weights,
 * with a kernel as large as an image. Written with x channels-last, as [1, B, H, W·I], neighbouring
 * outputs (t, i) are neighbours in memory and the kernel is dilated by I along w; so the 3·I outputs of a
 * row keep the convolution's inner loop full. It then runs as fast as the forward convolution, twice as
 * fast as a matrix product for each tap.
 */
import { full } from '../ndarray.ts'
import { sameShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'
import { type Blocked, plain, type Rule, type Rules } from './blocked.ts'
import { smallOf } from './blocked-conv.ts'
import { phaseGradient } from './blocked-taps.ts'

interface Geometry {
  /** Samples, rounded up to whole blocks. */
  readonly batch: number
  /** Parts of the batch that are summed afterwards, so that there is work for several threads. */
  readonly groups: number
  readonly stride: readonly number[]
  /** Zeros before and after, along h and along w. */
  readonly rows: readonly [number, number]
  readonly columns: readonly [number, number]
}

const geometry = (node: Tensor, n: number): Geometry | undefined => {
  const [x, g] = node.inputs
  const { stride, padding } = node.attrs
  if (typeof stride !== 'object' || typeof padding !== 'object') return undefined
  const ends = (axis: 0 | 1) => {
    const [size, out, k] = [x, g, node].map(({ shape }) => shape[2 + axis])
    return [padding[axis], k - size - padding[axis] + stride[axis] * (out - 1)] as const
  }
  const [rows, columns] = [ends(0), ends(1)]
  const batch = Math.ceil(x.shape[0] / n) * n
  if ([...rows, ...columns].some((p) => p < 0) || batch > 2 * x.shape[0]) return undefined
  return { batch, groups: batch % (2 * n) === 0 ? 2 : 1, stride, rows, columns }
}

/**
 * Zeros of more than this part of what they surround are not kept in the model: those of all layers would be
 * as much as all activations.
 */
const KEPT = 1 / 4

/** Zeros joined to both ends of an axis; an end without any is left out. */
const surrounded = (
  name: string,
  shape: readonly number[],
  axis: number,
  ends: readonly number[],
  b: Blocked,
): string => {
  if (ends.every((k) => k === 0)) return name
  const shapeOf = (k: number): number[] => shape.map((d, i) => (i === axis ? k : d))
  if (ends.some((k) => k > KEPT * shape[axis])) {
    const pads = ends.flatMap((k) => shape.map((_, i) => (i === axis ? k : 0)))
    return b.emit.node('Pad', [name, b.emit.ints(pads)])
  }
  const zeros = ends.map((k) => (k ? b.constant(full(shapeOf(k), 0)) : undefined))
  const parts = [zeros[0], name, zeros[1]].filter((part) => part !== undefined)
  return b.emit.node('Concat', parts, { axis: { int: axis } })
}

/** x as blocks of samples [1, B, H, W·I], channels innermost, zeros beside the columns. */
const samplesAsChannels = (x: Tensor, { batch, columns }: Geometry, b: Blocked): string => {
  const [samples, c, h, w] = x.shape
  const last = b.emit.once(`channels last ${x.id}`, () =>
    b.fits(x)
      ? b.node('ReorderOutput', [b.blocked(x)], { channels: { int: c }, channels_last: { int: 1 } })
      : b.transpose(b.emit.value(x), [0, 2, 3, 1]),
  )
  const wide = surrounded(b.reshape(last, [samples, h, w, c]), [samples, h, w, c], 2, columns, b)
  const width = w + columns[0] + columns[1]
  const all = surrounded(wide, [samples, h, width, c], 0, [0, batch - samples], b)
  return b.node('ReorderInput', [b.reshape(all, [1, batch, h, width * c])])
}

/** g as weights [groups·O, B/groups, H, W] in blocks of samples and of outputs. */
const asWeights = (g: Tensor, { batch, groups }: Geometry, b: Blocked): string =>
  b.emit.once(`as weights ${g.id}`, () => {
    const [samples, o, h, w] = g.shape
    const { n } = b
    const all = surrounded(b.blocked(g), g.shape, 0, [0, batch - samples], b)
    const blocks = b.reshape(all, [groups, batch / groups / n, n, o / n, h * w, n])
    return b.reshape(b.transpose(blocks, [0, 3, 1, 4, 2, 5]), [groups * o, batch / groups, h, w])
  })

/**
 * The same for each of the four phases of g: (even, even), (even, odd), (odd, even),
 * (odd, odd) rows and columns.
 */
const phasesAsWeights = (g: Tensor, { batch, groups }: Geometry, b: Blocked): string[] => {
  const [samples, o, h, w] = g.shape
  const { n } = b
  const all = surrounded(b.blocked(g), g.shape, 0, [0, batch - samples], b)
  const cells = b.reshape(all, [groups, batch / groups / n, n, o / n, h / 2, 2, w / 2, 2, n])
  const phases = b.reshape(b.transpose(cells, [5, 7, 0, 3, 1, 4, 6, 2, 8]), [
    4,
    batch * o * (h / 2) * (w / 2),
  ])
  const parts = b.emit.multi('Split', [phases], 4, { axis: { int: 0 }, num_outputs: { int: 4 } })
  return parts.map((name) => b.reshape(name, [groups * o, batch / groups, h / 2, w / 2]))
}

/** The sum of two groups of outputs; ReduceSum over so short an axis is slow. */
const halvesAdded = (name: string, b: Blocked): string =>
  b.emit.node('Add', b.emit.multi('Split', [name], 2, { axis: { int: 1 }, num_outputs: { int: 2 } }))

/** Gradient [O, I, kh, kw], row-major, of the weights between x and a g of `size` given as weights. */
const kernel = (
  x: Tensor,
  weights: string,
  size: readonly number[],
  [o, i, kh, kw]: readonly number[],
  shape: Geometry,
  b: Blocked,
): string => {
  const { groups, stride, rows } = shape
  const taps = b.conv([samplesAsChannels(x, shape, b), weights], {
    kernel: size,
    pads: [rows[0], 0, rows[1], 0],
    dilations: [stride[0], stride[1] * i],
    group: groups,
  })
  const summed = b.reshape(groups === 1 ? taps : halvesAdded(taps, b), [1, o, kh, kw * i])
  const outputs = b.node('ReorderOutput', [summed], { channels: { int: o }, channels_last: { int: 0 } })
  const ordered = i === 1 ? outputs : b.transpose(b.reshape(outputs, [o, kh * kw, i]), [0, 2, 1])
  return b.reshape(ordered, [o, i, kh, kw])
}

/**
 * Under a twofold upsampling: gradients of the 2×2 taps of each phase, from the small
 * image, then of the nine taps.
 */
const upsampledKernel = (small: Tensor, g: Tensor, shape: Geometry, b: Blocked): string => {
  const [, o, h, w] = g.shape
  const [, i] = small.shape
  const taps = phasesAsWeights(g, shape, b).map((weights, phase) => {
    const [row, column] = [phase >> 1, phase & 1]
    const part: Geometry = { ...shape, rows: [1 - row, row], columns: [1 - column, column] }
    return b.reshape(kernel(small, weights, [h / 2, w / 2], [o, i, 2, 2], part, b), [o * i, 4])
  })
  const joined = b.emit.node('Concat', taps, { axis: { int: 1 } })
  return b.reshape(b.emit.node('MatMul', [joined, b.constant(phaseGradient())]), [o, i, 3, 3])
}

const convKernel: Rule = (node, b) => {
  const [x, g] = node.inputs
  const shape = geometry(node, b.n)
  if (!shape || !b.fits(g) || x.dtype !== 'float32') return undefined
  const [o, , kh, kw] = node.shape
  const same =
    kh === 3 &&
    kw === 3 &&
    sameShape(shape.stride, [1, 1]) &&
    sameShape([shape.rows[0], shape.columns[0]], [1, 1])
  const joined = x.op.name === 'concat' && x.attrs.axis === 1 && x.inputs.every((t) => b.fits(t))
  const parts = (joined ? x.inputs : [x]).map((t) => {
    const small = same ? smallOf(t, b) : undefined
    if (small) return upsampledKernel(small, g, shape, b)
    return kernel(t, asWeights(g, shape, b), g.shape.slice(2), [o, t.shape[1], kh, kw], shape, b)
  })
  return plain(parts.length === 1 ? parts[0] : b.emit.node('Concat', parts, { axis: { int: 1 } }))
}

export const kernelRules: Rules = { convKernel }
