/**
 * Factor analysis of masked observations by variational Bayes (Bishop 1999; Ilin & Raiko 2010, who treat
 * missing entries): with q = 1 + r, w = (1, z) and rows b_p = (μ_p, u_p),
 *
 *   y_ip = b_pᵀ w_i + e_ip,   z_i ~ N(0, I),   e_ip ~ N(0, d_p + s_ip),   b_p ~ N(b₀, Λ⁻¹),
 *
 * over the seen entries (i, p) alone. The posteriors of z_i and of b_p are Gaussian, each given the moments
 * of the other. The spread of b_p says how little few observations tell of an entry: it goes into its
 * variance, and Λ, fitted to all rows, draws those rows to b₀ that were hardly seen. After each pass z is
 * made white again and turned along the axes of U, which speeds convergence up (Liu, Rubin & Wu 1998) and
 * lets Λ switch off columns. A pass costs O(count · size · q²).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { denseCholesky, spdInverse } from '../linalg/index.ts'
import { normal, stream } from '../random/index.ts'
import { jit, matmul, NdArray, type Tensor } from '../tensor/index.ts'
import type { SeenEntries } from './seen-entries.ts'

/** The rows of a fit and what is known of them. */
export interface FactorFit {
  readonly size: number
  /** r. */
  readonly rank: number
  /** Means of the rows b_p = (μ_p, u_p), [size, q]. */
  readonly rows: Float64Array
  /** Their covariances, [size, q, q]. */
  readonly spread: Float64Array
  /** d_p, [size]. */
  readonly variance: Float64Array
}

/** Least variance of an entry beside its factor, in squared units of the prior: that of `ppca`. */
const FLOOR = 1e-6

/** The same relative to the mean over all entries. */
const RELATIVE_FLOOR = 1e-2

/** Seen entries that the mean variance counts for, in that of each entry. */
const VARIANCE_COUNT = 6

/** Observations at once. */
const BATCH = 512

const matrixOf = (data: Float64Array, shape: readonly number[]): NdArray<'float64'> =>
  new NdArray('float64', [...shape], data)

const numbersOf = ({ data }: NdArray): Float64Array =>
  data instanceof Float64Array ? data : Float64Array.from(data, Number)

/** Mean and variance of all that was seen. */
const overall = ({ y, seen }: SeenEntries): { readonly mean: number; readonly variance: number } => {
  let [n, sum, squares] = [0, 0, 0]
  for (let i = 0; i < y.length; i++) {
    if (!seen[i]) continue
    n++
    sum += y[i]
    squares += y[i] * y[i]
  }
  const mean = n === 0 ? 0 : sum / n
  return { mean, variance: n === 0 ? 1 : Math.max(squares / n - mean * mean, FLOOR) }
}

/** Of a fit to begin with: that of less rank with random columns, or nothing but random columns. */
const started = (data: SeenEntries, rank: number, seed: number, from?: FactorFit): FactorFit => {
  const { size } = data
  const { mean, variance } = overall(data)
  const q = rank + 1
  const old = from?.rank ?? 0
  const left = from ? from.variance.reduce((a, b) => a + b, 0) / size : variance
  const white = normal(stream(seed, 'factor start'), [size, q], { draw: rank }).data
  const rows = new Float64Array(size * q)
  const spread = new Float64Array(size * q * q)
  for (let p = 0; p < size; p++) {
    for (let j = 0; j < q; j++) {
      if (from && j <= old) rows[p * q + j] = from.rows[p * (old + 1) + j]
      else rows[p * q + j] = j === 0 ? mean : white[p * q + j] * Math.sqrt(left / (2 * rank))
    }
    if (!from) continue
    for (let j = 0; j <= Math.min(old, rank); j++)
      for (let k = 0; k <= Math.min(old, rank); k++)
        spread[(p * q + j) * q + k] = from.spread[(p * (old + 1) + j) * (old + 1) + k]
  }
  return { size, rank, rows, spread, variance: from?.variance ?? new Float64Array(size).fill(variance) }
}

/** E[b bᵀ] of every row, [size, q²]. */
const secondMoments = ({ size, rank, rows, spread }: FactorFit): Float64Array => {
  const q = rank + 1
  const out = Float64Array.from(spread)
  for (let p = 0; p < size; p++)
    for (let j = 0; j < q; j++)
      for (let k = 0; k < q; k++) out[(p * q + j) * q + k] += rows[p * q + j] * rows[p * q + k]
  return out
}

