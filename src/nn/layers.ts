import {
  add,
  concat,
  constant,
  conv2d,
  cos,
  expandDims,
  matmul,
  mul,
  ndarray,
  type Pair,
  sin,
  type Tensor,
} from '../tensor/index.ts'
import type { Linear } from './init.ts'

/** x wᵀ + b over the last axis. */
export const linear = (x: Tensor, { weight, bias }: Linear<Tensor>): Tensor =>
  add(matmul(x, weight, { transB: true }), bias)

/** Convolution with "same" zero padding k // 2 along each axis. */
export const conv = (x: Tensor, { weight, bias }: Linear<Tensor>, stride: number | Pair = 1): Tensor => {
  const [kh, kw] = weight.shape.slice(2)
  return conv2d(x, weight, { bias, stride, padding: [Math.floor(kh / 2), Math.floor(kw / 2)] })
}

/**
 * Sinusoidal features of a scalar: [sin(w_j c)…, cos(w_j c)…], w_j = 10^(−4j/(F/2 − 1)).
 * @param c - [B]
 * @returns [B, features]; features must be even and at least 4
 */
export const embed = (c: Tensor, features: number): Tensor => {
  const half = features / 2
  const w = ndarray(
    Array.from({ length: half }, (_, j) => 10 ** ((-4 * j) / (half - 1))),
    [1, half],
    c.dtype,
  )
  const phase = mul(expandDims(c, 1), constant(w))
  return concat([sin(phase), cos(phase)], 1)
}
