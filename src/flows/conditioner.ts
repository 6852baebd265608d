/**
 * The network of a coupling: concat(h_a, y) → [Linear → LeakyReLU → BatchNorm] twice → ZeroFC, whose
 * weights, bias and scale start at 0 and whose output is multiplied by exp(3 scale) (DPI,
 * score_prior). The first layer is kept as two matrices, for h_a and for y: for many draws from one y,
 * the second product is the same.
 */
import { freshWeights, type Linear } from '../nn/index.ts'
import { normal, stream } from '../random/index.ts'
import { add, exp, leakyRelu, matmul, mul, NdArray, type Shape, type Tensor, zeros } from '../tensor/index.ts'
import { type BatchNorm, batchNorm, initBatchNorm, initStatistics, type Statistics } from './batch-norm.ts'

/** Weights of a conditioner: a entries of h_a, m of y, width H, k outputs. */
export type Conditioner<L> = {
  /** [H, a], [H, m], [H]. */
  readonly signal: L
  readonly condition: L
  readonly bias: L
  readonly firstNorm: BatchNorm<L>
  /** [H, H], [H]. */
  readonly hidden: Linear<L>
  readonly secondNorm: BatchNorm<L>
  /** [k, H], [k]. */
  readonly out: Linear<L>
  /** [k]. */
  readonly scale: L
}

/** Running statistics of its two BatchNorms. */
export type ConditionerStatistics<L> = { readonly first: Statistics<L>; readonly second: Statistics<L> }

/** Lengths of h_a and y, the hidden width, and the number of outputs. */
export interface ConditionerSizes {
  readonly signal: number
  readonly condition: number
  readonly hidden: number
  readonly outputs: number
}

/** Deviation of fresh weights. */
const SPREAD = 0.05

/** Normal weights with deviation 0.05, from the stream of that name. */
export const normalWeights = (seed: number, name: string, shape: Shape): NdArray =>
  freshWeights(shape, () => {
    const { data } = normal(stream(seed, `flow.${name}`), shape)
    return new NdArray(
      'float32',
      shape,
      data.map((v) => SPREAD * v),
    )
  })

/** Fresh weights: the output is 0 whatever comes in. */
export const initConditioner = (
  seed: number,
  name: string,
  { signal, condition, hidden, outputs }: ConditionerSizes,
): Conditioner<NdArray> => ({
  signal: normalWeights(seed, `${name}.signal`, [hidden, signal]),
  condition: normalWeights(seed, `${name}.condition`, [hidden, condition]),
  bias: zeros([hidden]),
  firstNorm: initBatchNorm(hidden),
  hidden: { weight: normalWeights(seed, `${name}.hidden`, [hidden, hidden]), bias: zeros([hidden]) },
  secondNorm: initBatchNorm(hidden),
  out: { weight: zeros([outputs, hidden]), bias: zeros([outputs]) },
  scale: zeros([outputs]),
})

/** Statistics before any batch. */
export const initConditionerStatistics = (hidden: number): ConditionerStatistics<NdArray> => ({
  first: initStatistics(hidden),
  second: initStatistics(hidden),
})

const times = (x: Tensor, weight: Tensor): Tensor => matmul(x, weight, { transB: true })

/**
 * The parameters of a coupling's transform, from the half that it leaves alone.
 *
 * @param h - [B, a]
 * @param y - [B, m]
 * @returns `raw` [B, k], and the running statistics after this batch
 */
export const conditioned = (
  w: Conditioner<Tensor>,
  running: ConditionerStatistics<Tensor>,
  h: Tensor,
  y: Tensor,
  training: boolean,
): { raw: Tensor; statistics: ConditionerStatistics<Tensor> } => {
  const mixed = add(add(times(h, w.signal), times(y, w.condition)), w.bias)
  const first = batchNorm(leakyRelu(mixed), w.firstNorm, running.first, training)
  const deeper = add(times(first.y, w.hidden.weight), w.hidden.bias)
  const second = batchNorm(leakyRelu(deeper), w.secondNorm, running.second, training)
  const raw = mul(add(times(second.y, w.out.weight), w.out.bias), exp(mul(w.scale, 3)))
  return { raw, statistics: { first: first.statistics, second: second.statistics } }
}
