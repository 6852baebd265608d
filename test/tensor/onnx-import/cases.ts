/** Every op that is read, at least once: a new rule joins the list. */
import { type DType, NdArray, ndarray, type Shape, sizeOf } from '../../../src/tensor/index.ts'
import type { Attribute } from '../../../src/tensor/onnx/proto.ts'
import { wave } from '../../numbers.ts'

type Attributes = Readonly<Record<string, Attribute>>

/** One node, what goes into it, and how many outputs it has. */
export interface OnnxCase {
  readonly op: string
  /** Inputs of a run, in order; names of `constants` are those of arrays in the file. */
  readonly inputs: readonly (NdArray | readonly number[] | undefined)[]
  readonly attributes?: Attributes
  readonly opset?: number
  readonly outputs?: number
  /** Of the result; default float32. */
  readonly dtype?: DType
}

const int = (value: number): Attribute => ({ int: value })
const ints = (...values: readonly number[]): Attribute => ({ ints: values })
const text = (value: string): Attribute => ({ text: value })
const float = (value: number): Attribute => ({ float: value })

const x = (...shape: Shape): NdArray => ndarray(wave(sizeOf(shape), shape.length), shape)
const positive = (...shape: Shape): NdArray =>
  ndarray(
    wave(sizeOf(shape)).map((v) => 1.2 + v),
    shape,
  )
const bools = (...shape: Shape): NdArray =>
  new NdArray(
    'bool',
    shape,
    Uint8Array.from(wave(sizeOf(shape)), (v) => (v > 0 ? 1 : 0)),
  )

const unary = (op: string, input = x(2, 5)): OnnxCase => ({ op, inputs: [input] })
const binary = (op: string, dtype?: DType): OnnxCase => ({ op, inputs: [x(2, 3, 4), x(3, 1)], dtype })
const list = (...values: readonly number[]) => values

const image = x(2, 4, 6, 5)
const kernel = (...shape: Shape): NdArray => ndarray(wave(sizeOf(shape), 0.7), shape)

const resize = (mode: string, place: string, sizes: Shape, more: Attributes = {}): OnnxCase => ({
  op: 'Resize',
  inputs: [x(1, 2, 4, 6), undefined, undefined, list(1, 2, ...sizes)],
  attributes: { mode: text(mode), coordinate_transformation_mode: text(place), ...more },
})

const arithmetic: readonly OnnxCase[] = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Sum', 'Mean'].map((op) => binary(op)),
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) => binary(op, 'bool')),
  { op: 'And', inputs: [bools(2, 3), bools(3)], dtype: 'bool' },
  { op: 'Or', inputs: [bools(2, 3), bools(3)], dtype: 'bool' },
  { op: 'Not', inputs: [bools(2, 3)], dtype: 'bool' },
  { op: 'Where', inputs: [bools(2, 3), x(2, 3), x(3)] },
  { op: 'Pow', inputs: [positive(2, 3), x(3)] },
  ...[1, 2, 3, 0.5, -1].map((p): OnnxCase => ({ op: 'Pow', inputs: [positive(2, 3), ndarray([p], [])] })),
  { op: 'Clip', inputs: [x(2, 5), ndarray([-0.3], []), ndarray([0.4], [])] },
  { op: 'Clip', inputs: [x(2, 5)], attributes: { min: float(-0.5) }, opset: 10 },
  ...['Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round', 'Exp', 'Sin', 'Cos', 'Tan', 'Tanh'].map((op) =>
    unary(op),
  ),
  ...['Sigmoid', 'Erf', 'Identity'].map((op) => unary(op)),
  ...['Reciprocal', 'Sqrt', 'Log'].map((op) => unary(op, positive(2, 5))),
  { op: 'Cast', inputs: [x(2, 3)], attributes: { to: int(6) }, dtype: 'int32' },
  { op: 'CastLike', inputs: [bools(2, 3), x(1)] },
]

