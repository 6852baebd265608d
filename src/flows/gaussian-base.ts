/**
 * Where a flow starts: not white noise but the posterior of a Gaussian fit of the prior. Of x ~ N(μ, s² I + U
 * Uᵀ), U [n, r], the entries that a mask m keeps are seen with noise σ. Given w, x = μ + U w + s ε has
 * independent entries, of variance g² = s²σ²/(σ² + s²m) given y. With N = m/(σ² + s²m),
 *
 *   w | y ~ N(w̄, K⁻¹),   K = I + Uᵀ N U,   w̄ = K⁻¹ Uᵀ N (y − μ),
 *   x̄ = E[x | y] = μ + U w̄ + s² N (y − μ − U w̄),
 *   V[x | y] = g (I + P K⁻¹ Pᵀ) g,   P = g U/s²,
 *
 * and since K + Pᵀ P = K₀ = I + UᵀU/s² whatever m is, the Cholesky factors K = L Lᵀ and K₀ = L₀ L₀ᵀ give a
 * square root, its inverse and its determinant in closed form:
 *
 *   R = I + P L⁻ᵀ (L + L₀)⁻¹ Pᵀ,   R Rᵀ = I + P K⁻¹ Pᵀ,
 *   R⁻¹ = I − P (L + L₀)⁻ᵀ L₀⁻¹ Pᵀ,   det R = det L₀/det L.
 *
 * (Multiply R Rᵀ out with S = L⁻¹ L₀, for which L⁻¹ Pᵀ P L⁻ᵀ = S Sᵀ − I.) So z ↦ x̄ + g R z costs two
 * products with U, and a fit without error leaves a flow nothing to learn. Where nothing is known of y, N =
 * 0: the base is the prior's fit itself. Couplings act on x − x̄, and what scales it leaves x̄ where it is.
 */
import { TweedieError } from '../error.ts'
import { cholesky, eliminate } from '../linalg/index.ts'
import type { NoiseRange } from '../operators/index.ts'
import {
  add,
  broadcastTo,
  constant,
  div,
  exp,
  expandDims,
  fullLike,
  greater,
  log,
  matmul,
  matrixTranspose,
  mul,
  type NdArray,
  ndarray,
  repeat,
  reshape,
  reshaped,
  type Shape,
  sizeOf,
  slice,
  sqrt,
  sub,
  sumRows,
  type Tensor,
  where,
  zeros,
} from '../tensor/index.ts'
import type { Moved } from './flow.ts'

/** The base of a flow as data; the arrays of the fit are the flow's statistics. */
export interface GaussianBase {
  /** s² of the fit N(μ, s² I + U Uᵀ). */
  readonly variance: number
  /** Columns of U. */
  readonly rank: number
  /**
   * y = m ∘ x + noise lies first in the condition, on the entries of x: the base is the posterior given y.
   * Without it, the fit of the prior.
   */
  readonly observed?: {
    /**
     * σ; or its range, where that of each observation is told by the last channel of the condition: log σ, −1
     * and 1 at the ends.
     */
    readonly noise: number | NoiseRange
    /** Whether the mask m, of all channels of x or of one, follows y in the condition; else all is seen. */
    readonly masked: boolean
  }
}

/** μ [n] and U [n, r], which training leaves as they are. */
export type GaussianArrays<L> = { readonly mean: L; readonly factor: L }

/** Where a flow begins, given Y of y. */
export interface Base {
  /** x̄ [Y, ...event]. */
  readonly mean: Tensor
  /** z ↦ x − x̄, [B, ...event]; fewer y than z are each for as many rows in sequence. */
  draw(z: Tensor): Moved
  /** x − x̄ ↦ z. */
  undo(d: Tensor): Moved
}

/** The arrays of a fit that is not known yet: zeros. */
export const emptyFit = (event: Shape, { rank }: GaussianBase): GaussianArrays<NdArray> => ({
  mean: zeros([sizeOf(event)]),
  factor: zeros([sizeOf(event), rank]),
})

const eye = (r: number, { dtype }: Tensor): Tensor =>
  constant(
    ndarray(
      Array.from({ length: r * r }, (_, i) => (i % (r + 1) === 0 ? 1 : 0)),
      [1, r, r],
      dtype,
    ),
  )

/** Elimination without pivoting: definite matrices, and triangular ones with a positive diagonal. */
const solved = (matrix: Tensor, b: Tensor): Tensor => eliminate(matrix, b).x

const inverse = (matrix: Tensor): Tensor =>
  solved(matrix, broadcastTo(eye(matrix.shape[1], matrix), matrix.shape))

/** The posterior given y: a row for each y, or one for all where they differ in nothing. */
interface Given {
  /** x̄ [Y or 1, n]. */
  readonly mean: Tensor
  /** g [Y or 1, n]. */
  readonly std: Tensor
  /** Cholesky factor of K, [Y or 1, r, r]. */
  readonly L: Tensor
  /** That of K₀, [1, r, r]. */
  readonly L0: Tensor
  /** (L + L₀)⁻¹. */
  readonly Q: Tensor
  /** log det (g R). */
  readonly logdet: Tensor
}

/**
 * A base of flows over `event`.
 *
 * @param condition - shape of one condition of the flow, on the points of x where y is `observed`
 * @param there - 1 for entries of x that are there, [...event]: the others are those of z; default all
 * @throws TweedieError `input` for a variance, a noise or a rank that is not positive, and when y and its
 *   mask do not lie in the condition
 */
