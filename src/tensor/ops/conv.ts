/**
 * Two-dimensional convolution (cross-correlation) and its two transposes. With C(x, w) the convolution, ⟨C(x,
 * w), g⟩ = ⟨x, Cᵀ(g, w)⟩ = ⟨w, K(x, g)⟩: each of the three is bilinear and the gradients of each are the
 * other two, so derivatives of any order stay among them.
 */
import { sameShape, shapeError, show } from '../shape.ts'
import { type Attrs, apply, type Emit, type Op, type Tensor } from '../tensor.ts'
import { type Pair, pairOf, showPair } from './pair.ts'
import { describe, expectDType } from './pointwise.ts'
import { sum } from './reduce.ts'

/** Stride and zero padding: one number for both directions, or [along H, along W]. */
export interface ConvOptions {
  /** Default 1. */
  readonly stride?: number | Pair
  /** Zeros on every side, default 0. */
  readonly padding?: number | Pair
  /** [O], added to each output channel. */
  readonly bias?: Tensor
}

interface ConvAttrs extends Attrs {
  readonly stride: Pair
  readonly padding: Pair
}
interface ConvInputAttrs extends ConvAttrs {
  readonly size: readonly number[]
}

const outSize = (axis: 0 | 1, n: number, k: number, { stride, padding }: ConvAttrs): number =>
  Math.floor((n + 2 * padding[axis] - k) / stride[axis]) + 1

const checkOptions = ({ stride, padding }: ConvAttrs): void => {
  const valid = [...stride, ...padding].every(Number.isInteger)
  if (!valid || Math.min(...stride) < 1 || Math.min(...padding) < 0) {
    shapeError(
      'conv2d',
      `stride ${showPair(stride)} must be ≥ 1 and padding ${showPair(padding)} ≥ 0, both integers`,
    )
  }
}

const conv = ({ stride, padding }: ConvAttrs) => ({
  strides: { ints: stride },
  pads: { ints: [...padding, ...padding] },
})

const convOp: Op<ConvAttrs> = {
  name: 'conv2d',
  infer: ([x, w, bias], attrs) => {
    expectDType('conv2d', x, 'float32')
    checkOptions(attrs)
    const fits =
      x.shape.length === 4 && w.shape.length === 4 && x.shape[1] === w.shape[1] && x.dtype === w.dtype
    if (!fits) shapeError('conv2d', `input ${describe(x)} does not fit weights ${describe(w)}`)
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== w.shape[0] || bias.dtype !== w.dtype)) {
      shapeError('conv2d', `bias ${describe(bias)} does not fit weights ${describe(w)}`)
    }
    const [b, , h, wd] = x.shape
    const [o, , kh, kw] = w.shape
    const size = [outSize(0, h, kh, attrs), outSize(1, wd, kw, attrs)]
    if (size.some((n) => n <= 0)) {
      const padded = `${show(x.shape)} with padding ${showPair(attrs.padding)}`
      shapeError('conv2d', `kernel ${kh}×${kw} is larger than the input ${padded}`)
    }
    return { dtype: x.dtype, shape: [b, o, ...size] }
  },
  grad: ({ inputs: [x, w, bias], attrs }, g) => [
    convInput(g, w, { ...attrs, size: x.shape.slice(2) }),
    convKernel(x, g, { ...attrs, size: w.shape.slice(2) }),
    bias && sum(g, { axes: [0, 2, 3] }),
  ],
  lower: (node, emit) =>
    emit.node(
      'Conv',
      node.inputs.map((t) => emit.value(t)),
      conv(node.attrs),
    ),
}

const convInputOp: Op<ConvInputAttrs> = {
  name: 'convInput',
  infer: ([g, w], { size }) => ({ dtype: g.dtype, shape: [g.shape[0], w.shape[1], ...size] }),
  grad: ({ inputs: [g, w], attrs: { stride, padding } }, v) => [
    conv2d(v, w, { stride, padding }),
    convKernel(v, g, { stride, padding, size: w.shape.slice(2) }),
  ],
  lower: (node, emit) => {
    const { stride, padding } = node.attrs
    const [g, w] = node.inputs
    const [kh, kw] = w.shape.slice(2)
    const flippedPadding: Pair = [kh - 1 - padding[0], kw - 1 - padding[1]]
    // With stride 1 a convolution with flipped, transposed weights is faster than ConvTranspose.
    if (Math.max(...stride) === 1 && Math.min(...flippedPadding) >= 0) {
      const attrs = { stride, padding: flippedPadding }
      return emit.node('Conv', [emit.value(g), flippedWeights(w, emit)], conv(attrs))
    }
    const rest = (axis: 0 | 1) => {
      const [n, out, k] = [node.attrs.size[axis], g.shape[2 + axis], w.shape[2 + axis]]
      return n - ((out - 1) * stride[axis] - 2 * padding[axis] + k)
    }
    return emit.node('ConvTranspose', [emit.value(g), emit.value(w)], {
      ...conv(node.attrs),
      output_padding: { ints: [rest(0), rest(1)] },
    })
  },
}

/** [O, I, kh, kw] → [I, O, kh, kw] with both spatial axes reversed, once per weight. */
const flippedWeights = (w: Tensor, emit: Emit): string => {
  const name = emit.value(w)
  return emit.once(`flip ${name}`, () => {
    const [o, i, kh, kw] = w.shape
    const flat = emit.node('Reshape', [name, emit.ints([o, i, kh * kw])])
    const order = emit.ints(Array.from({ length: kh * kw }, (_, j) => kh * kw - 1 - j))
    const flipped = emit.node('Gather', [flat, order], { axis: { int: 2 } })
    const swapped = emit.node('Transpose', [flipped], { perm: { ints: [1, 0, 2] } })
    return emit.node('Reshape', [swapped, emit.ints([i, o, kh, kw])])
  })
}

