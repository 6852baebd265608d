/** Of a covariance Σ: products, a root, the inverse, the determinant, and the gain of a Gaussian denoiser. */
import { TweedieError } from '../error.ts'
import {
  add,
  broadcastTo,
  cast,
  div,
  expandDims,
  log,
  matmul,
  mul,
  NdArray,
  ndarray,
  reshape,
  sizeOf,
  sqrt,
  square,
  sum,
  sumRows,
  type Tensor,
  toNumbers,
} from '../tensor/index.ts'
import { constantLike } from './constant-like.ts'
import { entriesOf, fromCosines, toCosines } from './cosine-basis.ts'
import type { CosineCovariance, Covariance, LowRankCovariance } from './covariance.ts'
import { solveSpd } from './solve-spd.ts'
import { fullSpectrum, orthogonalFactor, whiteSpectrum } from './spectrum.ts'

/** fn on v [B, N], for v [B, ...event]. */
const flat = (v: Tensor, fn: (v: Tensor) => Tensor): Tensor =>
  reshape(fn(reshape(v, [v.shape[0], -1])), v.shape)

/** Variances as they multiply v [B, ...event], in its dtype. */
const entrywise = (variance: NdArray | Tensor, v: Tensor): Tensor => {
  const d = variance instanceof NdArray ? constantLike(variance, v) : cast(variance, v.dtype)
  const event = v.shape.slice(1)
  // Of a batch, whatever its size: [B, 1, ...] may have as many numbers as an event has entries.
  if (d.shape.length === v.shape.length && d.shape[0] === v.shape[0] && v.shape[0] > 1) return d
  return sizeOf(d.shape) === sizeOf(event) ? reshape(d, event) : d
}

/** The part D of D + U Uᵀ, as it multiplies v. */
const ownOf = ({ variance }: LowRankCovariance, v: Tensor): Tensor | number =>
  typeof variance === 'number' ? variance : entrywise(variance, v)

/** v ↦ Q f(Λ) Qᵀ v on rows v [B, N], for columns Q [N, k] and the values f(Λ). */
const spectral = (vectors: NdArray, values: readonly number[], v: Tensor): Tensor => {
  const Q = constantLike(vectors, v)
  const f = constantLike(ndarray(values, [1, values.length], 'float64'), v)
  return matmul(mul(matmul(v, Q), f), Q, { transB: true })
}

/** v ↦ (I + Q (f(1 + Λ) − 1) Qᵀ) v: a function f of I + V Vᵀ, V = S⁻¹ U. */
const ofWhite = (covariance: LowRankCovariance, f: (eigenvalue: number) => number) => {
  const { vectors, values, stds } = whiteSpectrum(covariance)
  const gains = values.map((value) => f(1 + value) - 1)
  return {
    function: (v: Tensor): Tensor => add(v, spectral(vectors, gains, v)),
    S: (v: Tensor): Tensor => constantLike(stds, v),
  }
}

/** B fn(Bᵀ v): what the covariance of the coefficients does, on rows of entries. */
const inCosines = (
  { event, within }: CosineCovariance,
  v: Tensor,
  fn: (w: Covariance, v: Tensor) => Tensor,
) => flat(v, (rows) => fromCosines(event, fn(within, toCosines(event, rows))))

/**
 * Σ v.
 *
 * @param v - [B, ...event]
 * @throws TweedieError `shape` when Σ is not one of such events
 *
 * @example
 * ```ts
 * covarianceTimes(isotropic(0.04), v) // 0.04 v
 * ```
 */
export const covarianceTimes = (covariance: Covariance, v: Tensor): Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return mul(v, covariance.variance)
    case 'diagonal':
      return mul(v, entrywise(covariance.variance, v))
    case 'lowRank':
      return flat(v, (w) => {
        const u = constantLike(covariance.factor, w)
        return add(mul(w, ownOf(covariance, w)), matmul(matmul(w, u), u, { transB: true }))
      })
    case 'fullRank':
      return flat(v, (w) => matmul(w, constantLike(covariance.matrix, w)))
    case 'cosine':
      return inCosines(covariance, v, covarianceTimes)
    case 'custom':
      return covariance.apply(v)
  }
}