export const gaussianBase = (
  base: GaussianBase,
  event: Shape,
  condition: Shape,
  there?: NdArray<'float32'>,
): ((fit: GaussianArrays<Tensor>, y: Tensor) => Base) => {
  const { variance: s2, rank, observed } = base
  const [channels, ...space] = event
  const n = sizeOf(event)
  const levels = typeof observed?.noise === 'object' ? observed.noise : undefined
  const noises = typeof observed?.noise === 'number' ? [observed.noise] : Object.values(levels ?? {})
  const positive: readonly number[] = [s2, rank, ...noises]
  if (!positive.every((v) => Number.isFinite(v) && v > 0))
    throw new TweedieError('input', `base: variance, rank and noise must be positive, got ${positive}`)
  const masks = condition[0] - channels - (levels ? 1 : 0)
  const fits = !observed?.masked || masks === 1 || masks === channels
  if (observed && !(String(condition.slice(1)) === String(space) && masks >= 0 && fits))
    throw new TweedieError('input', `base: y and its mask over [${event}] do not lie in [${condition}]`)

  /** Channels of the condition, flat; one channel serves all of x. */
  const flat = (y: Tensor, from: number, count: number): Tensor => {
    const [rows] = y.shape
    const zero = space.map(() => 0)
    const part = slice(y, [0, from, ...zero], [rows, from + count, ...space])
    return reshape(broadcastTo(part, [rows, ...event]), [rows, n])
  }

  /** σ² of each observation, [Y, 1]. */
  const varianceOf = (y: Tensor, { from, to }: NoiseRange): Tensor => {
    const zero = space.map(() => 0)
    const [rows, last] = [y.shape[0], condition[0] - 1]
    const told = slice(y, [0, last, ...zero], [rows, last + 1, ...space.map(() => 1)])
    return exp(add(mul(reshape(told, [rows, 1]), Math.log(to / from)), Math.log(from * to)))
  }

  /** g², N and y − μ; nothing is known of y without `observed`. */
  const seen = (y: Tensor, mu: Tensor) => {
    if (!observed) return undefined
    const { noise, masked } = observed
    const m = masked ? flat(y, channels, masks) : fullLike(mu, 1)
    const variance = typeof noise === 'number' ? noise ** 2 : varianceOf(y, noise)
    const total = add(mul(m, s2), variance)
    return {
      g2: div(mul(fullLike(total, s2), variance), total),
      N: div(m, total),
      e: sub(flat(y, 0, channels), mu),
    }
  }

  const row = there && constant(reshaped(there, [1, n]))
  const column = there && constant(reshaped(there, [n, 1]))
  /** v inside, `outside` elsewhere. */
  const inside = (v: Tensor, outside: Tensor | number): Tensor =>
    row ? where(greater(row, 0), v, outside) : v
  const volume = (g2: Tensor): Tensor => mul(sumRows(inside(log(g2), 0)), 0.5)

  const given = ({ mean: centre, factor }: GaussianArrays<Tensor>, y: Tensor): Given => {
    const U = column ? mul(factor, column) : factor
    const [mu, I] = [reshape(centre, [1, n]), eye(rank, U)]
    const gram = expandDims(matmul(U, U, { transA: true }), 0)
    const { L: L0, logDet: log0 } = cholesky(add(mul(gram, 1 / s2), I))
    const data = seen(y, mu)
    if (!data) {
      const g2 = fullLike(mu, s2)
      const logdet = add(volume(g2), reshape(log0, [1]))
      return { mean: inside(mu, 0), std: sqrt(g2), L: I, L0, Q: inverse(add(L0, I)), logdet }
    }
    const { g2, N, e } = data
    const K = add(matmul(mul(expandDims(N, 2), U), U, { transA: true }), I)
    const { L, logDet } = cholesky(K)
    const shared = matmul(pulled(inverse(K), matmul(mul(N, e), U)), U, { transB: true })
    return {
      mean: inside(add(add(mu, shared), mul(mul(N, s2), sub(e, shared))), 0),
      std: sqrt(g2),
      L,
      L0,
      Q: inverse(add(L, L0)),
      logdet: add(volume(g2), reshape(sub(log0, logDet), [N.shape[0]])),
    }
  }

  /** M a for a [rows, r] and M [1 or Y, r, r], each for as many rows in sequence. */
  const pulled = (M: Tensor, a: Tensor): Tensor => {
    const [Y] = M.shape
    const [rows] = a.shape
    return reshape(matmul(reshape(a, [Y, rows / Y, rank]), M, { transB: true }), [rows, rank])
  }

  /** Rows of something of y for as many rows of x. */
  const each = (t: Tensor, rows: number): Tensor => (t.shape[0] === 1 ? t : repeat(t, rows / t.shape[0]))

  return (fit, y) => {
    const { mean, std, L, L0, Q, logdet } = given(fit, y)
    const U = column ? mul(fit.factor, column) : fit.factor
    const along = (v: Tensor): Tensor => mul(matmul(v, U), 1 / s2 ** 2)
    const spread = (b: Tensor): Tensor => matmul(b, U, { transB: true })
    const by =
      (move: (rows: Tensor, g: Tensor) => Tensor, sign: 1 | -1) =>
      (h: Tensor): Moved => {
        const [rows] = h.shape
        const own = reshape(h, [rows, n])
        const moved = inside(move(own, each(std, rows)), own)
        const change = broadcastTo(each(mul(logdet, sign), rows), [rows])
        return { h: reshape(moved, h.shape), logdet: change }
      }
    return {
      mean: reshape(broadcastTo(mean, [y.shape[0], n]), [y.shape[0], ...event]),
      draw: by((z, g) => {
        const H = solved(matrixTranspose(L), Q)
        return mul(g, add(z, mul(g, spread(pulled(H, along(mul(z, g)))))))
      }, 1),
      undo: by((d, g) => {
        const back = matmul(Q, inverse(L0), { transA: true })
        return sub(div(d, g), mul(g, spread(pulled(back, along(d)))))
      }, -1),
    }
  }
}
