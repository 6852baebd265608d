/**
 * The orthonormal cosine basis of each axis of an event (DCT-II; Ahmed, Natarajan & Rao 1974). Covariances
 * that depend on the distance of two places alone are nearly diagonal in it, without joining the borders.
 */
import {
  expandDims,
  matmul,
  type NdArray,
  reshape,
  type Shape,
  sizeOf,
  type Tensor,
} from '../tensor/index.ts'
import { type Dense, dense, matrixOf } from './dense.ts'

/** Matrices that were made, and as constants of programs. */
const known = new Map<number, { readonly matrix: NdArray<'float64'>; readonly like: Dense }>()

const basis = (n: number) => {
  const made = known.get(n)
  if (made) return made
  const matrix = matrixOf(
    n,
    n,
    (k, i) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (i + 0.5)) / n),
  )
  const fresh = { matrix, like: dense(matrix) }
  known.set(n, fresh)
  return fresh
}

/** B [n, n], one cosine in each row, the first constant; B Bᵀ = I. Of n = 2 they are Haar's. */
export const cosineBasis = (n: number): NdArray<'float64'> => basis(n).matrix

const alongAxes = (event: Shape, v: Tensor, inverse: boolean): Tensor =>
  event.reduce((x, n, axis) => {
    if (n === 1) return x
    const after = sizeOf(event.slice(axis + 1))
    const B = basis(n).like(x)
    if (after === 1) return matmul(reshape(x, [-1, n]), B, { transB: !inverse })
    return matmul(expandDims(B, 0), reshape(x, [-1, n, after]), { transA: inverse })
  }, v)

/** Coefficients of rows v [B, ...], whose entries are those of an event, in the shape of v. */
export const toCosines = (event: Shape, v: Tensor): Tensor => reshape(alongAxes(event, v, false), v.shape)

/** The rows [B, ...] of such coefficients. */
export const fromCosines = (event: Shape, v: Tensor): Tensor => reshape(alongAxes(event, v, true), v.shape)

/**
 * Frequencies of the coefficients along each axis, in half periods per step, in [0, 1): those of an event, an
 * array of as many numbers as it has axes for each.
 */
export const cosineFrequencies = (event: Shape): readonly (readonly number[])[] =>
  event.reduce<number[][]>(
    (all, n) => all.flatMap((before) => Array.from({ length: n }, (_, k) => [...before, k / n])),
    [[]],
  )

/** Products along each axis outside programs, with B or Bᵀ. */
const plainAxes = (event: Shape, rows: readonly number[], inverse: boolean): number[] =>
  event.reduce<number[]>((values, n, axis) => {
    if (n === 1) return values
    const after = sizeOf(event.slice(axis + 1))
    const B = cosineBasis(n).data
    const next = new Array<number>(values.length).fill(0)
    for (let start = 0; start < values.length; start += n * after)
      for (let k = 0; k < n; k++)
        for (let i = 0; i < n; i++) {
          const [to, from] = inverse ? [i, k] : [k, i]
          const b = B[k * n + i]
          for (let j = 0; j < after; j++) next[start + to * after + j] += b * values[start + from * after + j]
        }
    return next
  }, Array.from(rows))

/** {@link toCosines} outside programs, of rows one after the other. */
export const cosinesOf = (event: Shape, rows: readonly number[]): number[] => plainAxes(event, rows, false)

/** {@link fromCosines} outside programs. */
export const entriesOf = (event: Shape, rows: readonly number[]): number[] => plainAxes(event, rows, true)
