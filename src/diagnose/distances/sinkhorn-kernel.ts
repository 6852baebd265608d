// The inner loops of sinkhorn.ts. Everything here is divided by ε: potentials, costs, exponents.
import { type Cloud, eachRow } from './cloud.ts'

/** Terms below e^{-45} of the largest do not change a float64 sum. */
const negligible = -45

/** `-log mean_j exp(h_j - |a_i - b_j|²/ε)` for every point of `a`. */
export const softmin = (a: Cloud, b: Cloud, h: Float64Array): Float64Array => {
  const out = new Float64Array(a.n)
  eachRow(a, b, h, (i, row) => {
    let most = -Infinity
    for (let j = 0; j < row.length; j++) if (row[j] > most) most = row[j]
    let sum = 0
    for (let j = 0; j < row.length; j++) {
      const e = row[j] - most
      if (e > negligible) sum += Math.exp(e)
    }
    out[i] = a.norms[i] - most - Math.log(sum / b.n)
  })
  return out
}

/** `<P, M>/ε` with `P_ij = exp(f_i + g_j - M_ij/ε) / (n m)`, over all pairs. */
export const transportCost = (x: Cloud, y: Cloud, f: Float64Array, g: Float64Array): number => {
  let total = 0
  eachRow(x, y, g, (i, row) => {
    const shift = f[i] - x.norms[i]
    let sum = 0
    for (let j = 0; j < row.length; j++) {
      const e = row[j] + shift
      if (e > negligible) sum += (f[i] + g[j] - e) * Math.exp(e)
    }
    total += sum / y.n
  })
  return total / x.n
}

/**
 * The pairs (i, j) of a transport plan that matter, by rows, with the potentials at which they were chosen.
 */
export interface ActivePairs {
  rowStart: Int32Array
  column: Int32Array
  /** `M_ij/ε` of each pair. */
  cost: Float64Array
  f: Float64Array
  g: Float64Array
}

/** `mean_j exp(f_i + g_j - M_ij/ε)` per row. */
export const rowSums = (
  { rowStart, column, cost }: ActivePairs,
  f: Float64Array,
  g: Float64Array,
): Float64Array => {
  const sums = new Float64Array(f.length)
  for (let i = 0; i < f.length; i++) {
    const own = f[i]
    let sum = 0
    for (let p = rowStart[i], end = rowStart[i + 1]; p < end; p++) {
      const e = own + g[column[p]] - cost[p]
      if (e > negligible) sum += Math.exp(e)
    }
    sums[i] = sum / g.length
  }
  return sums
}

/** `mean_i exp(f_i + g_j - M_ij/ε)` per column. */
export const columnSums = (
  { rowStart, column, cost }: ActivePairs,
  f: Float64Array,
  g: Float64Array,
): Float64Array => {
  const sums = new Float64Array(g.length)
  for (let i = 0; i < f.length; i++) {
    const own = f[i]
    for (let p = rowStart[i], end = rowStart[i + 1]; p < end; p++) {
      const j = column[p]
      const e = own + g[j] - cost[p]
      if (e > negligible) sums[j] += Math.exp(e)
    }
  }
  for (let j = 0; j < g.length; j++) sums[j] /= f.length
  return sums
}

/** Largest rise of any element. */
export const rise = (now: Float64Array, then: Float64Array): number => {
  let most = -Infinity
  for (let i = 0; i < now.length; i++) if (now[i] - then[i] > most) most = now[i] - then[i]
  return most
}

/** The pairs with exponent `f_i + g_j - M_ij/ε > -depth`, or undefined when there are more than `limit`. */
export const activePairs = (
  x: Cloud,
  y: Cloud,
  f: Float64Array,
  g: Float64Array,
  depth: number,
  limit: number,
): ActivePairs | undefined => {
  const rowStart = new Int32Array(x.n + 1)
  let column = new Int32Array(4 * (x.n + y.n))
  let cost = new Float64Array(column.length)
  let count = 0
  eachRow(x, y, g, (i, row) => {
    const shift = f[i] - x.norms[i]
    if (count > limit) return
    for (let j = 0; j < row.length; j++) {
      const e = row[j] + shift
      if (e <= -depth) continue
      if (count === column.length) {
        column = grown(column, new Int32Array(2 * count))
        cost = grown(cost, new Float64Array(2 * count))
      }
      column[count] = j
      cost[count] = f[i] + g[j] - e
      count++
    }
    rowStart[i + 1] = count
  })
  return count > limit ? undefined : { rowStart, column, cost, f: f.slice(), g: g.slice() }
}

const grown = <A extends Int32Array | Float64Array>(from: A, to: A): A => {
  to.set(from)
  return to
}
