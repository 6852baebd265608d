/**
 * Principal components of a posterior: what varies together. With the centred draws X [K, P], X Xᵀ is K × K
 * and has the eigenvalues λ and eigenvectors u of the draws' singular value decomposition; a component is
 * Xᵀ u / √λ.
 */
import type { Draws } from './draws.ts'
import { symmetricEigen } from './jacobi.ts'
import { type Pieces, whole } from './pieces.ts'

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

/** Products in a piece. */
const PIECE = 2 ** 20

/** The value that is furthest from 0; 0 of none. */
const furthest = (values: Float32Array): number => {
  let best = 0
  for (const value of values) if (Math.abs(value) > Math.abs(best)) best = value
  return best
}

/**
 * The components with the largest variance, their patterns place by place.
 *
 * @param draws - of one channel
 * @param mean - of the draws, [P]
 * @param products - X Xᵀ over all places, or those of a region: the patterns are of all places all the same,
 * and say how the rest goes with what varies in the region
 */
export const componentPieces = (
  { values, count, size }: Draws,
  mean: Float32Array,
  products: readonly Float64Array[],
  most = 6,
): Pieces<readonly Component[]> => {
  const { values: lambda, vectors } = symmetricEigen(products)
  const whole = lambda.reduce((sum, l) => sum + Math.max(0, l), 0)
  // Along Xᵀ u / √λ the draws lie at √λ u, whose deviation is √(λ / (K − 1)).
  const root = Math.sqrt(count - 1)
  const found = Array.from({ length: Math.max(0, Math.min(most, count - 1)) }, (_, j) => j)
    .filter((j) => lambda[j] > 1e-12 * whole)
    .map((j) => ({
      share: lambda[j] / whole,
      deviation: Math.sqrt(lambda[j]) / root,
      u: vectors[j],
      pattern: new Float32Array(size),
    }))
  return {
    total: size,
    size: Math.max(1, Math.floor(PIECE / (count * Math.max(1, found.length)))),
    work: (from, to) => {
      for (const { u, pattern } of found) {
        const sum = new Float64Array(to - from)
        for (let k = 0; k < count; k++)
          for (let i = 0, p = from; p < to; i++, p++) sum[i] += u[k] * (values[k * size + p] - mean[p])
        for (let i = 0; i < sum.length; i++) pattern[from + i] = sum[i] / root
      }
    },
    result: () =>
      found.map(({ share, deviation, u, pattern }) => {
        const sign = furthest(pattern) < 0 ? -1 : 1
        if (sign < 0) for (let p = 0; p < size; p++) pattern[p] *= -1
        return { share, deviation, pattern, scores: u.map((x) => sign * x * root) }
      }),
  }
}

/** As {@link componentPieces}, at once. */
export const componentsOf = (
  draws: Draws,
  mean: Float32Array,
  products: readonly Float64Array[],
  most = 6,
): readonly Component[] => whole(componentPieces(draws, mean, products, most))

/** Mean + t · pattern, [P]. */
export const along = (mean: Float32Array, { pattern }: Component, t: number): Float32Array =>
  mean.map((m, p) => m + t * pattern[p])
