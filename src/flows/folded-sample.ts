/**
 * Sampling by a folded flow: three matrix products, two of LeakyReLU, tanh, exp and a
 * multiply–add for each coupling.
 */
import { TweedieError } from '../error.ts'
import {
  add,
  concat,
  constant,
  exp,
  expandDims,
  leakyRelu,
  matmul,
  mul,
  NdArray,
  repeat,
  split,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  transpose,
} from '../tensor/index.ts'
import type { FoldedCoupling, FoldedFlow } from './fold.ts'

/** The layout of samples in memory: one in each row, or in each column, which is faster for very many. */
export type SampleLayout = 'rows' | 'columns'

/** Draws from which on columns are faster; for fewer it counts that rows find their weights packed. */
const MANY = 512

/** The operations that depend on the layout. */
interface Axes {
  /** The axis of the entries. */
  readonly entries: 0 | 1
  /** W x for every sample x. */
  times(weight: NdArray, x: Tensor): Tensor
  /** A vector over entries, against every sample. */
  vector(v: Tensor): Tensor
  /** Sum over all entries of all parts, for every sample. */
  total(parts: readonly Tensor[]): Tensor
}

/** A constant matrix transposed now: then product, bias and LeakyReLU become one node. */
const turnedOnce = ({ shape, data, dtype }: NdArray): NdArray => {
  const [rows, columns] = shape
  const turned = dtype === 'float64' ? new Float64Array(data.length) : new Float32Array(data.length)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) turned[c * rows + r] = Number(data[r * columns + c])
  }
  return new NdArray(dtype, [columns, rows], turned)
}

const axes: Readonly<Record<SampleLayout, Axes>> = {
  rows: {
    entries: 1,
    times: (weight, x) => matmul(x, constant(turnedOnce(weight))),
    vector: (v) => expandDims(v, 0),
    total: (parts) => sum(concat(parts, 1), { axes: 1 }),
  },
  columns: {
    entries: 0,
    times: (weight, x) => matmul(constant(weight), x),
    vector: (v) => expandDims(v, 1),
    total: (parts) => parts.map((part) => sum(part, { axes: 0 })).reduce((a, b) => add(a, b)),
  },
}

/** The two halves of a batch. */
interface Halves {
  readonly stays: Tensor
  readonly moves: Tensor
}

const arrived = ({ arrival, signal }: FoldedCoupling, { stays, moves }: Halves, axis: number): Halves => {
  if (arrival.kind === 'swap') return { stays: moves, moves: stays }
  const a = signal.shape[1]
  const gathered = take(concat([stays, moves], axis), arrival.order, axis)
  const [first, second] = split(gathered, [a, arrival.order.length - a], axis)
  return { stays: first, moves: second }
}

/** Each of Y observations' columns (or rows) repeated for its K draws. */
const repeated = (x: Tensor, draws: number, axis: 0 | 1): Tensor => {
  const [rows, columns] = x.shape
  if ((axis === 0 ? columns : rows) === 1 || draws === 1) return x
  return repeat(x, draws, 1 - axis)
}

/**
 * Draws by a folded flow, K for each of Y observations; y is projected once for all of its draws.
 *
 * @param y - [Y, m]
 * @param z - [Y·K, n], standard normal, the draws of one observation in sequence
 * @param layout - how draws lie in memory inside; default columns from 512 draws on
 * @returns x [Y·K, n] and log|det ∂x/∂z| [Y·K]; what is not used is not computed
 * @throws TweedieError `shape` when y and z are not of these shapes
 *
 * @example
 * ```ts
 * const flow = realNvp({ size: 784, condition: 784, steps: 8 })
 * const folded = foldRealNvp(flow, flow.init(0))
 * const draw = jit((y: Tensor, z: Tensor) => foldedSample(folded, y, z).x)
 * ```
 */
export const foldedSample = (
  flow: FoldedFlow,
  y: Tensor,
  z: Tensor,
  layout: SampleLayout = z.shape[0] >= MANY ? 'columns' : 'rows',
): { x: Tensor; logdet: Tensor } => {
  const { size: n, condition: m, couplings } = flow
  const [count, observations] = [z.shape[0], y.shape[0]]
  if (
    z.shape.join() !== [count, n].join() ||
    y.shape.join() !== [observations, m].join() ||
    count % observations !== 0
  ) {
    throw new TweedieError(
      'shape',
      `foldedSample: needs y [Y, ${m}] and z [Y·K, ${n}], got [${y.shape}] and [${z.shape}]`,
    )
  }
  const { entries: axis, times, vector, total } = axes[layout]
  const turned = (x: Tensor): Tensor => (layout === 'columns' ? transpose(x) : x)
  const bias = (array: NdArray): Tensor => vector(constant(array))
  const projections = split(
    add(times(flow.conditions, turned(y)), bias(flow.conditionBias)),
    couplings.length,
    axis,
  )

  const g = turned(flow.offset ? sub(z, constant(flow.offset)) : z)
  const a = couplings[0].signal.shape[1]
  const [stays, moves] = split(g, [a, n - a], axis)
  let now: Halves = { stays, moves }
  const taus: Tensor[] = []
  for (const [k, coupling] of couplings.entries()) {
    const { stays, moves } = arrived(coupling, now, axis)
    const given = repeated(projections[k], count / observations, axis)
    const first = leakyRelu(add(times(coupling.signal, stays), given))
    const second = leakyRelu(add(times(coupling.hidden, first), bias(coupling.hiddenBias)))
    const tau = tanh(add(times(coupling.logScale, second), bias(coupling.logScaleBias)))
    const shift = add(times(coupling.shift, second), bias(coupling.shiftBias))
    now = { stays, moves: add(mul(moves, exp(tau)), shift) }
    taus.push(tau)
  }
  const out = turned(take(concat([now.stays, now.moves], axis), flow.departure, axis))
  return { x: mul(out, flow.scale), logdet: add(total(taus), flow.logdet) }
}
