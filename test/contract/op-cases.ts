/** Every exported op, with its value in plain arithmetic and the errors it must give. A new op is added here. */
import * as t from '../../src/tensor/index.ts'
import { constant, ndarray, type Tensor } from '../../src/tensor/index.ts'
import {
  at,
  broadcastGrid,
  dot,
  erfSeries,
  type Grid,
  grid,
  pointwise,
  reduced,
  reshaped,
  total,
} from './grid.ts'

/** An input of random numbers in [lo, hi). */
export interface Range {
  readonly shape: readonly number[]
  readonly lo: number
  readonly hi: number
}

export interface OpCase {
  /** Name of the exported function. */
  readonly op: string
  /** What is special about this case. */
  readonly title: string
  readonly inputs: readonly Range[]
  readonly apply: (...xs: Tensor[]) => Tensor
  readonly expected: (...xs: Grid[]) => Grid
  /** ONNX Runtime has no float64 kernel on the CPU. */
  readonly float32Only?: true
  /** The gradient is not the derivative, on purpose: only the value is checked here. */
  readonly valueOnly?: true
}

const range = (shape: readonly number[], lo = -2, hi = 2): Range => ({ shape, lo, hi })

type Options = Pick<OpCase, 'float32Only' | 'valueOnly'>

const entry = (
  op: string,
  title: string,
  inputs: readonly Range[],
  apply: OpCase['apply'],
  expected: OpCase['expected'],
  options: Options = {},
): OpCase => ({ op, title, inputs, apply, expected, ...options })

const unary = (
  op: string,
  apply: (x: Tensor) => Tensor,
  f: (x: number) => number,
  { lo = -2, hi = 2, ...options }: Options & { lo?: number; hi?: number } = {},
): OpCase => entry(op, `on [${lo}, ${hi}]`, [range([2, 5], lo, hi)], apply, pointwise(f), options)

const binary = (
  op: string,
  apply: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  { lo = -2, hi = 2, ...options }: Options & { lo?: number; hi?: number } = {},
): OpCase[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1, 2],
      [3, 1],
    ],
    [[], [2, 2]],
  ].map(([a, b]) =>
    entry(op, `[${a}] with [${b}]`, [range(a, lo, hi), range(b, lo, hi)], apply, pointwise(f), options),
  )

/** Booleans have no derivative, but the numbers that they select do. */
const asFloat = (b: Tensor, like: Tensor): Tensor => t.cast(b, like.dtype)
const bit = (b: boolean): number => (b ? 1 : 0)

const arithmetic: OpCase[] = [
  ...binary('add', t.add, (a, b) => a + b),
  ...binary('sub', t.sub, (a, b) => a - b),
  ...binary('mul', t.mul, (a, b) => a * b),
  ...binary('div', t.div, (a, b) => a / b, { lo: 0.5 }),
  ...binary('pow', t.pow, (a, b) => a ** b, { lo: 0.5 }),
  ...binary('maximum', t.maximum, Math.max),
  ...binary('minimum', t.minimum, Math.min),
  unary(
    'add',
    (x) => t.add(2, t.add(x, 3)),
    (x) => x + 5,
  ),
  unary(
    'sub',
    (x) => t.sub(2, t.sub(x, 3)),
    (x) => 5 - x,
  ),
  unary(
    'mul',
    (x) => t.mul(2, t.mul(x, 3)),
    (x) => 6 * x,
  ),
  unary(
    'div',
    (x) => t.div(2, t.div(x, 3)),
    (x) => 6 / x,
    { lo: 0.5 },
  ),
  ...[2, 3, 1].map((p) =>
    unary(
      'pow',
      (x) => t.pow(x, p),
      (x) => x ** p,
    ),
  ),
  ...[-1, 0.5, -1.5].map((p) =>
    unary(
      'pow',
      (x) => t.pow(x, p),
      (x) => x ** p,
      { lo: 0.5 },
    ),
  ),
  unary(
    'pow',
    (x) => t.pow(x, 0),
    () => 1,
  ),
  unary(
    'pow',
    (x) => t.pow(2, x),
    (x) => 2 ** x,
  ),
  unary(
    'clip',
    (x) => t.clip(x, -1, 0.5),
    (x) => Math.min(Math.max(x, -1), 0.5),
  ),
  unary('neg', t.neg, (x) => -x),
  unary('abs', t.abs, Math.abs),
  unary('sign', t.sign, Math.sign),
  unary('floor', t.floor, Math.floor),
  unary('ceil', t.ceil, Math.ceil),
  unary('round', t.round, Math.round),
  unary('reciprocal', t.reciprocal, (x) => 1 / x, { lo: 0.5 }),
  unary('square', t.square, (x) => x * x),
  unary('sqrt', t.sqrt, Math.sqrt, { lo: 0.5 }),
  unary('rsqrt', t.rsqrt, (x) => x ** -0.5, { lo: 0.5 }),
  unary('cast', (x) => t.cast(t.cast(x, 'int32'), x.dtype), Math.trunc, { valueOnly: true }),
]

