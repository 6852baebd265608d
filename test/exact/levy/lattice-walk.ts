/**
 * E[x | xt] of walks x_i = x_{i−1} + u_i, x_0 = 0, with independent increments that have an atom at zero and
 * a Laplace density: forward and backward messages (Rabiner 1989) on a lattice h ℤ that all entries share.
 *
 *   α_i(x) = p(x_i = x, xt_1 … xt_{i−1}),   β_i(x) = p(xt_{i+1} … xt_N | x_i = x),
 *   p(x_i | xt) ∝ α_i β_i N(xt_i; x_i, σ²).
 *
 * Each entry has a window of points of the lattice, 7 σ to both sides of xt_i (or all of ±reach where that is
 * less), so the resolution goes with σ and there is no lowest level. Increments on the lattice have the same
 * atom, tails, mass and variance. What remains is the sum over points instead of the integral: for a Gaussian
 * of width s its error falls as exp(−2π² s²/h²). Runs of N equal entries narrow σ to σ/√N, which sets the
 * number of points. With 65 of them the error is at most 0.2 % of that of E[x | xt] itself at any level, and
 * below 10⁻⁴ of it for σ up to the scale of the increments (against 321 points, 64 entries).
 *
 * Laplace tails beyond a window are exponentials, the same but for a factor wherever the next window lies;
 * messages are known up to a factor only, so windows at any distance cost nothing.
 */
import type { Denoiser } from '../../../src/diffusion/index.ts'
import {
  abs,
  add,
  cast,
  concat,
  constant,
  div,
  equal,
  exp,
  expandDims,
  expm1,
  flip,
  fullLike,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  ndarray,
  neg,
  reshape,
  round,
  sinh,
  slice,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  transpose,
  where,
  withGradient,
} from '../../../src/tensor/index.ts'

/** Increments: zero with probability 1 − active, else of a density on the lattice. */
export interface Increments {
  readonly active: number
  /** Probabilities of |u| = h · offsets, given that u is not the atom. */
  readonly law: (h: Tensor, offsets: Tensor) => Tensor
  /** Walks stay within ± this. */
  readonly reach: number
}

/**
 * Laplace increments of scale b: c exp(−|u|/b), with c by which the variance is 2b², and what is missing of
 * mass 1 at zero. c is h/2b (1 + O(h/b)⁴), as the trapezoidal rule with its correction at a kink has it.
 */
export const laplaceLaw =
  (b: number): Increments['law'] =>
  (h, offsets) => {
    const t = div(h, b)
    const c = div(mul(mul(square(sinh(mul(t, 0.5))), tanh(mul(t, 0.5))), 4), square(t))
    const zero = sub(1, div(mul(c, 2), expm1(t)))
    return where(equal(offsets, 0), zero, mul(c, exp(neg(mul(t, offsets)))))
  }

const range = (from: number, count: number): Tensor =>
  constant(
    ndarray(
      Array.from({ length: count }, (_, i) => from + i),
      [count],
      'float64',
    ),
  )

/** The lattice of a batch at one level: spacing h, and the middle [N, B] of each window in spacings. */
const latticeOf = ({ reach }: Increments, points: number, xt: Tensor, sigma: Tensor) => {
  const half = minimum(mul(sigma, 7), reach)
  const h = div(half, (points - 1) / 2)
  const room = sub(reach, half)
  const middle = round(div(minimum(maximum(xt, neg(room)), room), h))
  return { h: stopGradient(h), middle: stopGradient(middle) }
}

/** Probabilities of steps by so many spacings. */
const stepsOf = ({ active, law }: Increments, h: Tensor, offsets: Tensor): Tensor =>
  add(mul(law(h, offsets), active), mul(cast(equal(offsets, 0), 'float64'), 1 - active))

/** Row i of a tensor [N, B, ...], as [B, ...]. */
const at = (x: Tensor, i: number): Tensor => reshape(slice(x, [i], [i + 1]), x.shape.slice(1))

/**
 * How messages [B, G] go from window i to window i + 1, of windows whose middles are [N, B]: sums over the
 * points of one, at the points of the other.
 */