const activations: readonly OnnxCase[] = [
  ...['Relu', 'Softplus', 'HardSigmoid', 'HardSwish', 'Selu', 'Elu'].map((op) => unary(op)),
  { ...unary('Mish'), opset: 18 },
  { op: 'LeakyRelu', inputs: [x(2, 5)], attributes: { alpha: float(0.2) } },
  { op: 'PRelu', inputs: [x(2, 3, 4), kernel(3, 1)] },
  { op: 'Elu', inputs: [x(2, 5)], attributes: { alpha: float(0.5) } },
  { ...unary('Gelu'), opset: 20 },
  { ...unary('Gelu'), opset: 20, attributes: { approximate: text('tanh') } },
  { op: 'Softmax', inputs: [x(2, 3, 4)], attributes: { axis: int(1) } },
  { op: 'Softmax', inputs: [x(2, 3, 4)], attributes: { axis: int(1) }, opset: 11 },
  { op: 'LogSoftmax', inputs: [x(2, 3, 4)] },
  unary('Dropout'),
]

const matrices: readonly OnnxCase[] = [
  { op: 'MatMul', inputs: [x(2, 3, 4), x(4, 5)] },
  { op: 'MatMul', inputs: [x(4), x(2, 4, 5)] },
  { op: 'MatMul', inputs: [x(3, 4), x(4)] },
  {
    op: 'Gemm',
    inputs: [x(4, 3), x(5, 4), x(5)],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5) },
  },
  { op: 'Gemm', inputs: [x(3, 4), x(4, 5)] },
  { op: 'Einsum', inputs: [x(2, 3, 4), x(2, 3, 5)], attributes: { equation: text('bct, bcs -> bts') } },
  { op: 'Einsum', inputs: [x(2, 3, 4), x(2, 5, 4)], attributes: { equation: text('bts,bcs->bct') } },
  { op: 'Einsum', inputs: [x(2, 3, 4, 2), x(5, 3)], attributes: { equation: text('nchw,dc->ndh') } },
  { op: 'Einsum', inputs: [x(2, 3, 4)], attributes: { equation: text('abc->ca') } },
]

const windows: readonly OnnxCase[] = [
  { op: 'Conv', inputs: [image, kernel(3, 4, 3, 3), x(3)], attributes: { pads: ints(1, 1, 1, 1) } },
  {
    op: 'Conv',
    inputs: [image, kernel(3, 4, 3, 2)],
    attributes: { pads: ints(0, 1, 1, 0), strides: ints(2, 2) },
  },
  {
    op: 'Conv',
    inputs: [image, kernel(6, 2, 2, 2), x(6)],
    attributes: { group: int(2), dilations: ints(2, 3) },
  },
  {
    op: 'Conv',
    inputs: [image, kernel(3, 4, 3, 3)],
    attributes: { auto_pad: text('SAME_UPPER'), strides: ints(2, 2) },
  },
  { op: 'Conv', inputs: [image, kernel(3, 4, 2, 2)], attributes: { auto_pad: text('SAME_LOWER') } },
  {
    op: 'Conv',
    inputs: [x(2, 3, 9), kernel(4, 3, 3), x(4)],
    attributes: { pads: ints(1, 1), strides: ints(2) },
  },
  {
    op: 'ConvTranspose',
    inputs: [image, kernel(4, 3, 4, 4), x(3)],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 1, 1) },
  },
  {
    op: 'ConvTranspose',
    inputs: [image, kernel(4, 3, 3, 3)],
    attributes: { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1), group: int(2) },
  },
  { op: 'ConvTranspose', inputs: [x(2, 3, 5), kernel(3, 2, 3)], attributes: { dilations: ints(2) } },
  { op: 'MaxPool', inputs: [image], attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) } },
  {
    op: 'MaxPool',
    inputs: [image],
    attributes: { kernel_shape: ints(3, 3), strides: ints(2, 1), pads: ints(1, 1, 1, 1) },
  },
  { op: 'AveragePool', inputs: [image], attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) } },
  { op: 'AveragePool', inputs: [image], attributes: { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) } },
  {
    op: 'AveragePool',
    inputs: [x(2, 3, 8)],
    attributes: { kernel_shape: ints(3), pads: ints(1, 1), count_include_pad: int(1) },
  },
]