/** Sums over observations with weights ω = 1/(d + s) where an entry was seen. */
interface Sums {
  /** Σ_i ω E[w wᵀ], [size, q²]. */
  readonly gram: Float64Array
  /** Σ_i ω y E[w], [size, q]. */
  readonly cross: Float64Array
  /** Σ_i ω y², Σ_i ω, and the number seen, [size]. */
  readonly energy: Float64Array
  readonly weight: Float64Array
  readonly times: Float64Array
  /** Σ_i E[w wᵀ], [q, q]. */
  readonly scores: Float64Array
}

/** E[w] and E[w wᵀ] of some observations, from Σ_p ω E[b bᵀ] [m, q²] and Σ_p ω y E[b] [m, q]. */
const posteriors = (precision: Float64Array, shift: Float64Array, q: number) => {
  const m = shift.length / q
  const r = q - 1
  const first = new Float64Array(m * q)
  const second = new Float64Array(m * q * q)
  const P = new Float64Array(r * r)
  for (let i = 0; i < m; i++) {
    const at = i * q * q
    for (let j = 0; j < r; j++)
      for (let k = 0; k < r; k++) P[j * r + k] = precision[at + (j + 1) * q + k + 1] + (j === k ? 1 : 0)
    spdInverse(P, r)
    first[i * q] = 1
    for (let j = 0; j < r; j++) {
      let sum = 0
      for (let k = 0; k < r; k++) sum += P[j * r + k] * (shift[i * q + k + 1] - precision[at + k + 1])
      first[i * q + j + 1] = sum
    }
    for (let j = 0; j < q; j++)
      for (let k = 0; k < q; k++)
        second[at + j * q + k] =
          first[i * q + j] * first[i * q + k] + (j > 0 && k > 0 ? P[(j - 1) * r + k - 1] : 0)
  }
  return { first, second }
}

/** The two products of a pass. */
const products = () => {
  const forward = jit((w: Tensor, wy: Tensor, moments: Tensor, rows: Tensor) => ({
    precision: matmul(w, moments),
    shift: matmul(wy, rows),
  }))
  const backward = jit((w: Tensor, wy: Tensor, second: Tensor, first: Tensor) => ({
    gram: matmul(w, second, { transA: true }),
    cross: matmul(wy, first, { transA: true }),
  }))
  return { forward, backward }
}

type Products = ReturnType<typeof products>

const addTo = (sum: Float64Array, more: Float64Array): void => {
  for (let i = 0; i < sum.length; i++) sum[i] += more[i]
}

/** The E-step: the sums that the rows are fitted to. */
const sumsOf = async (data: SeenEntries, fit: FactorFit, { forward, backward }: Products): Promise<Sums> => {
  const { count, size } = data
  const q = fit.rank + 1
  const moments = matrixOf(secondMoments(fit), [size, q * q])
  const rows = matrixOf(fit.rows, [size, q])
  const zero = (n: number) => new Float64Array(n)
  const sums = {
    gram: zero(size * q * q),
    cross: zero(size * q),
    energy: zero(size),
    weight: zero(size),
    times: zero(size),
    scores: zero(q * q),
  }
  for (let from = 0; from < count; from += BATCH) {
    const m = Math.min(BATCH, count - from)
    const [w, wy] = [zero(m * size), zero(m * size)]
    for (let i = 0; i < m * size; i++) {
      const at = from * size + i
      if (!data.seen[at]) continue
      const p = i % size
      w[i] = 1 / (fit.variance[p] + data.noise[at])
      wy[i] = w[i] * data.y[at]
      sums.energy[p] += wy[i] * data.y[at]
      sums.weight[p] += w[i]
      sums.times[p]++
    }
    const [W, WY] = [matrixOf(w, [m, size]), matrixOf(wy, [m, size])]
    const seen = await forward(W, WY, moments, rows)
    const { first, second } = posteriors(numbersOf(seen.precision), numbersOf(seen.shift), q)
    for (let i = 0; i < second.length; i++) sums.scores[i % (q * q)] += second[i]
    const told = await backward(W, WY, matrixOf(second, [m, q * q]), matrixOf(first, [m, q]))
    addTo(sums.gram, numbersOf(told.gram))
    addTo(sums.cross, numbersOf(told.cross))
  }
  return sums
}