const half = 0.5
const comparisons: OpCase[] = [
  ...binary(
    'equal',
    (a, b) => asFloat(t.equal(t.round(a), t.round(b)), a),
    (a, b) => bit(Math.round(a) === Math.round(b)),
  ),
  ...binary(
    'less',
    (a, b) => asFloat(t.less(a, b), a),
    (a, b) => bit(a < b),
  ),
  ...binary(
    'lessEqual',
    (a, b) => asFloat(t.lessEqual(a, b), a),
    (a, b) => bit(a <= b),
  ),
  ...binary(
    'greater',
    (a, b) => asFloat(t.greater(a, b), a),
    (a, b) => bit(a > b),
  ),
  ...binary(
    'greaterEqual',
    (a, b) => asFloat(t.greaterEqual(a, b), a),
    (a, b) => bit(a >= b),
  ),
  ...binary(
    'and',
    (a, b) => asFloat(t.and(t.less(a, half), t.less(b, half)), a),
    (a, b) => bit(a < half && b < half),
  ),
  ...binary(
    'or',
    (a, b) => asFloat(t.or(t.less(a, half), t.less(b, half)), a),
    (a, b) => bit(a < half || b < half),
  ),
  unary(
    'not',
    (x) => asFloat(t.not(t.less(x, half)), x),
    (x) => bit(!(x < half)),
  ),
  ...binary(
    'where',
    (a, b) => t.where(t.less(a, b), t.square(a), t.mul(b, 3)),
    (a, b) => (a < b ? a * a : 3 * b),
  ),
  unary(
    'where',
    (x) => t.where(t.less(x, 0), 1, x),
    (x) => (x < 0 ? 1 : x),
  ),
]

const f32 = { float32Only: true } as const
const logistic = (x: number): number => 1 / (1 + Math.exp(-x))
const functions: OpCase[] = [
  unary('exp', t.exp, Math.exp),
  unary('expm1', t.expm1, Math.expm1),
  unary('log', t.log, Math.log, { lo: 0.5 }),
  unary('log1p', t.log1p, Math.log1p, { lo: -0.9 }),
  unary('sin', t.sin, Math.sin),
  unary('cos', t.cos, Math.cos),
  unary('tan', t.tan, Math.tan, { lo: -1, hi: 1 }),
  unary('atan', t.atan, Math.atan, f32),
  unary('asin', t.asin, Math.asin, { lo: -0.8, hi: 0.8, ...f32 }),
  unary('acos', t.acos, Math.acos, { lo: -0.8, hi: 0.8, ...f32 }),
  unary('sinh', t.sinh, Math.sinh),
  unary('cosh', t.cosh, Math.cosh),
  unary('tanh', t.tanh, Math.tanh),
  unary('erf', t.erf, erfSeries, f32),
  unary('sigmoid', t.sigmoid, logistic),
  unary('softplus', t.softplus, (x) => Math.log(1 + Math.exp(x))),
  unary('logSigmoid', t.logSigmoid, (x) => Math.log(logistic(x))),
  unary('silu', t.silu, (x) => x * logistic(x)),
  unary('relu', t.relu, (x) => Math.max(x, 0)),
  unary(
    'leakyRelu',
    (x) => t.leakyRelu(x, 0.2),
    (x) => (x > 0 ? x : 0.2 * x),
  ),
  unary('elu', t.elu, (x) => (x > 0 ? x : Math.expm1(x))),
  unary('gelu', t.gelu, (x) => (x / 2) * (1 + erfSeries(x / Math.SQRT2)), f32),
]

const largest = (values: number[]): number => Math.max(...values)
const smallest = (values: number[]): number => Math.min(...values)
const average = (values: number[]): number => total(values) / values.length
const logTotal = (values: number[]): number => Math.log(total(values.map(Math.exp)))

