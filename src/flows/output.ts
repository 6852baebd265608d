/** A last layer that keeps x in a range: softplus for x > 0, a scaled sigmoid for an interval. */
import { TweedieError } from '../error.ts'
import {
  add,
  div,
  expm1,
  log,
  logSigmoid,
  maximum,
  mul,
  type NdArray,
  neg,
  sigmoid,
  softplus,
  sub,
  sumRows,
  type Tensor,
} from '../tensor/index.ts'
import type { Flow, FlowParams, Moved } from './flow.ts'

/** The range of x. */
export type Range =
  /** x > 0: softplus. */
  | { readonly kind: 'positive' }
  /** lo < x < hi: lo + (hi − lo) sigmoid. */
  | { readonly kind: 'interval'; readonly lo: number; readonly hi: number }

/** Entry by entry, h → x and back; log-determinants are of the direction of the call. */
interface Layer {
  apply(h: Tensor): Moved
  undo(x: Tensor): Moved
}

/** Smallest positive number in both precisions that divides without overflow. */
const TINY = 1e-37

/** x = log(1 + e^h), dx/dh = sigmoid(h); back by h = x + log(1 − e^(−x)), which overflows nowhere. */
const positive: Layer = {
  apply: (h) => ({ h: softplus(h), logdet: sumRows(logSigmoid(h)) }),
  undo: (x) => {
    const h = add(x, log(neg(expm1(neg(maximum(x, TINY))))))
    return { h, logdet: neg(sumRows(logSigmoid(h))) }
  },
}

const interval = (lo: number, hi: number): Layer => {
  const width = hi - lo
  const logSlope = (h: Tensor): Tensor => add(add(logSigmoid(h), logSigmoid(neg(h))), Math.log(width))
  return {
    apply: (h) => ({ h: add(mul(sigmoid(h), width), lo), logdet: sumRows(logSlope(h)) }),
    undo: (x) => {
      const least = width * (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23)
      const h = log(div(maximum(sub(x, lo), least), maximum(sub(hi, x), least)))
      return { h, logdet: neg(sumRows(logSlope(h))) }
    },
  }
}

const layerOf = (range: Range): Layer => {
  if (range.kind === 'positive') return positive
  const { lo, hi } = range
  if (Number.isFinite(lo) && Number.isFinite(hi) && lo < hi) return interval(lo, hi)
  throw new TweedieError('input', `withRange: needs finite lo < hi, got ${lo} and ${hi}`)
}

/**
 * The flow followed by a layer that keeps x in a range. Draws far out lie on its border after rounding;
 * `inverse` takes such an x as the point next to the border (|h| ≤ 16 for an interval in float32), so z
 * comes back only up to that.
 *
 * @throws TweedieError `input` when the interval is empty or infinite
 *
 * @example
 * ```ts
 * const flow = withRange(realNvp({ size: 784, condition: 784 }), { kind: 'interval', lo: -2, hi: 2 })
 * ```
 */
export const withRange = <P extends FlowParams<NdArray>, T extends FlowParams<Tensor>>(
  flow: Flow<P, T>,
  range: Range,
): Flow<P, T> => {
  const layer = layerOf(range)
  return {
    event: flow.event,
    condition: flow.condition,
    init: (seed) => flow.init(seed),
    sample: (params, y, z, mode) => {
      const { x, logdet, statistics } = flow.sample(params, y, z, mode)
      const out = layer.apply(x)
      return { x: out.h, logdet: add(logdet, out.logdet), statistics }
    },
    inverse: (params, x, y) => {
      const { h, logdet } = layer.undo(x)
      const rest = flow.inverse(params, h, y)
      return { z: rest.z, logdet: add(logdet, rest.logdet) }
    },
  }
}
