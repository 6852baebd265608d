/**
 * BatchNorm (Ioffe & Szegedy 2015) over the rows of [B, H], eps 1e-2 and momentum 0.9 as in DPI and
 * score_prior.
 */
import {
  add,
  full,
  mean,
  mul,
  type NdArray,
  rsqrt,
  square,
  sub,
  type Tensor,
  zeros,
} from '../tensor/index.ts'

const EPS = 1e-2
const MOMENTUM = 0.9

/** Learned scale and shift after the normalisation, [H]. */
export type BatchNorm<L> = { readonly scale: L; readonly shift: L }

/** Running mean and (biased) variance, [H]. */
export type Statistics<L> = { readonly mean: L; readonly variance: L }

/** Scale 1, shift 0. */
export const initBatchNorm = (width: number): BatchNorm<NdArray> => ({
  scale: full([width], 1),
  shift: zeros([width]),
})

/** Mean 0, variance 1. */
export const initStatistics = (width: number): Statistics<NdArray> => ({
  mean: zeros([width]),
  variance: full([width], 1),
})

const averaged = (old: Tensor, now: Tensor): Tensor => add(mul(old, MOMENTUM), mul(now, 1 - MOMENTUM))

/** Scale and shift that BatchNorm with fixed statistics amounts to: y = a x + b. */
export const asAffine = (
  { scale, shift }: BatchNorm<Float64Array | Float32Array>,
  { mean, variance }: Statistics<Float64Array | Float32Array>,
): { a: Float64Array; b: Float64Array } => {
  const a = Float64Array.from(scale, (s, i) => s / Math.sqrt(variance[i] + EPS))
  return { a, b: Float64Array.from(shift, (s, i) => s - a[i] * mean[i]) }
}

/**
 * scale (x − m)/√(v + eps) + shift, with m and v of the batch in training, else the running ones.
 *
 * @param x - [B, H]
 * @returns the result, and the running statistics after this batch
 */
export const batchNorm = (
  x: Tensor,
  { scale, shift }: BatchNorm<Tensor>,
  running: Statistics<Tensor>,
  training: boolean,
): { y: Tensor; statistics: Statistics<Tensor> } => {
  if (!training) {
    const a = mul(scale, rsqrt(add(running.variance, EPS)))
    return { y: add(mul(x, a), sub(shift, mul(a, running.mean))), statistics: running }
  }
  const m = mean(x, { axes: 0 })
  const centred = sub(x, m)
  const v = mean(square(centred), { axes: 0 })
  return {
    y: add(mul(centred, mul(scale, rsqrt(add(v, EPS)))), shift),
    statistics: { mean: averaged(running.mean, m), variance: averaged(running.variance, v) },
  }
}
