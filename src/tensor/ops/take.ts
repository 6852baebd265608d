/** Gathering along an axis, and its transpose. */
import { full, NdArray, ndarray, type Shape, toNumbers } from '../ndarray.ts'
import { axisOf, sameShape, shapeError, show } from '../shape.ts'
import { type Attrs, apply, Constant, constant, type Op, Tensor } from '../tensor.ts'
import { transpose } from './layout.ts'

interface TakeAttrs extends Attrs {
  readonly axis: number
}
/** Indices that are known while tracing are checked at once; the others by ONNX Runtime. */
const checkIndices = (op: string, indices: Tensor, size: number): void => {
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64') {
    shapeError(op, `indices must be int32 or int64, got ${indices.dtype}`)
  }
  if (!(indices instanceof Constant)) return
  const wrong = toNumbers(indices.value).find((i) => i < -size || i >= size)
  if (wrong !== undefined) shapeError(op, `index ${wrong} is outside an axis of size ${size}`)
}

const takeOp: Op<TakeAttrs> = {
  name: 'take',
  infer: ([x, indices], { axis }) => {
    checkIndices('take', indices, x.shape[axis])
    return {
      dtype: x.dtype,
      shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
    }
  },
  grad: ({ inputs: [x, indices], attrs: { axis } }, g) => {
    const k = indices.shape.length
    const order = [...indices.shape.map((_, i) => axis + i), ...g.shape.keys()]
    const front = transpose(
      g,
      order.filter((a, i) => i < k || a < axis || a >= axis + k),
    )
    const rest = [...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]
    const summed = scatterAdd(front, indices, [x.shape[axis], ...rest])
    return [
      transpose(
        summed,
        x.shape.map((_, i) => (i === axis ? 0 : i < axis ? i + 1 : i)),
      ),
      undefined,
    ]
  },
  lower: (node, emit) =>
    emit.node(
      'Gather',
      node.inputs.map((t) => emit.value(t)),
      { axis: { int: node.attrs.axis } },
    ),
}

const asIndices = (indices: Tensor | NdArray | readonly number[]): Tensor => {
  if (indices instanceof Tensor) return indices
  if (indices instanceof NdArray) return constant(indices)
  if (!indices.every(Number.isInteger)) shapeError('take', `indices must be integers, got [${indices}]`)
  return constant(ndarray(indices, [indices.length], 'int64'))
}

/**
 * Elements of one axis by index (gather); the axis is replaced by the shape of the indices. Negative indices
 * count from the end; an index may come several times.
 *
 * @throws TweedieError `shape` when indices are not integers, or known while tracing and out of range
 *
 * @example
 * ```ts
 * take(x, [2, 0], 1) // columns 2 and 0 of a matrix
 * ```
 */
export const take = (x: Tensor, indices: Tensor | NdArray | readonly number[], axis = 0): Tensor =>
  apply(takeOp, [x, asIndices(indices)], { axis: axisOf('take', axis, x.shape.length) })

/**
 * Each entry of an axis several times in sequence.
 *
 * @example
 * ```ts
 * repeat(y, 128) // [2, 784] → [256, 784]: 128 times the first row, 128 times the second
 * ```
 */
export const repeat = (x: Tensor, times: number, axis = 0): Tensor =>
  times === 1
    ? x
    : take(
        x,
        Array.from({ length: x.shape[axis] * times }, (_, i) => Math.floor(i / times)),
        axis,
      )

interface ShapeAttrs extends Attrs {
  readonly shape: readonly number[]
}

const scatterOp: Op<ShapeAttrs> = {
  name: 'scatterAdd',
  infer: ([x, indices], { shape }) => {
    checkIndices('scatterAdd', indices, shape[0])
    if (!sameShape(x.shape, [...indices.shape, ...shape.slice(1)])) {
      shapeError(
        'scatterAdd',
        `${show(x.shape)} with indices ${show(indices.shape)} does not fit ${show(shape)}`,
      )
    }
    return { dtype: x.dtype, shape }
  },
  grad: ({ inputs: [, indices] }, g) => [take(g, indices), undefined],
  lower: (node, emit) => {
    const [x, indices] = node.inputs
    const blank = emit.node('Expand', [emit.constant(full([], 0, node.dtype)), emit.ints(node.attrs.shape)])
    const wide = emit.node('Cast', [emit.value(indices)], { to: { int: 7 } })
    const where = emit.node('Reshape', [wide, emit.ints([...indices.shape, 1])])
    return emit.node('ScatterND', [blank, where, emit.value(x)], { reduction: { text: 'add' } })
  },
}

/**
 * Zeros of `shape` with the rows of x added at the indices of the first axis: the transpose of {@link take}.
 *
 * @param x - [...indices, ...rest]
 * @param indices - int32 or int64, may repeat
 * @param shape - [n, ...rest]
 * @throws TweedieError `shape` when the three do not fit
 */
export const scatterAdd = (x: Tensor, indices: Tensor, shape: Shape): Tensor =>
  apply(scatterOp, [x, indices], { shape: [...shape] })

/** The elements of one or several axes in reverse order. */
export const flip = (x: Tensor, axes: number | readonly number[]): Tensor =>
  (typeof axes === 'number' ? [axes] : axes).reduce((t, axis) => {
    const n = t.shape[axisOf('flip', axis, t.shape.length)]
    return take(
      t,
      Array.from({ length: n }, (_, i) => n - 1 - i),
      axis,
    )
  }, x)