const reductions = (['sum', 'mean', 'max', 'min', 'logsumexp'] as const).flatMap((op) => {
  const f = { sum: total, mean: average, max: largest, min: smallest, logsumexp: logTotal }[op]
  const shape = [2, 3, 4]
  return [
    entry(
      op,
      'all',
      [range(shape)],
      (x) => t[op](x),
      (x) => reshaped(reduced(x, [0, 1, 2], f), []),
    ),
    entry(
      op,
      'last axis',
      [range(shape)],
      (x) => t[op](x, { axes: -1 }),
      (x) => reshaped(reduced(x, [2], f), [2, 3]),
    ),
    entry(
      op,
      'two axes kept',
      [range(shape)],
      (x) => t[op](x, { axes: [0, -1], keepdims: true }),
      (x) => reduced(x, [0, 2], f),
    ),
    entry(
      op,
      'of a scalar',
      [range([])],
      (x) => t[op](x),
      (x) => x,
    ),
  ]
})

const softmaxes = [0, -1].flatMap((axis) => {
  const shift = (x: Grid) => reduced(x, [axis < 0 ? 1 : 0], logTotal)
  const minus = pointwise((a, b) => a - b)
  return [
    entry(
      'logSoftmax',
      `axis ${axis}`,
      [range([3, 4])],
      (x) => t.logSoftmax(x, axis),
      (x) => minus(x, shift(x)),
    ),
    entry(
      'softmax',
      `axis ${axis}`,
      [range([3, 4])],
      (x) => t.softmax(x, axis),
      (x) => pointwise(Math.exp)(minus(x, shift(x))),
    ),
  ]
})

const broadcasting: OpCase[] = [
  entry(
    'broadcastTo',
    'new and stretched axes',
    [range([2, 1])],
    (x) => t.broadcastTo(x, [3, 2, 2]),
    (x) => broadcastGrid(x, [3, 2, 2]),
  ),
  entry(
    'broadcastTo',
    'of a scalar',
    [range([])],
    (x) => t.broadcastTo(x, [2, 2]),
    (x) => broadcastGrid(x, [2, 2]),
  ),
  entry(
    'sumTo',
    'new and stretched axes',
    [range([3, 2, 2])],
    (x) => t.sumTo(x, [2, 1]),
    (x) => reshaped(reduced(x, [0, 2], total), [2, 1]),
  ),
  entry(
    'sumTo',
    'to a scalar',
    [range([3, 2])],
    (x) => t.sumTo(x, []),
    (x) => reshaped(reduced(x, [0, 1], total), []),
  ),
  entry(
    'fullLike',
    '3',
    [range([2, 3])],
    (x) => t.mul(t.fullLike(x, 3), x),
    pointwise((x) => 3 * x),
  ),
]

