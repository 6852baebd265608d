/**
 * Principal components of a posterior: what varies together. With the centred draws X [K, P], X Xᵀ is K × K
 * and has the eigenvalues λ and eigenvectors u of the draws' singular value decomposition; a component is
 * Xᵀ u / √λ.
 */
import type { Draws } from './draws.ts'
import { symmetricEigen } from './jacobi.ts'

/** A direction in which draws vary. */
export interface Component {
  /** Share of the variance in the region (or the whole). */
  readonly share: number
  /** Standard deviation of the draws along it. */
  readonly deviation: number
  /** [P]: by how much every place changes when the draws move by one standard deviation. */
  readonly pattern: Float32Array
  /** How far each draw is along it, in standard deviations, [K]. */
  readonly scores: Float64Array
}

/** K × K, of nothing yet. */
export const emptyGram = (count: number): Float64Array[] =>
  Array.from({ length: count }, () => new Float64Array(count))

/**
 * Adds what places `from … to − 1` bring to X Xᵀ.
 *
 * @param among - which places are meant: default all
 */
export const addGram = (
  products: readonly Float64Array[],
  { values, count, size }: Draws,
  mean: Float32Array,
  [from, to]: readonly [number, number],
  among?: ArrayLike<number>,
): void => {
  const wide = to - from
  const taken = Array.from({ length: count }, (_, k) =>
    Float64Array.from({ length: wide }, (_, i) => {
      const place = among ? among[from + i] : from + i
      return values[k * size + place] - mean[place]
    }),
  )
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [taken[i], taken[j]]
      let sum = 0
      for (let p = 0; p < wide; p++) sum += a[p] * b[p]
      products[i][j] += sum
      if (i !== j) products[j][i] += sum
    }
}

/**
 * The components with the largest variance.
 *
 * @param draws - of one channel
 * @param mean - of the draws, [P]
 * @param products - X Xᵀ over all places, or those of a region: the patterns are of all places all the same,
 * and say how the rest goes with what varies in the region
 */
export const componentsOf = (
  draws: Draws,
  mean: Float32Array,
  products: readonly Float64Array[],
  most = 6,
): readonly Component[] => {
  const { values, count, size } = draws
  if (count < 2) return []
  const { values: lambda, vectors } = symmetricEigen(products)
  const whole = lambda.reduce((sum, l) => sum + Math.max(0, l), 0)
  return Array.from({ length: Math.min(most, count - 1) }, (_, j) => j)
    .filter((j) => lambda[j] > 1e-12 * whole)
    .map((j) => {
      const u = vectors[j]
      const pattern = new Float64Array(size)
      for (let k = 0; k < count; k++)
        for (let p = 0, at = k * size; p < size; p++, at++) pattern[p] += u[k] * (values[at] - mean[p])
      // Along Xᵀ u / √λ the draws lie at √λ u, whose deviation is √(λ / (K − 1)).
      const root = Math.sqrt(count - 1)
      const highest = pattern.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0)
      const sign = highest < 0 ? -1 : 1
      return {
        share: lambda[j] / whole,
        deviation: Math.sqrt(lambda[j]) / root,
        pattern: Float32Array.from(pattern, (x) => (sign * x) / root),
        scores: u.map((x) => sign * x * root),
      }
    })
}

/** Mean + t · pattern, [P]. */
export const along = (mean: Float32Array, { pattern }: Component, t: number): Float32Array =>
  mean.map((m, p) => m + t * pattern[p])