/**
 * L z with L Lᵀ = Σ: a draw of N(0, Σ) when z is standard normal.
 *
 * @param z - [B, ...event]
 * @param shared - [B, r], for a low-rank Σ = D + U Uᵀ with r columns: then L = [D^½ U] acts on z and these
 *   together. Without them L = D^½ (I + D^-½ U Uᵀ D^-½)^½. Other kinds do not take it.
 */
export const covarianceFactor = (covariance: Covariance, z: Tensor, shared?: Tensor): Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return mul(z, Math.sqrt(covariance.variance))
    case 'diagonal':
      return mul(z, sqrt(entrywise(covariance.variance, z)))
    case 'lowRank':
      return flat(z, (w) => {
        if (!shared) {
          const root = ofWhite(covariance, Math.sqrt)
          return mul(root.function(w), root.S(w))
        }
        const d = ownOf(covariance, w)
        const own = mul(w, typeof d === 'number' ? Math.sqrt(d) : sqrt(d))
        return add(own, matmul(shared, constantLike(covariance.factor, w), { transB: true }))
      })
    case 'fullRank': {
      const { vectors, values } = fullSpectrum(covariance)
      return flat(z, (w) => spectral(vectors, values.map(Math.sqrt), w))
    }
    case 'cosine':
      return inCosines(covariance, z, (within, w) => covarianceFactor(within, w))
    case 'custom':
      return covariance.factor(z)
  }
}

/** Σ⁻¹ v. @param v - [B, ...event] */
export const covarianceInverse = (covariance: Covariance, v: Tensor): Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return mul(v, 1 / covariance.variance)
    case 'diagonal':
      return div(v, entrywise(covariance.variance, v))
    case 'lowRank':
      return flat(v, (w) => {
        const inverted = ofWhite(covariance, (e) => 1 / e)
        return div(inverted.function(div(w, inverted.S(w))), inverted.S(w))
      })
    case 'fullRank': {
      const { vectors, values } = fullSpectrum(covariance)
      return flat(v, (w) =>
        spectral(
          vectors,
          values.map((e) => 1 / e),
          w,
        ),
      )
    }
    case 'cosine':
      return inCosines(covariance, v, covarianceInverse)
    case 'custom':
      return covariance.inverse(v)
  }
}

const sumOfLogs = (values: readonly number[]): number => values.reduce((total, e) => total + Math.log(e), 0)

/**
 * ln det Σ of the events of v [B, ...event]: a number, or [B] where it differs between the rows of a batch or
 * is only known inside the program.
 */
export const covarianceLogDet = (covariance: Covariance, v: Tensor): number | Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return sizeOf(v.shape.slice(1)) * Math.log(covariance.variance)
    case 'diagonal':
      return sumRows(log(broadcastTo(entrywise(covariance.variance, v), v.shape)))
    case 'lowRank': {
      const { values, stds } = whiteSpectrum(covariance)
      return 2 * sumOfLogs(toNumbers(stds)) + sumOfLogs(values.map((e) => 1 + e))
    }
    case 'fullRank':
      return sumOfLogs(fullSpectrum(covariance).values)
    case 'cosine':
      return covarianceLogDet(covariance.within, reshape(v, [v.shape[0], -1]))
    case 'custom':
      return covariance.logDet(v)
  }
}

/**
 * The gain Σ (Σ + σ²I)⁻¹ v: what a denoiser keeps of xt − μ under the prior N(μ, Σ). Nothing cancels at large
 * σ, unlike in the textbook form I − σ² (Σ + σ²I)⁻¹.
 *
 * @param s2 - σ² [B, 1]
 * @param v - [B, N]
 * @throws TweedieError `input` for covariances that are known by their products only
 */