const layout: OpCase[] = [
  entry(
    'reshape',
    'with −1',
    [range([2, 6])],
    (x) => t.reshape(x, [3, -1]),
    (x) => reshaped(x, [3, 4]),
  ),
  entry(
    'reshape',
    'to a scalar',
    [range([1, 1])],
    (x) => t.reshape(x, []),
    (x) => reshaped(x, []),
  ),
  entry(
    'expandDims',
    'in the middle',
    [range([2, 3])],
    (x) => t.expandDims(x, 1),
    (x) => reshaped(x, [2, 1, 3]),
  ),
  entry(
    'expandDims',
    'at the end',
    [range([2, 3])],
    (x) => t.expandDims(x, -1),
    (x) => reshaped(x, [2, 3, 1]),
  ),
  entry(
    'alignTo',
    'per-sample factors',
    [range([2]), range([2, 3, 2])],
    (a, x) => t.mul(t.alignTo(a, x), x),
    (a, x) => grid([2, 3, 2], ([b, i, j]) => at(a, [b]) * at(x, [b, i, j])),
  ),
  entry(
    'transpose',
    'reversed',
    [range([2, 3, 4])],
    (x) => t.transpose(x),
    (x) => grid([4, 3, 2], ([i, j, k]) => at(x, [k, j, i])),
  ),
  entry(
    'transpose',
    'rotated',
    [range([2, 3, 4])],
    (x) => t.transpose(x, [1, -1, 0]),
    (x) => grid([3, 4, 2], ([i, j, k]) => at(x, [k, i, j])),
  ),
  entry('matrixTranspose', 'of a batch', [range([2, 3, 4])], t.matrixTranspose, (x) =>
    grid([2, 4, 3], ([b, i, j]) => at(x, [b, j, i])),
  ),
  entry(
    'slice',
    'a block',
    [range([4, 5])],
    (x) => t.slice(x, [1, -3], [3, -1]),
    (x) => grid([2, 2], ([i, j]) => at(x, [i + 1, j + 2])),
  ),
  entry(
    'slice',
    'with steps',
    [range([5, 7])],
    (x) => t.slice(x, [1, 0], [5, 7], [2, 3]),
    (x) => grid([2, 3], ([i, j]) => at(x, [1 + 2 * i, 3 * j])),
  ),
  entry(
    'slice',
    'steps that end early',
    [range([6])],
    (x) => t.slice(x, [1], [6], [3]),
    (x) => grid([2], ([i]) => at(x, [1 + 3 * i])),
  ),
  entry(
    'slice',
    'the first axis',
    [range([4, 2])],
    (x) => t.slice(x, [2]),
    (x) => grid([2, 2], ([i, j]) => at(x, [i + 2, j])),
  ),
  entry(
    'pad',
    'zeros',
    [range([2, 3])],
    (x) => t.pad(x, [1, 0], [0, 2]),
    (x) => grid([3, 5], ([i, j]) => at(x, [i - 1, j])),
  ),
  entry(
    'pad',
    'a value',
    [range([3])],
    (x) => t.pad(x, [1], [2], 7),
    (x) => grid([6], ([i]) => (i < 1 || i > 3 ? 7 : at(x, [i - 1]))),
  ),
  entry(
    'concat',
    'columns',
    [range([2, 1]), range([2, 3])],
    (a, b) => t.concat([a, b], -1),
    (a, b) => grid([2, 4], ([i, j]) => (j < 1 ? at(a, [i, j]) : at(b, [i, j - 1]))),
  ),
  entry(
    'concat',
    'a tensor with itself',
    [range([2, 2])],
    (x) => t.concat([x, t.square(x), x]),
    (x) => grid([6, 2], ([i, j]) => at(x, [i % 2, j]) ** (i === 2 || i === 3 ? 2 : 1)),
  ),
  entry(
    'split',
    'unequal',
    [range([2, 5])],
    (x) => t.mul(...twoOf(t.split(t.slice(x, [0, 1]), [2, 2], 1))),
    (x) => grid([2, 2], ([i, j]) => at(x, [i, j + 1]) * at(x, [i, j + 3])),
  ),
  entry(
    'split',
    'equal',
    [range([4, 2])],
    (x) => t.mul(...twoOf(t.split(x, 2))),
    (x) => grid([2, 2], ([i, j]) => at(x, [i, j]) * at(x, [i + 2, j])),
  ),
  entry(
    'stack',
    'new last axis',
    [range([2, 3]), range([2, 3])],
    (a, b) => t.stack([a, b], -1),
    (a, b) => grid([2, 3, 2], ([i, j, k]) => at(k === 0 ? a : b, [i, j])),
  ),
  entry(
    'flip',
    'both axes',
    [range([2, 3])],
    (x) => t.flip(x, [0, -1]),
    (x) => grid([2, 3], ([i, j]) => at(x, [1 - i, 2 - j])),
  ),
  entry(
    'take',
    'repeated and negative',
    [range([4, 2])],
    (x) => t.take(x, [2, 0, 2, -1]),
    (x) => grid([4, 2], ([i, j]) => at(x, [[2, 0, 2, 3][i], j])),
  ),
  entry(
    'take',
    'a matrix of indices in the middle',
    [range([2, 3, 2])],
    (x) => t.take(x, ndarray([0, 2, 2, 1], [2, 2], 'int32'), 1),
    (x) => grid([2, 2, 2, 2], ([a, i, j, b]) => at(x, [a, [0, 2, 2, 1][2 * i + j], b])),
  ),
  entry(
    'take',
    'one index, which removes the axis',
    [range([2, 3])],
    (x) => t.take(x, ndarray([1], [], 'int64'), 1),
    (x) => grid([2], ([i]) => at(x, [i, 1])),
  ),
  entry(
    'scatterAdd',
    'repeated',
    [range([3, 2])],
    (x) => t.scatterAdd(x, constant(ndarray([1, 3, 1], [3], 'int64')), [4, 2]),
    (x) => grid([4, 2], ([i, j]) => total([1, 3, 1].map((k, row) => (k === i ? at(x, [row, j]) : 0)))),
  ),
]