/** The matrix of a map of vectors of n numbers. */
const columnsOf = (n: number, map: (unit: Float64Array) => Float64Array): Matrix => {
  const matrix = Matrix.zeros(n, n)
  for (let j = 0; j < n; j++)
    matrix.setColumn(j, Array.from(map(Float64Array.from({ length: n }, (_, k) => (k === j ? 1 : 0)))))
  return matrix
}

/** Other coordinates of w, and the prior of the rows in them. */
interface Turn {
  /** w ↦ T w, T = [[1, 0], [−A z̄, A]]. */
  readonly T: Matrix
  /** b₀ and the diagonal of Λ, [q]. */
  readonly center: Float64Array
  readonly precision: Float64Array
}

/** Σ E[b bᵀ] of the rows that were seen, and the number of these. */
const totalOf = (fit: FactorFit, { times }: Sums) => {
  const q = fit.rank + 1
  const moments = secondMoments(fit)
  const total = new Float64Array(q * q)
  let seen = 0
  for (let p = 0; p < fit.size; p++) {
    if (times[p] === 0) continue
    seen++
    for (let k = 0; k < q * q; k++) total[k] += moments[p * q * q + k]
  }
  return { seen, total: Matrix.from1DArray(q, q, Array.from(total)) }
}

/**
 * Coordinates in which z is white and the columns of U are orthogonal: A = Qᵀ L⁻¹ with the covariance L Lᵀ of
 * z and the axes Q of Lᵀ Σ_p E[u uᵀ] L. The values along the axes are what Λ is fitted to.
 */
const turnOf = (sums: Sums, fit: FactorFit, count: number): Turn => {
  const r = fit.rank
  const S = Matrix.from1DArray(r + 1, r + 1, Array.from(sums.scores)).div(count)
  const mean = S.subMatrix(1, r, 0, 0)
  const C = S.subMatrix(1, r, 1, r).sub(mean.mmul(mean.transpose()))
  const chol = denseCholesky(Float64Array.from(C.to1DArray()), r, { semidefinite: true })
  const L = columnsOf(r, chol.times)
  const { seen, total } = totalOf(fit, sums)
  const inner = L.transpose()
    .mmul(total.subMatrix(1, r, 1, r))
    .mmul(L)
  const axes = new EigenvalueDecomposition(inner, { assumeSymmetric: true })
  const A = axes.eigenvectorMatrix.transpose().mmul(L.transpose()).mmul(columnsOf(r, chol.solve))
  const T = Matrix.eye(r + 1)
  T.setSubMatrix(A, 1, 1)
  T.setSubMatrix(A.mmul(mean).mul(-1), 1, 0)
  // The mean of an observation at z̄ is the new μ: its average and its spread over the entries.
  const at = S.subMatrix(0, r, 0, 0)
  let sum = 0
  for (let p = 0; p < fit.size; p++)
    if (sums.times[p] > 0) for (let j = 0; j <= r; j++) sum += fit.rows[p * (r + 1) + j] * at.get(j, 0)
  const center = sum / Math.max(seen, 1)
  const square = at.transpose().mmul(total).mmul(at).get(0, 0) / Math.max(seen, 1)
  const values = [square - center * center, ...axes.realEigenvalues.map((v) => v / Math.max(seen, 1))]
  return {
    T,
    center: Float64Array.of(center, ...new Float64Array(r)),
    precision: Float64Array.from(values, (v) => 1 / Math.max(v, FLOOR)),
  }
}

/** Σ_i ω E[w wᵀ] and Σ_i ω y E[w] for w' = T w. */
const turned = (sums: Sums, T: Matrix, size: number): Sums => {
  const q = T.rows
  const t = Float64Array.from(T.to1DArray())
  const gram = new Float64Array(sums.gram.length)
  const cross = new Float64Array(sums.cross.length)
  const half = new Float64Array(q * q)
  for (let p = 0; p < size; p++) {
    const at = p * q * q
    for (let j = 0; j < q; j++) {
      let sum = 0
      for (let l = 0; l < q; l++) sum += t[j * q + l] * sums.cross[p * q + l]
      cross[p * q + j] = sum
      for (let k = 0; k < q; k++) {
        let of = 0
        for (let l = 0; l < q; l++) of += t[j * q + l] * sums.gram[at + k * q + l] // symmetric
        half[j * q + k] = of
      }
    }
    for (let j = 0; j < q; j++)
      for (let k = 0; k <= j; k++) {
        let sum = 0
        for (let l = 0; l < q; l++) sum += half[j * q + l] * t[k * q + l]
        gram[at + j * q + k] = sum
        gram[at + k * q + j] = sum
      }
  }
  return { ...sums, gram, cross }
}

