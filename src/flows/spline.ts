/**
 * Monotonic rational-quadratic splines (Durkan, Bekasov, Murray & Papamakarios, "Neural Spline Flows",
 * NeurIPS 2019): K bins on [−b, b] with positive slopes at their K − 1 inner knots, the identity
 * outside. Where an affine coupling can only shift and stretch, this one can also split a mode in two.
 * In the terms of the paper, bin [x0, x1] → [y0, y1] with s = (y1 − y0)/(x1 − x0), ξ = (x − x0)/(x1 −
 * x0) and end slopes d0, d1:
 *
 *   y = y0 + (y1 − y0) (s ξ² + d0 ξ(1 − ξ)) / (s + (d0 + d1 − 2s) ξ(1 − ξ))                  (Eq. 4).
 */
import { TweedieError } from '../error.ts'
import { type Dense, dense, matrixOf } from '../linalg/index.ts'
import {
  abs,
  add,
  and,
  cast,
  clip,
  concat,
  constant,
  div,
  expandDims,
  greaterEqual,
  less,
  log,
  matmul,
  mul,
  ndarray,
  neg,
  reshape,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  sumRows,
  type Tensor,
  transpose,
  where,
} from '../tensor/index.ts'
import type { Moved } from './flow.ts'
import type { Transform } from './transform.ts'

/** Options of {@link spline}. */
export interface SplineOptions {
  /** Bins K, default 8. */
  readonly bins?: number
  /**
   * Half-width b of the interval that is moved, default 5 (z is standard normal, x has a spread of about 1).
   */
  readonly bound?: number
}

/**
 * Smallest share of the interval that a bin gets, and smallest slope at a knot: float32 inverts what is
 * steeper.
 */
const LEAST = 1e-2

/** softplus(x + SHIFT) + LEAST is 1 at x = 0. */
const SHIFT = Math.log(Math.expm1(1 - LEAST))

/** Knots and slopes of every entry, [N, K + 1] each. */
interface Knots {
  readonly x: Tensor
  readonly y: Tensor
  readonly slope: Tensor
}

/** The bin that an entry falls into: [N] each. */
interface Bin {
  readonly x0: Tensor
  readonly width: Tensor
  readonly y0: Tensor
  readonly height: Tensor
  readonly d0: Tensor
  readonly d1: Tensor
}

/** Column k holds the first k shares: knots = −b + 2b · shares · this. */
const cumulative = (bins: number): Dense => dense(matrixOf(bins, bins + 1, (i, k) => (i < k ? 1 : 0)))

const positions = (raw: Tensor, bound: number): Tensor => {
  const bins = raw.shape[1]
  const shares = add(mul(softmax(raw), 1 - LEAST * bins), LEAST)
  return sub(mul(matmul(shares, cumulative(bins)(raw)), 2 * bound), bound)
}

/** Parameters [N, 3K − 1] → knots: K widths, K heights, K − 1 slopes; the outer slopes are 1. */
const knots = (raw: Tensor, bins: number, bound: number): Knots => {
  const n = raw.shape[0]
  const part = (from: number, to: number): Tensor => slice(raw, [0, from], [n, to])
  const one = constant(ndarray(new Array<number>(n).fill(1), [n, 1], raw.dtype))
  const inner = add(softplus(add(part(2 * bins, 3 * bins - 1), SHIFT)), LEAST)
  return {
    x: positions(part(0, bins), bound),
    y: positions(part(bins, 2 * bins), bound),
    slope: concat([one, inner, one], 1),
  }
}

/**
 * The bin of `v` [N] among the given knots, found by comparison: no gather, and so no scatter in the
 * gradient.
 */
const binOf = (v: Tensor, among: Tensor, { x, y, slope }: Knots): Bin => {
  const [n, count] = among.shape
  const left = (t: Tensor): Tensor => slice(t, [0, 0], [n, count - 1])
  const right = (t: Tensor): Tensor => slice(t, [0, 1], [n, count])
  const at = expandDims(v, 1)
  const inside = and(greaterEqual(at, left(among)), less(at, right(among)))
  const choose = (t: Tensor): Tensor => sum(where(inside, t, 0), { axes: 1 })
  return {
    x0: choose(left(x)),
    width: choose(sub(right(x), left(x))),
    y0: choose(left(y)),
    height: choose(sub(right(y), left(y))),
    d0: choose(left(slope)),
    d1: choose(right(slope)),
  }
}