const twoOf = (list: readonly Tensor[]): [Tensor, Tensor] => [list[0], list[1]]

/** Σₖ a[…, i, k] b[…, k, j] with the batch axes of a and b broadcast by hand to `batch`. */
const matrixProduct = (
  a: Grid,
  b: Grid,
  batch: readonly number[],
  transA: boolean,
  transB: boolean,
): Grid => {
  const [A, B] = [a, b].map((g) => broadcastGrid(g, [...batch, ...g.shape.slice(-2)]))
  return grid([...batch, 3, 2], (index) => {
    const [outer, [i, j]] = [index.slice(0, -2), index.slice(-2)]
    const row = [0, 1, 2, 3].map((k) => at(A, [...outer, ...(transA ? [k, i] : [i, k])]))
    const column = [0, 1, 2, 3].map((k) => at(B, [...outer, ...(transB ? [j, k] : [k, j])]))
    return dot(row, column)
  })
}

const batches = [
  { a: [], b: [], batch: [] },
  { a: [2], b: [2], batch: [2] },
  { a: [2, 1], b: [3], batch: [2, 3] },
  { a: [], b: [2], batch: [2] },
]
const sides = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
]
const matrices: OpCase[] = sides.flatMap(([transA, transB]) =>
  batches.map(({ a, b, batch }) =>
    entry(
      'matmul',
      `batches [${a}] and [${b}]${transA ? ', aᵀ' : ''}${transB ? ', bᵀ' : ''}`,
      [range([...a, ...(transA ? [4, 3] : [3, 4])]), range([...b, ...(transB ? [2, 4] : [4, 2])])],
      (x, y) => t.matmul(x, y, { transA, transB }),
      (x, y) => matrixProduct(x, y, batch, transA, transB),
    ),
  ),
)

const crossCorrelation = (x: Grid, w: Grid, stride: number, padding: number, bias?: Grid): Grid => {
  const [b, c, h, wd] = x.shape
  const [o, , kh, kw] = w.shape
  const size = (n: number, k: number) => Math.floor((n + 2 * padding - k) / stride) + 1
  return grid([b, o, size(h, kh), size(wd, kw)], ([n, m, i, j]) => {
    const window = grid(
      [c, kh, kw],
      ([ci, p, q]) =>
        at(w, [m, ci, p, q]) * at(x, [n, ci, i * stride + p - padding, j * stride + q - padding]),
    )
    return total(window.data) + (bias ? at(bias, [m]) : 0)
  })
}

const convolutions: OpCase[] = [
  { image: [5, 4], kernel: [3, 3], stride: 1, padding: 1 },
  { image: [5, 6], kernel: [3, 3], stride: 2, padding: 1 },
  { image: [6, 5], kernel: [3, 3], stride: 2, padding: 0 },
  { image: [4, 5], kernel: [2, 3], stride: 1, padding: 0 },
  { image: [4, 5], kernel: [3, 2], stride: 3, padding: 2 },
  { image: [3, 3], kernel: [1, 1], stride: 1, padding: 0 },
  { image: [3, 4], kernel: [1, 1], stride: 2, padding: 1 },
  { image: [3, 2], kernel: [2, 2], stride: 1, padding: 3 },
].map(({ image, kernel, stride, padding }) =>
  entry(
    'conv2d',
    `${image.join('×')} by ${kernel.join('×')}, stride ${stride}, padding ${padding}`,
    [range([2, 2, ...image]), range([3, 2, ...kernel]), range([3])],
    (x, w, bias) => t.conv2d(x, w, { stride, padding, bias }),
    (x, w, bias) => crossCorrelation(x, w, stride, padding, bias),
    f32,
  ),
)

const attend =
  (heads: number) =>
  (q: Grid, k: Grid, v: Grid): Grid => {
    const [batch, length, channels] = q.shape
    const width = channels / heads
    return grid([batch, length, channels], ([b, l, c]) => {
      const first = Math.floor(c / width) * width
      const part = (g: Grid, row: number) =>
        Array.from({ length: width }, (_, i) => at(g, [b, row, first + i]))
      const weights = Array.from({ length: k.shape[1] }, (_, m) =>
        Math.exp(dot(part(q, l), part(k, m)) / Math.sqrt(width)),
      )
      return (
        dot(
          weights,
          weights.map((_, m) => at(v, [b, m, c])),
        ) / total(weights)
      )
    })
  }

