/** Ops that move elements without changing them: reshape, transpose, slice, pad, concatenate, gather. */
import { TweedieError } from '../../error.ts'
import { full, type Shape, sizeOf } from '../ndarray.ts'
import { axisOf, sameShape, shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Op, type Tensor } from '../tensor.ts'
import { describe } from './pointwise.ts'

interface ShapeAttrs extends Attrs {
  readonly shape: readonly number[]
}
const reshapeOp: Op<ShapeAttrs> = {
  name: 'reshape',
  infer: ([x], { shape }) => ({ dtype: x.dtype, shape }),
  grad: ({ inputs: [x] }, g) => [reshape(g, x.shape)],
  lower: (node, emit) =>
    // allowzero: a size 0 means 0, not "as in the input"
    emit.node('Reshape', [emit.value(node.inputs[0]), emit.ints(node.attrs.shape)], {
      allowzero: { int: 1 },
    }),
}

/**
 * The same elements under another shape; one size may be −1, which means the rest.
 *
 * @throws TweedieError `shape` when the number of elements differs
 */
export const reshape = (x: Tensor, shape: Shape): Tensor => {
  const rest = shape.reduce((n, d) => (d === -1 ? n : n * d), 1)
  const full = shape.map((d) => (d === -1 ? sizeOf(x.shape) / rest : d))
  if (sizeOf(full) !== sizeOf(x.shape) || full.some((d) => !Number.isInteger(d) || d < 0)) {
    shapeError('reshape', `${show(x.shape)} has ${sizeOf(x.shape)} elements, ${show(shape)} does not fit`)
  }
  if (sameShape(full, x.shape)) return x
  return x.op === reshapeOp ? reshape(x.inputs[0], full) : apply(reshapeOp, [x], { shape: full })
}

/** A new axis of size 1 before `axis` (negative: counted in the result). */
export const expandDims = (x: Tensor, axis: number): Tensor => {
  const at = axisOf('expandDims', axis, x.shape.length + 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/**
 * Trailing axes of size 1 until the rank of `like`: per-sample scalars `[B]` against `[B, ...event]`.
 *
 * @throws TweedieError `shape` when x has more axes than `like`
 *
 * @example
 * ```ts
 * const scaled = (x: Tensor, sigma: Tensor) => mul(x, alignTo(sigma, x)) // sigma: [B]
 * ```
 */
export const alignTo = (x: Tensor, like: Tensor): Tensor => {
  if (x.shape.length > like.shape.length) {
    shapeError('alignTo', `${show(x.shape)} has more axes than ${show(like.shape)}`)
  }
  return reshape(x, [...x.shape, ...Array<number>(like.shape.length - x.shape.length).fill(1)])
}

interface Permutation extends Attrs {
  readonly perm: readonly number[]
}
const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))

const transposeOp: Op<Permutation> = {
  name: 'transpose',
  infer: ([x], { perm }) => ({ dtype: x.dtype, shape: perm.map((i) => x.shape[i]) }),
  grad: (node, g) => [transpose(g, inverse(node.attrs.perm))],
  lower: (node, emit) =>
    emit.node('Transpose', [emit.value(node.inputs[0])], { perm: { ints: node.attrs.perm } }),
}

/**
 * Axes reordered: axis i of the result is axis `perm[i]` of x; reversed by default.
 *
 * @throws TweedieError `shape` unless `perm` names each axis once
 */
export const transpose = (
  x: Tensor,
  perm: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i),
): Tensor => {
  const axes = perm.map((a) => axisOf('transpose', a, x.shape.length))
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    shapeError('transpose', `${show(perm)} is not a permutation of the axes of ${show(x.shape)}`)
  }
  return axes.every((a, i) => a === i) ? x : apply(transposeOp, [x], { perm: axes })
}

interface SliceAttrs extends Attrs {
  readonly starts: readonly number[]
  readonly sizes: readonly number[]
  readonly steps: readonly number[]
}
const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  infer: ([x], { sizes }) => ({ dtype: x.dtype, shape: sizes }),
  grad: ({ inputs: [x], attrs: { starts, sizes, steps } }, g) => {
    const spread = dilate(g, steps)
    const after = x.shape.map((d, i) => d - starts[i] - ((sizes[i] - 1) * steps[i] + 1))
    return [pad(spread, starts, after)]
  },
  lower: (node, emit) => {
    const { starts, sizes, steps } = node.attrs
    const [x] = node.inputs
    const axes = x.shape.flatMap((d, i) => (sizes[i] === d ? [] : [i]))
    const ends = axes.map((i) => starts[i] + (sizes[i] - 1) * steps[i] + 1)
    const picked = (list: readonly number[]) => emit.ints(axes.map((i) => list[i]))
    return emit.node('Slice', [
      emit.value(x),
      picked(starts),
      emit.ints(ends),
      emit.ints(axes),
      picked(steps),
    ])
  },
}

/** The elements with step − 1 zeros between them along each axis. */
const dilate = (x: Tensor, steps: readonly number[]): Tensor => {
  if (steps.every((s) => s === 1)) return x
  const zeros = x.shape.flatMap(() => [0, 0])
  const gaps = padTo(
    reshape(
      x,
      x.shape.flatMap((d) => [d, 1]),
    ),
    zeros,
    steps.flatMap((s) => [0, s - 1]),
  )
  const wide = reshape(
    gaps,
    x.shape.map((d, i) => d * steps[i]),
  )
  return slice(
    wide,
    x.shape.map(() => 0),
    x.shape.map((d, i) => (d - 1) * steps[i] + 1),
  )
}