/** The M-step: rows, their spread and the variances. */
const refitted = (fit: FactorFit, sums: Sums, { center, precision }: Turn): FactorFit => {
  const { size, rank } = fit
  const q = rank + 1
  const rows = new Float64Array(size * q)
  const spread = new Float64Array(size * q * q)
  const own = new Float64Array(size)
  const C = new Float64Array(q * q)
  let [pooled, entries] = [0, 0]
  for (let p = 0; p < size; p++) {
    const at = p * q * q
    const G = sums.gram.subarray(at, at + q * q)
    C.set(G)
    for (let j = 0; j < q; j++) C[j * (q + 1)] += precision[j]
    spdInverse(C, q)
    for (let j = 0; j < q; j++) {
      let sum = 0
      for (let k = 0; k < q; k++) sum += C[j * q + k] * (sums.cross[p * q + k] + precision[k] * center[k])
      rows[p * q + j] = sum
    }
    spread.set(C, at)
    if (sums.times[p] === 0) continue
    let misfit = sums.energy[p]
    for (let j = 0; j < q; j++) {
      misfit -= 2 * rows[p * q + j] * sums.cross[p * q + j]
      for (let k = 0; k < q; k++) misfit += (rows[p * q + j] * rows[p * q + k] + C[j * q + k]) * G[j * q + k]
    }
    // ω of the misfit and its expectation: d moves to where they agree (Fisher's scoring).
    own[p] = fit.variance[p] + (misfit - sums.times[p]) / sums.weight[p]
    pooled += sums.times[p] * own[p]
    entries += sums.times[p]
  }
  const mean = Math.max(entries === 0 ? 1 : pooled / entries, FLOOR)
  const variance = own.map((d, p) =>
    Math.max(
      (sums.times[p] * d + VARIANCE_COUNT * mean) / (sums.times[p] + VARIANCE_COUNT),
      RELATIVE_FLOOR * mean,
      FLOOR,
    ),
  )
  return { size, rank, rows, spread, variance }
}

/** Relative change of the mean variance with which a fit has settled. */
const SETTLED = 1e-3

/** A fit between two passes. */
export interface FitPoint {
  readonly fit: FactorFit
  /** Passes made. */
  readonly pass: number
  /** Mean variance before the last one. */
  readonly before: number
}

/** How a fit is made. */
export interface FactorOptions {
  readonly rank: number
  /** Passes at most. */
  readonly passes: number
  readonly seed: number
  /** A fit of the same or less rank to begin with. */
  readonly from?: FactorFit
  /** Where it goes on, as `onPass` was told. */
  readonly resume?: FitPoint
  /** Before each pass: throws to stop. */
  readonly onPass?: (point: FitPoint) => void
}

/**
 * Fits factors to masked observations. A fit that goes on has the same numbers as one that was not stopped.
 *
 * @returns the fit, in the units of the data given
 */
export const factorFit = async (data: SeenEntries, options: FactorOptions): Promise<FactorFit> => {
  const { rank, passes, seed, from, resume, onPass } = options
  const programs = products()
  let fit = resume?.fit ?? (from?.rank === rank ? from : started(data, rank, seed, from))
  let before = resume?.before ?? Infinity
  try {
    for (let i = resume?.pass ?? 0; i < passes; i++) {
      onPass?.({ fit, pass: i, before })
      const found = await sumsOf(data, fit, programs)
      const turn = turnOf(found, fit, data.count)
      fit = refitted(fit, turned(found, turn.T, data.size), turn)
      const mean = fit.variance.reduce((a, b) => a + b, 0) / data.size
      if (Math.abs(mean - before) < SETTLED * mean && i >= 4) break
      before = mean
    }
  } finally {
    await programs.forward.release()
    await programs.backward.release()
  }
  return fit
}
