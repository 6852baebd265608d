/** Images made larger or smaller by whole factors: upsampling, its transpose, and average pooling. */
import { shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'
import { mul } from './arithmetic.ts'
import { type Pair, pairOf, showPair } from './pair.ts'
import { expectDType } from './pointwise.ts'

interface Factor extends Attrs {
  readonly factor: Pair
}

const resized = (name: string, x: Tensor, factor: Pair, scale: (n: number, factor: number) => number) => {
  expectDType(name, x, 'float')
  const [b, c, h, w] = x.shape
  const [oh, ow] = [scale(h, factor[0]), scale(w, factor[1])]
  if (x.shape.length !== 4 || ![...factor, oh, ow].every(Number.isInteger) || Math.min(...factor) < 1) {
    shapeError(
      name,
      `${show(x.shape)} is not an image batch [B, C, H, W] that fits the factor ${showPair(factor)}`,
    )
  }
  return { dtype: x.dtype, shape: [b, c, oh, ow] }
}

const upsampleOp: Op<Factor> = {
  name: 'upsample',
  infer: ([x], { factor }) => resized('upsample', x, factor, (n, f) => n * f),
  grad: (node, g) => [sumPool(g, node.attrs.factor)],
  lower: (node, emit) => (node.dtype === 'float32' ? nearest(node, emit) : repeated(node, emit)),
}

const nearest = (node: Tensor<Factor>, emit: Emit): string =>
  emit.node('Resize', [emit.value(node.inputs[0]), '', '', emit.ints(node.shape)], {
    mode: { text: 'nearest' },
    coordinate_transformation_mode: { text: 'asymmetric' },
    nearest_mode: { text: 'floor' },
  })

/** ONNX Runtime's Resize has no float64. */
const repeated = (node: Tensor<Factor>, emit: Emit): string => {
  const [b, c, h, w] = node.inputs[0].shape
  const [fh, fw] = node.attrs.factor
  const cells = emit.node('Reshape', [emit.value(node.inputs[0]), emit.ints([b * c, h, 1, w, 1])])
  const wide = emit.node('Expand', [cells, emit.ints([b * c, h, fh, w, fw])])
  return emit.node('Reshape', [wide, emit.ints(node.shape)])
}

/**
 * Every pixel repeated factor × factor times: [B, C, H, W] → [B, C, fH, fW].
 *
 * @param factor - one for both directions, or [along H, along W]
 * @throws TweedieError `shape` when x is not an image batch or the factor no integer ≥ 1
 */
export const upsample = (x: Tensor, factor: number | Pair): Tensor =>
  apply(upsampleOp, [x], { factor: pairOf(factor) })

const sumPoolOp: Op<Factor> = {
  name: 'sumPool',
  infer: ([x], { factor }) => resized('sumPool', x, factor, (n, f) => n / f),
  grad: (node, g) => [upsample(g, node.attrs.factor)],
  lower: (node, emit) => {
    const [b, c, h, w] = node.shape
    const [fh, fw] = node.attrs.factor
    const cells = emit.node('Reshape', [emit.value(node.inputs[0]), emit.ints([b * c, h, fh, w, fw])])
    const sums = emit.node('ReduceSum', [cells, emit.ints([2, 4])], { keepdims: { int: 0 } })
    return emit.node('Reshape', [sums, emit.ints(node.shape)])
  },
}

/**
 * Sums over factor × factor cells: the transpose of {@link upsample}.
 *
 * @throws TweedieError `shape` when x is not an image batch whose height and width the factor divides
 */
export const sumPool = (x: Tensor, factor: number | Pair): Tensor =>
  apply(sumPoolOp, [x], { factor: pairOf(factor) })

/** Means over factor × factor cells: [B, C, H, W] → [B, C, H/f, W/f]; otherwise like {@link sumPool}. */
export const avgPool = (x: Tensor, factor: number | Pair): Tensor => {
  const [fh, fw] = pairOf(factor)
  return mul(sumPool(x, [fh, fw]), 1 / (fh * fw))
}