const normalisations: readonly OnnxCase[] = [
  { op: 'InstanceNormalization', inputs: [image, x(4), kernel(4)], attributes: { epsilon: float(1e-3) } },
  { op: 'LayerNormalization', inputs: [x(2, 3, 4), x(4), kernel(4)] },
  { op: 'LayerNormalization', inputs: [x(2, 3, 4), x(3, 4)], attributes: { axis: int(1) } },
  {
    op: 'GroupNormalization',
    inputs: [image, x(4), kernel(4)],
    attributes: { num_groups: int(2) },
    opset: 21,
  },
  {
    op: 'GroupNormalization',
    inputs: [image, x(2), kernel(2)],
    attributes: { num_groups: int(2) },
    opset: 18,
  },
  { op: 'BatchNormalization', inputs: [image, x(4), kernel(4), x(4), positive(4)] },
]

const reductions: readonly OnnxCase[] = [
  ...[
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceL1',
    'ReduceL2',
    'ReduceSumSquare',
    'ReduceLogSumExp',
  ].map(
    (op): OnnxCase => ({ op, inputs: [x(2, 3, 4)], attributes: { axes: ints(1, -1), keepdims: int(0) } }),
  ),
  { op: 'ReduceSum', inputs: [x(2, 3, 4), list(-1)] },
  { op: 'ReduceSum', inputs: [x(2, 3, 4)], attributes: { keepdims: int(0) } },
  { op: 'ReduceSum', inputs: [x(2, 3, 4)], attributes: { noop_with_empty_axes: int(1) } },
  { op: 'ReduceMean', inputs: [x(2, 3, 4), list(0)], opset: 18 },
  { op: 'ReduceProd', inputs: [list(2, 3, 4)], dtype: 'int64', attributes: { keepdims: int(0) } },
  unary('GlobalAveragePool', image),
  unary('GlobalMaxPool', image),
]

const resizing: readonly OnnxCase[] = [
  resize('nearest', 'asymmetric', [8, 12], { nearest_mode: text('floor') }),
  resize('nearest', 'half_pixel', [8, 12]),
  resize('nearest', 'half_pixel', [6, 4], { nearest_mode: text('round_prefer_ceil') }),
  resize('nearest', 'asymmetric', [7, 12], { nearest_mode: text('ceil') }),
  resize('linear', 'half_pixel', [8, 9]),
  resize('linear', 'pytorch_half_pixel', [8, 1]),
  resize('linear', 'align_corners', [7, 11]),
  resize('linear', 'asymmetric', [2, 3]),
  resize('cubic', 'half_pixel', [8, 12]),
  resize('cubic', 'pytorch_half_pixel', [6, 9], { cubic_coeff_a: float(-0.5) }),
  {
    op: 'Resize',
    inputs: [x(1, 2, 4, 6), undefined, ndarray([1, 1, 2, 1.5])],
    attributes: { mode: text('linear') },
  },
  {
    op: 'Resize',
    inputs: [x(1, 2, 4, 6), ndarray([1, 1, 2, 2])],
    attributes: { mode: text('nearest') },
    opset: 10,
  },
  {
    op: 'Upsample',
    inputs: [x(1, 2, 4, 6), ndarray([1, 1, 2, 2])],
    attributes: { mode: text('linear') },
    opset: 9,
  },
]