export const covarianceGain = (covariance: Covariance, s2: Tensor, v: Tensor): Tensor => {
  switch (covariance.kind) {
    case 'isotropic':
      return mul(v, div(covariance.variance, add(s2, covariance.variance)))
    case 'diagonal': {
      const d = entrywise(covariance.variance, v)
      return mul(v, div(d, add(s2, d)))
    }
    case 'lowRank':
      return typeof covariance.variance === 'number'
        ? gainAlong(covariance.variance, covariance.factor, s2, v)
        : gainWoodbury(covariance.variance, covariance.factor, s2, v)
    case 'fullRank': {
      const { vectors, values } = fullSpectrum(covariance)
      const Q = constantLike(vectors, v)
      const lambda = constantLike(ndarray(values, [1, values.length], 'float64'), v)
      const share = div(lambda, add(s2, lambda))
      return matmul(mul(matmul(v, Q), share), Q, { transB: true })
    }
    case 'cosine':
      return inCosines(covariance, v, (within, w) => covarianceGain(within, s2, w))
    case 'custom':
      throw new TweedieError('input', 'a Gaussian prior needs its covariance, got products with it alone')
  }
}

/**
 * Of d I + U Uᵀ. Orthogonal columns u of U are eigenvectors, with eigenvalues λ = d + ‖u‖², and d elsewhere:
 * λ/(λ + σ²) = d/(d + σ²) + σ²‖u‖²/((λ + σ²)(d + σ²)).
 */
const gainAlong = (d: number, factor: NdArray, s2: Tensor, v: Tensor): Tensor => {
  const u = constantLike(orthogonalFactor(factor), v)
  const lambda = add(sum(square(u), { axes: 0, keepdims: true }), d)
  const along = div(s2, mul(add(s2, lambda), add(s2, d)))
  return add(mul(v, div(d, add(s2, d))), matmul(mul(matmul(v, u), along), u, { transB: true }))
}

/** Of diag(d) + U Uᵀ, by Woodbury with E = d + σ²: (d/E) v + σ² E⁻¹ U K⁻¹ Uᵀ E⁻¹ v, K = I + Uᵀ E⁻¹ U. */
const gainWoodbury = (variance: NdArray, factor: NdArray, s2: Tensor, v: Tensor): Tensor => {
  const d = entrywise(variance, v)
  const u = constantLike(factor, v)
  const e = add(s2, d)
  const scaled = div(expandDims(u, 0), expandDims(e, 2))
  const k = matmul(u, scaled, { transA: true })
  const w = solveSpd(k, expandDims(matmul(div(v, e), u), 2), { ridge: 1 })
  const [b, r] = w.shape
  return add(mul(v, div(d, e)), mul(div(s2, e), matmul(reshape(w, [b, r]), u, { transB: true })))
}

/**
 * Σ written out, [n, n] in float64, outside programs.
 *
 * @param n - entries of an event
 * @throws TweedieError `input` for covariances whose numbers are known inside a program only
 */
export const covarianceMatrix = (covariance: Covariance, n: number): NdArray<'float64'> => {
  const matrix = (entry: (i: number, j: number) => number): NdArray<'float64'> =>
    new NdArray(
      'float64',
      [n, n],
      Float64Array.from({ length: n * n }, (_, k) => entry(Math.floor(k / n), k % n)),
    )
  switch (covariance.kind) {
    case 'isotropic':
      return matrix((i, j) => (i === j ? covariance.variance : 0))
    case 'diagonal': {
      if (!(covariance.variance instanceof NdArray)) break
      const d = toNumbers(covariance.variance)
      return matrix((i, j) => (i === j ? d[i] : 0))
    }
    case 'lowRank': {
      const { variance, factor } = covariance
      const [r, u] = [factor.shape[1], toNumbers(factor)]
      const own = (i: number): number => (typeof variance === 'number' ? variance : Number(variance.data[i]))
      const shared = (i: number, j: number): number => {
        let sum = 0
        for (let k = 0; k < r; k++) sum += u[i * r + k] * u[j * r + k]
        return sum
      }
      return matrix((i, j) => (i === j ? own(i) : 0) + shared(i, j))
    }
    case 'fullRank': {
      const values = toNumbers(covariance.matrix)
      return matrix((i, j) => values[i * n + j])
    }
    case 'cosine': {
      const { event, within } = covariance
      const half = entriesOf(event, toNumbers(covarianceMatrix(within, n))) // M B: each row as entries
      const turned = half.map((_, k) => half[(k % n) * n + Math.floor(k / n)])
      const both = entriesOf(event, turned)
      return matrix((i, j) => both[i * n + j])
    }
  }
  throw new TweedieError('input', `a ${covariance.kind} covariance has no numbers outside a program`)
}