const transitions = (increments: Increments, G: number, h: Tensor, middle: Tensor) => {
  const [N, B] = middle.shape
  const offsets = abs(sub(expandDims(range(-G, 3 * G), 0), expandDims(range(0, G), 1)))
  const T = stepsOf(increments, h, offsets) // to the window itself and one more at both sides
  const moved = sub(slice(middle, [1]), slice(middle, [0], [N - 1]))
  const from = add(minimum(maximum(moved, -G), G), add(mul(range(0, B), 3 * G), G))
  const index = cast(add(expandDims(from, 2), range(0, G)), 'int64') // [N − 1, B, G]
  return (q: Tensor, i: number): Tensor => take(reshape(matmul(q, T), [B * 3 * G]), at(index, i))
}

/** Both directions as one batch: rows, and the same rows from the last entry to the first. */
const bothWays = (x: Tensor): Tensor => concat([x, flip(x, 0)], 1)

/** α and β of what {@link bothWays} made. */
const directions = (messages: readonly Tensor[]): readonly [Tensor, Tensor] => {
  const all = stack(messages)
  const B = all.shape[1] / 2
  return [slice(all, [0, 0], [all.shape[0], B]), flip(slice(all, [0, B]), 0)]
}

/**
 * The exact denoiser up to the lattice. All rows are at one level, as samplers have them: sigma's first.
 * Its derivative is written out, Jᵀ v = Cov[x | xt] v/σ², by messages of Σ v_j (x_j − E x_j).
 *
 * @param points - of each window, odd
 */
export const latticeDenoiser =
  (increments: Increments, points = 65): Denoiser =>
  (given, level) => {
    const xt = transpose(cast(given, 'float64'), [1, 0]) // [N, B]
    const sigma = cast(slice(level, [0], [1]), 'float64')
    const [N, B] = xt.shape
    const { h, middle } = latticeOf(increments, points, xt, sigma)
    const cells = add(expandDims(middle, 2), range(-(points - 1) / 2, points)) // [N, B, G]
    const energy = mul(square(div(sub(expandDims(xt, 2), mul(cells, h)), sigma)), -0.5)
    const likelihood = exp(sub(energy, stopGradient(max(energy, { axes: 2, keepdims: true }))))

    const both = bothWays(likelihood)
    const next = transitions(increments, points, h, bothWays(middle))
    const first = stepsOf(increments, h, abs(at(cells, 0)))
    const messages = [concat([first, fullLike(first, 1)])]
    const factors: Tensor[] = [] // likelihood over what keeps messages of sum 1
    for (let i = 0; i < N; i++) {
      const q = mul(messages[i], at(both, i))
      const factor = div(at(both, i), sum(q, { axes: 1, keepdims: true }))
      factors.push(factor)
      if (i + 1 < N) messages.push(next(mul(messages[i], factor), i))
    }
    const [alpha, beta] = directions(messages)
    const joint = mul(mul(alpha, beta), likelihood)
    const total = sum(joint, { axes: 2, keepdims: true })
    const mean = div(sum(mul(joint, cells), { axes: 2, keepdims: true }), total)

    const pullback = (g: Tensor): readonly Tensor[] => {
      const v = expandDims(transpose(cast(g, 'float64'), [1, 0]), 2)
      const deviation = sub(cells, mean)
      const own = mul(v, deviation)
      const source = bothWays(own)
      const sums = [fullLike(messages[0], 0)]
      for (let i = 0; i + 1 < N; i++)
        sums.push(next(mul(factors[i], add(mul(messages[i], at(source, i)), sums[i])), i))
      const [before, after] = directions(sums)
      const tilted = add(mul(joint, own), mul(likelihood, add(mul(before, beta), mul(alpha, after))))
      const product = div(sum(mul(tilted, deviation), { axes: 2, keepdims: true }), total)
      const scaled = mul(product, square(div(h, sigma)))
      return [cast(transpose(reshape(scaled, [N, B]), [1, 0]), given.dtype)]
    }
    const xhat = cast(transpose(reshape(mul(mean, h), [N, B]), [1, 0]), given.dtype)
    return withGradient(xhat, [given], pullback)
  }