const shapes: readonly OnnxCase[] = [
  { op: 'Reshape', inputs: [x(2, 3, 4), list(0, -1, 2)] },
  { op: 'Flatten', inputs: [x(2, 3, 4)], attributes: { axis: int(2) } },
  { op: 'Flatten', inputs: [x(2, 3, 4)], attributes: { axis: int(-1) } },
  { op: 'Squeeze', inputs: [x(2, 1, 3, 1), list(1)] },
  { op: 'Squeeze', inputs: [x(2, 1, 3, 1)], opset: 12 },
  { op: 'Squeeze', inputs: [x(2, 1, 3, 1)], attributes: { axes: ints(-1) }, opset: 12 },
  { op: 'Unsqueeze', inputs: [x(2, 3), list(0, -1)] },
  { op: 'Unsqueeze', inputs: [x(2, 3)], attributes: { axes: ints(1) }, opset: 12 },
  { op: 'Expand', inputs: [x(3, 1), list(2, 1, 4)] },
  { op: 'Shape', inputs: [x(2, 3, 4)], attributes: { start: int(1) }, dtype: 'int64' },
  { op: 'Size', inputs: [x(2, 3, 4)], dtype: 'int64' },
  { op: 'Constant', inputs: [], attributes: { value_floats: { floats: [1, 2.5] } } },
  { op: 'Constant', inputs: [], attributes: { value_ints: ints(3, 4) }, dtype: 'int64' },
  { op: 'Constant', inputs: [], attributes: { value: { array: x(2, 3) } } },
  { op: 'ConstantOfShape', inputs: [list(2, 3)], attributes: { value: { array: ndarray([0.5]) } } },
  { op: 'ConstantOfShape', inputs: [list(2, 3)] },
  { op: 'Range', inputs: [ndarray([1], []), ndarray([2], []), ndarray([0.3], [])] },
  { op: 'Transpose', inputs: [x(2, 3, 4)] },
  { op: 'Transpose', inputs: [x(2, 3, 4)], attributes: { perm: ints(1, 2, 0) } },
  { op: 'Concat', inputs: [x(2, 3), x(2, 1)], attributes: { axis: int(-1) } },
  { op: 'Tile', inputs: [x(2, 3), list(2, 1)] },
  { op: 'DepthToSpace', inputs: [x(2, 8, 2, 3)], attributes: { blocksize: int(2) } },
  { op: 'DepthToSpace', inputs: [x(2, 8, 2, 3)], attributes: { blocksize: int(2), mode: text('CRD') } },
  { op: 'SpaceToDepth', inputs: [x(2, 2, 4, 6)], attributes: { blocksize: int(2) } },
]

const parts: readonly OnnxCase[] = [
  { op: 'Slice', inputs: [x(4, 5), list(1, -3), list(2 ** 31, -1), list(0, 1)] },
  { op: 'Slice', inputs: [x(4, 5), list(-1), list(-10), list(1), list(-2)] },
  {
    op: 'Slice',
    inputs: [x(4, 5)],
    attributes: { starts: ints(1), ends: ints(3), axes: ints(-1) },
    opset: 9,
  },
  { op: 'Split', inputs: [x(2, 6)], attributes: { axis: int(1) }, outputs: 3 },
  { op: 'Split', inputs: [x(2, 6), list(1, 5)], attributes: { axis: int(1) }, outputs: 2 },
  { op: 'Gather', inputs: [x(4, 5), ndarray([-1], [], 'int64')], attributes: { axis: int(1) } },
  { op: 'Gather', inputs: [x(4, 5), ndarray([3, 0, 0, -1], [2, 2], 'int64')] },
  { op: 'Pad', inputs: [x(2, 3), list(1, 0, 0, 2), ndarray([0.5], [])] },
  { op: 'Pad', inputs: [x(4, 5), list(-1, 2, 1, -2)] },
  { op: 'Pad', inputs: [x(4, 5), list(2, 3, 1, 4)], attributes: { mode: text('reflect') } },
  { op: 'Pad', inputs: [x(4, 5), list(2, 0, 1, 4)], attributes: { mode: text('edge') } },
  {
    op: 'Pad',
    inputs: [x(4, 5), list(2, 1), undefined, list(1)],
    attributes: { mode: text('wrap') },
    opset: 19,
  },
]

export const onnxCases: readonly OnnxCase[] = [
  ...arithmetic,
  ...activations,
  ...matrices,
  ...windows,
  ...normalisations,
  ...reductions,
  ...resizing,
  ...shapes,
  ...parts,
]