/**
 * Elements `start, start + step, … < stop` of each axis. Missing axes and missing bounds mean all; negative
 * bounds count from the end. Steps are positive (use `flip` to reverse).
 *
 * @throws TweedieError `shape` when nothing is selected
 *
 * @example
 * ```ts
 * slice(x, [0, -2], [8], [2]) // rows 0, 2, 4, 6; the last two columns
 * ```
 */
export const slice = (
  x: Tensor,
  starts: readonly number[],
  stops: readonly number[] = [],
  steps: readonly number[] = [],
): Tensor => {
  const from = x.shape.map((d, i) => bound(starts[i] ?? 0, d))
  const to = x.shape.map((d, i) => bound(stops[i] ?? d, d))
  const by = x.shape.map((_, i) => steps[i] ?? 1)
  const sizes = from.map((f, i) => Math.ceil((to[i] - f) / by[i]))
  const given = Math.max(starts.length, stops.length, steps.length)
  if (given > x.shape.length || !sizes.every(isCount) || !by.every(isCount)) {
    shapeError(
      'slice',
      `${show(starts)} to ${show(stops)} by ${show(by)} selects nothing of ${show(x.shape)}`,
    )
  }
  if (sameShape(sizes, x.shape)) return x
  return apply(sliceOp, [x], { starts: from, sizes, steps: by })
}

const isCount = (n: number): boolean => Number.isInteger(n) && n > 0

const bound = (at: number, size: number): number => Math.max(0, Math.min(size, at < 0 ? at + size : at))

interface PadAttrs extends Attrs {
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly value: number
}
const padOp: Op<PadAttrs> = {
  name: 'pad',
  infer: ([x], { before, after }) => ({
    dtype: x.dtype,
    shape: x.shape.map((d, i) => d + before[i] + after[i]),
  }),
  grad: ({ inputs: [x], attrs: { before } }, g) => [
    slice(
      g,
      before,
      x.shape.map((d, i) => before[i] + d),
    ),
  ],
  lower: (node, emit) => {
    const { before, after, value } = node.attrs
    const fill = emit.constant(full([], value, node.dtype))
    return emit.node('Pad', [emit.value(node.inputs[0]), emit.ints([...before, ...after]), fill])
  },
}

const padTo = (x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor => {
  if (
    before.length !== x.shape.length ||
    after.length !== x.shape.length ||
    [...before, ...after].some((n) => !Number.isInteger(n) || n < 0)
  ) {
    shapeError('pad', `${show(before)} and ${show(after)} do not fit ${show(x.shape)}`)
  }
  if ([...before, ...after].every((n) => n === 0)) return x
  return apply(padOp, [x], { before: [...before], after: [...after], value })
}

/**
 * x surrounded by `value` (default 0): `before[i]` and `after[i]` elements along axis i.
 *
 * @throws TweedieError `shape` when there is not one count ≥ 0 per axis
 */
export const pad = padTo

interface AxisAttrs extends Attrs {
  readonly axis: number
}
const concatOp: Op<AxisAttrs> = {
  name: 'concat',
  infer: (inputs, { axis }) => {
    const [first] = inputs
    for (const t of inputs) {
      const fits = t.dtype === first.dtype && t.shape.length === first.shape.length
      if (!fits || t.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
        shapeError('concat', `${inputs.map(describe).join(', ')} do not join along axis ${axis}`)
      }
    }
    const total = inputs.reduce((n, t) => n + t.shape[axis], 0)
    return { dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? total : d)) }
  },
  grad: ({ inputs, attrs: { axis } }, g) =>
    split(
      g,
      inputs.map((t) => t.shape[axis]),
      axis,
    ),
  lower: (node, emit) =>
    emit.node(
      'Concat',
      node.inputs.map((t) => emit.value(t)),
      { axis: { int: node.attrs.axis } },
    ),
}

/**
 * Tensors of one dtype joined along an existing axis (the first by default).
 *
 * @throws TweedieError `shape` when there is none, or another axis differs
 */
export const concat = (inputs: readonly Tensor[], axis = 0): Tensor => {
  if (inputs.length === 0) throw new TweedieError('shape', 'concat: needs at least one tensor')
  if (inputs.length === 1) return inputs[0]
  return apply(concatOp, inputs, { axis: axisOf('concat', axis, inputs[0].shape.length) })
}

/**
 * Pieces of the given sizes (or that many equal ones) along an axis.
 *
 * @throws TweedieError `shape` when the sizes do not add up
 *
 * @example
 * ```ts
 * const [q, k, v] = split(x, 3, -1)
 * ```
 */
export const split = (x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] => {
  const at = axisOf('split', axis, x.shape.length)
  const list = typeof sizes === 'number' ? Array.from({ length: sizes }, () => x.shape[at] / sizes) : sizes
  if (list.reduce((a, b) => a + b, 0) !== x.shape[at] || !list.every(isCount)) {
    shapeError('split', `axis ${at} of ${show(x.shape)} cannot be cut into ${show(list)}`)
  }
  let start = 0
  return list.map((n) => {
    const starts = x.shape.map((_, i) => (i === at ? start : 0))
    start += n
    return slice(
      x,
      starts,
      x.shape.map((d, i) => (i === at ? start : d)),
    )
  })
}

/** Tensors of one shape joined along a new axis (the first by default). */
export const stack = (inputs: readonly Tensor[], axis = 0): Tensor =>
  concat(
    inputs.map((t) => expandDims(t, axis)),
    axis,
  )