/**
 * log dy/dx at ξ: log(s² (d1 ξ² + 2s ξ(1 − ξ) + d0 (1 − ξ)²)) − 2 log(s + (d0 + d1 − 2s) ξ(1 − ξ)) (Eq. 5).
 */
const logSlope = (xi: Tensor, { width, height, d0, d1 }: Bin): Tensor => {
  const s = div(height, width)
  const rest = sub(1, xi)
  const both = mul(xi, rest)
  const top = add(add(mul(d1, square(xi)), mul(mul(s, both), 2)), mul(d0, square(rest)))
  const below = add(s, mul(sub(add(d0, d1), mul(s, 2)), both))
  return sub(add(mul(log(s), 2), log(top)), mul(log(below), 2))
}

const up = (v: Tensor, bin: Bin): { value: Tensor; slope: Tensor } => {
  const { x0, width, y0, height, d0, d1 } = bin
  const s = div(height, width)
  const xi = div(sub(v, x0), width)
  const both = mul(xi, sub(1, xi))
  const top = mul(height, add(mul(s, square(xi)), mul(d0, both)))
  const below = add(s, mul(sub(add(d0, d1), mul(s, 2)), both))
  return { value: add(y0, div(top, below)), slope: logSlope(xi, bin) }
}

/** ξ = 2c/(−b − √(b² − 4ac)), the root that does not cancel (Eq. 6–8). */
const down = (v: Tensor, bin: Bin): { value: Tensor; slope: Tensor } => {
  const { x0, width, y0, height, d0, d1 } = bin
  const s = div(height, width)
  const risen = sub(v, y0)
  const bend = mul(risen, sub(add(d0, d1), mul(s, 2)))
  const a = add(mul(height, sub(s, d0)), bend)
  const b = sub(mul(height, d0), bend)
  const c = neg(mul(s, risen))
  const root = sqrt(sub(square(b), mul(mul(a, c), 4)))
  const xi = div(mul(c, -2), add(b, root))
  return { value: add(x0, mul(xi, width)), slope: neg(logSlope(xi, bin)) }
}

/** [B, p·m] with one kind of parameter after the other → [B·m, p]. */
const perEntry = (raw: Tensor, p: number): Tensor => {
  const [batch, length] = raw.shape
  return reshape(transpose(reshape(raw, [batch, p, length / p]), [0, 2, 1]), [(batch * length) / p, p])
}

/**
 * Rational-quadratic spline coupling, for vectors [B, m].
 *
 * @throws TweedieError `input` when there are fewer than 2 bins or more than 50, or the bound is not positive
 *
 * @example
 * ```ts
 * const flow = realNvp({ size: 5, condition: 2, transform: spline({ bins: 8, bound: 5 }) })
 * ```
 */
export const spline = ({ bins = 8, bound = 5 }: SplineOptions = {}): Transform => {
  if (!(Number.isInteger(bins) && bins >= 2 && bins <= 50 && bound > 0 && Number.isFinite(bound))) {
    throw new TweedieError(
      'input',
      `spline: needs 2 to 50 bins and a positive bound, got ${bins} and ${bound}`,
    )
  }
  const moved = (h: Tensor, raw: Tensor, axis: 'x' | 'y', map: typeof up): Moved => {
    const flat = reshape(h, [-1])
    const within = less(abs(flat), bound)
    const k = knots(perEntry(raw, 3 * bins - 1), bins, bound)
    // Entries outside are looked up at 0, where nothing can overflow; rounding may leave the
    // outer knots a little short.
    const safe = clip(where(within, flat, 0), -bound * (1 - 1e-6), bound * (1 - 1e-6))
    const { value, slope } = map(safe, binOf(safe, k[axis], k))
    return {
      h: reshape(where(within, value, flat), h.shape),
      logdet: sumRows(reshape(mul(slope, cast(within, h.dtype)), h.shape)),
    }
  }
  return {
    name: `spline(${bins})`,
    perEntry: 3 * bins - 1,
    forward: (h, raw) => moved(h, raw, 'x', up),
    inverse: (h, raw) => moved(h, raw, 'y', down),
  }
}
