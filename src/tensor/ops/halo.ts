/**
 * Borders of one cell around an axis, for convolutions over grids that go on beyond their ends: a
 * circle of longitude closes on itself, a meridian ends at a pole. One concatenation each way, where
 * slices and zeros would take six.
 */
import { axisOf } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'
import { expectDType } from './pointwise.ts'

/** Values beyond an end: those of the other end (`wrap`), or the end itself again (`edge`). */
export type Beyond = 'wrap' | 'edge'

interface HaloAttrs extends Attrs {
  readonly axis: number
  readonly beyond: Beyond
}

/** Cells [start, stop) of an axis, on a value of any rank. */
const cut = (name: string, axis: number, start: number, stop: number, emit: Emit): string =>
  emit.node('Slice', [name, emit.ints([start]), emit.ints([stop]), emit.ints([axis])])

const join = (parts: readonly string[], axis: number, emit: Emit): string =>
  emit.node('Concat', parts, { axis: { int: axis } })

/** The value `x` with `size` cells along `axis`, and one more at each end. */
export const emitHalo = (x: string, axis: number, size: number, beyond: Beyond, emit: Emit): string => {
  const [first, last] = [cut(x, axis, 0, 1, emit), cut(x, axis, size - 1, size, emit)]
  return join(beyond === 'wrap' ? [last, x, first] : [first, x, last], axis, emit)
}

/** Its transpose: `g` has size + 2 cells, and the outer two are added to those that they were copies of. */
export const emitFold = (g: string, axis: number, size: number, beyond: Beyond, emit: Emit): string => {
  const cell = (i: number) => cut(g, axis, i, i + 1, emit)
  const [before, after] = [cell(0), cell(size + 1)]
  if (size === 1) return emit.node('Add', [emit.node('Add', [before, cell(1)]), after])
  const [first, last] = beyond === 'wrap' ? [after, before] : [before, after]
  const middle = size > 2 ? [cut(g, axis, 2, size, emit)] : []
  const ends = [emit.node('Add', [cell(1), first]), emit.node('Add', [cell(size), last])]
  return join([ends[0], ...middle, ends[1]], axis, emit)
}

const haloOp: Op<HaloAttrs> = {
  name: 'halo',
  infer: ([x], { axis }) => {
    expectDType('halo', x, 'float')
    return { dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? d + 2 : d)) }
  },
  grad: (node, g) => [apply(foldOp, [g], node.attrs)],
  lower: (node, emit) => {
    const [x] = node.inputs
    const { axis, beyond } = node.attrs
    return emitHalo(emit.value(x), axis, x.shape[axis], beyond, emit)
  },
}

const foldOp: Op<HaloAttrs> = {
  name: 'haloFold',
  infer: ([g], { axis }) => ({ dtype: g.dtype, shape: g.shape.map((d, i) => (i === axis ? d - 2 : d)) }),
  grad: (node, v) => [apply(haloOp, [v], node.attrs)],
  lower: (node, emit) => {
    const { axis, beyond } = node.attrs
    return emitFold(emit.value(node.inputs[0]), axis, node.shape[axis], beyond, emit)
  },
}

/**
 * x with one more cell at each end of an axis: of the other end (`wrap`), or of the same end (`edge`).
 *
 * @throws TweedieError `shape` when there is no such axis
 *
 * @example
 * ```ts
 * halo(x, -1, 'wrap') // [1, 2, 3] → [3, 1, 2, 3, 1]
 * halo(x, -1, 'edge') // [1, 2, 3] → [1, 1, 2, 3, 3]
 * ```
 */
export const halo = (x: Tensor, axis: number, beyond: Beyond): Tensor =>
  apply(haloOp, [x], { axis: axisOf('halo', axis, x.shape.length), beyond })