const standardised = (x: Grid, axis: number, eps: number): Grid => {
  const mean = reduced(x, [axis], average)
  const variance = reduced(pointwise((a, m) => (a - m) ** 2)(x, mean), [axis], average)
  return pointwise((a, m, v) => (a - m) / Math.sqrt(v + eps))(x, mean, variance)
}

const networks: OpCase[] = [
  entry(
    'upsample',
    'by 2',
    [range([2, 2, 2, 3])],
    (x) => t.upsample(x, 2),
    (x) => grid([2, 2, 4, 6], ([b, c, i, j]) => at(x, [b, c, i >> 1, j >> 1])),
  ),
  entry(
    'upsample',
    'by 3',
    [range([1, 1, 1, 2])],
    (x) => t.upsample(x, 3),
    (x) => grid([1, 1, 3, 6], ([b, c, , j]) => at(x, [b, c, 0, Math.floor(j / 3)])),
  ),
  entry(
    'sumPool',
    'by 2',
    [range([1, 2, 4, 6])],
    (x) => t.sumPool(x, 2),
    (x) =>
      grid([1, 2, 2, 3], ([b, c, i, j]) =>
        total(grid([2, 2], ([p, q]) => at(x, [b, c, 2 * i + p, 2 * j + q])).data as number[]),
      ),
  ),
  entry(
    'avgPool',
    'by 3',
    [range([1, 2, 3, 6])],
    (x) => t.avgPool(x, 3),
    (x) =>
      grid([1, 2, 1, 2], ([b, c, i, j]) =>
        average([...grid([3, 3], ([p, q]) => at(x, [b, c, 3 * i + p, 3 * j + q])).data]),
      ),
  ),
  entry(
    'pixelUnshuffle',
    'by 2',
    [range([2, 2, 4, 6])],
    (x) => t.pixelUnshuffle(x, 2),
    (x) => grid([2, 8, 2, 3], ([b, k, i, j]) => at(x, [b, k % 2, 2 * i + (k >> 2), 2 * j + ((k >> 1) % 2)])),
  ),
  entry(
    'pixelShuffle',
    'by 2',
    [range([2, 8, 2, 3])],
    (x) => t.pixelShuffle(x, 2),
    (x) => grid([2, 2, 4, 6], ([b, c, i, j]) => at(x, [b, 4 * (i % 2) + 2 * (j % 2) + c, i >> 1, j >> 1])),
  ),
  entry(
    'layerNorm',
    'last axis',
    [range([3, 6])],
    (x) => t.layerNorm(x),
    (x) => standardised(x, 1, 1e-5),
  ),
  entry(
    'layerNorm',
    'channels, larger eps',
    [range([2, 4, 3])],
    (x) => t.layerNorm(x, { axis: 1, eps: 0.1 }),
    (x) => standardised(x, 1, 0.1),
  ),
  entry(
    'attention',
    'one head',
    [range([2, 3, 4]), range([2, 3, 4]), range([2, 3, 4])],
    (q, k, v) => t.attention(q, k, v, 1),
    attend(1),
  ),
  entry(
    'attention',
    'two heads, other length',
    [range([1, 2, 4]), range([1, 3, 4]), range([1, 3, 4])],
    (q, k, v) => t.attention(q, k, v, 2),
    attend(2),
  ),
]

const controls: OpCase[] = [
  entry('stopGradient', 'value', [range([2, 3])], t.stopGradient, (x) => x, { valueOnly: true }),
  entry(
    'withGradient',
    'the true rule',
    [range([2, 3])],
    (x) => t.withGradient(t.sin(x), [x], (g) => [t.mul(g, t.cos(x))]),
    pointwise(Math.sin),
  ),
  entry(
    'rematerialise',
    'of two tensors',
    [range([2, 3]), range([3, 2])],
    (a, b) => t.rematerialise(({ p, q }) => t.tanh(t.matmul(p, t.sin(q))), { p: a, q: b }),
    (a, b) =>
      grid([2, 2], ([i, j]) =>
        Math.tanh(total([0, 1, 2].map((k) => at(a, [i, k]) * Math.sin(at(b, [k, j]))))),
      ),
  ),
]

export const opCases: readonly OpCase[] = [
  ...arithmetic,
  ...comparisons,
  ...functions,
  ...reductions,
  ...softmaxes,
  ...broadcasting,
  ...layout,
  ...matrices,
  ...convolutions,
  ...networks,
  ...controls,
]