const convKernelOp: Op<ConvInputAttrs> = {
  name: 'convKernel',
  infer: ([x, g], { size }) => ({ dtype: x.dtype, shape: [g.shape[1], x.shape[1], ...size] }),
  grad: ({ inputs: [x, g], attrs: { stride, padding } }, v) => [
    convInput(g, v, { stride, padding, size: x.shape.slice(2) }),
    conv2d(x, v, { stride, padding }),
  ],
  lower: (node, emit) => {
    const { stride, padding, size } = node.attrs
    const [x, g] = node.inputs
    const [b, c, h, wd] = x.shape
    const [, o, oh, ow] = g.shape
    const [kh, kw] = size
    const pads = [0, 0, ...padding, 0, 0, ...padding]
    const padded =
      Math.max(...padding) > 0 ? emit.node('Pad', [emit.value(x), emit.ints(pads)]) : emit.value(x)
    const flatG = emit.node('Reshape', [emit.value(g), emit.ints([b, o, oh * ow])])
    const cut = (from: string, axis: 0 | 1, k: number, out: number, n: number) =>
      emit.node('Slice', [
        from,
        emit.ints([k]),
        emit.ints([Math.min(k + (out - 1) * stride[axis] + 1, n + 2 * padding[axis])]),
        emit.ints([2 + axis]),
        emit.ints([stride[axis]]),
      ])
    const taps: string[] = []
    const columns = Array.from({ length: kw }, (_, j) => cut(padded, 1, j, ow, wd))
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const shifted = emit.node('Reshape', [cut(columns[j], 0, i, oh, h), emit.ints([b, c, oh * ow])])
        const pixelsFirst = emit.node('Transpose', [shifted], { perm: { ints: [0, 2, 1] } })
        const products = emit.node('MatMul', [flatG, pixelsFirst])
        taps.push(emit.node('ReduceSum', [products, emit.ints([0])], { keepdims: { int: 0 } }))
      }
    }
    const stacked = emit.node(
      'Concat',
      taps.map((t) => emit.node('Reshape', [t, emit.ints([o, c, 1])])),
      {
        axis: { int: 2 },
      },
    )
    return emit.node('Reshape', [stacked, emit.ints([o, c, kh, kw])])
  },
}

/**
 * Cross-correlation of images [B, I, H, W] with weights [O, I, kh, kw] → [B, O, H', W'], H' = ⌊(H + 2 padding
 * − kh)/stride⌋ + 1. A signal is an image of one row, with kernels [O, I, 1, k]. Float32 only: ONNX Runtime
 * has no other kernel on the CPU.
 *
 * @throws TweedieError `shape` when images, weights and bias do not fit, or the kernel
 *   is larger than the image
 *
 * @example
 * ```ts
 * conv2d(x, w, { stride: 2, padding: 1, bias }) // halves even sizes with a 3×3 kernel
 * ```
 */
export const conv2d = (x: Tensor, w: Tensor, { stride = 1, padding = 0, bias }: ConvOptions = {}): Tensor =>
  apply(convOp, bias ? [x, w, bias] : [x, w], { stride: pairOf(stride), padding: pairOf(padding) })

/**
 * The transpose of {@link conv2d} in its images: each entry of [B, O, H', W'] spreads its kernel of weights
 * [O, I, kh, kw], and what overlaps adds up → [B, I, ...size]. Float32 only, as {@link conv2d}.
 *
 * @param options - stride and padding of the convolution, and the size [H, W] of its images
 * @throws TweedieError `shape` when the convolution does not take images of that size to g
 *
 * @example
 * ```ts
 * convTranspose2d(y, w, { stride: 2, padding: 1, size: [16, 16] }) // of y [B, O, 8, 8], with 4×4 kernels
 * ```
 */
export const convTranspose2d = (
  g: Tensor,
  w: Tensor,
  { stride = 1, padding = 0, size }: Pick<ConvOptions, 'stride' | 'padding'> & { readonly size: Pair },
): Tensor => {
  const attrs = { stride: pairOf(stride), padding: pairOf(padding), size }
  expectDType('convTranspose2d', g, 'float32')
  checkOptions(attrs)
  const fits =
    g.shape.length === 4 && w.shape.length === 4 && g.shape[1] === w.shape[0] && g.dtype === w.dtype
  if (!fits) shapeError('convTranspose2d', `input ${describe(g)} does not fit weights ${describe(w)}`)
  const out = ([0, 1] as const).map((i) => outSize(i, size[i], w.shape[2 + i], attrs))
  if (!sameShape(out, g.shape.slice(2)))
    shapeError('convTranspose2d', `images ${show(size)} become ${show(out)}, not ${show(g.shape.slice(2))}`)
  return convInput(g, w, attrs)
}

/** The same without checks: [B, O, H', W'] → [B, I, ...size]. */
const convInput = (g: Tensor, w: Tensor, { stride, padding, size }: ConvInputAttrs): Tensor =>
  apply(convInputOp, [g, w], { stride, padding, size: [...size] })

/** The transpose of {@link conv2d} in its weights: → [O, I, ...size]. */
const convKernel = (x: Tensor, g: Tensor, { stride, padding, size }: ConvInputAttrs): Tensor =>
  apply(convKernelOp, [x, g], { stride, padding, size: [...size] })
