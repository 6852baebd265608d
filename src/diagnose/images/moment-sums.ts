import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/index.ts'
import type { Moments } from '../distances/bures.ts'
import { finiteValues } from '../values.ts'

/** Moments of rows that come in batches: memory is that of a covariance, whatever their number. */
export interface MomentSums {
  /** @param rows - [b, F], finite. @throws TweedieError `shape` on another F, `numeric` on NaN or infinity */
  add(rows: NdArray): void
  /** How many rows there were. */
  count(): number
  /** Mean and unbiased covariance, 1/(n − 1). @throws TweedieError `shape` for fewer than 2 rows */
  moments(): Moments
}

/** Columns of a batch about its own mean, [F, b + 1], the last entry of each left free; and the mean. */
const centredColumns = (x: ArrayLike<number>, b: number, d: number) => {
  const mean = new Float64Array(d)
  for (let i = 0; i < b; i++) for (let a = 0; a < d; a++) mean[a] += x[i * d + a] / b
  const columns = new Float64Array(d * (b + 1))
  for (let a = 0; a < d; a++) for (let i = 0; i < b; i++) columns[a * (b + 1) + i] = x[i * d + a] - mean[a]
  return { mean, columns }
}

/** S += C Cᵀ of columns [F, k], upper triangle only. */
const addProducts = (S: Float64Array, columns: Float64Array, d: number): void => {
  const k = columns.length / d
  for (let a = 0; a < d; a++) {
    for (let b = a; b < d; b++) {
      let sum = 0
      for (let i = 0, p = a * k, q = b * k; i < k; i++) sum += columns[p + i] * columns[q + i]
      S[a * d + b] += sum
    }
  }
}

/**
 * Mean and covariance of rows that come in batches. Each batch is taken about its own mean, and the shift
 * δ of the means enters as one more row, √(n b/(n + b)) δ (Chan, Golub & LeVeque, "Updating formulae and a
 * pairwise algorithm for computing sample variances", 1979): nothing cancels, and the batches may be of any
 * size.
 *
 * @param d - F, length of a row
 *
 * @example
 * ```ts
 * const sums = momentSums(2)
 * sums.add(ndarray([0, 0, 2, 2], [2, 2]))
 * sums.moments() // mean 1, 1; covariance 2 everywhere
 * ```
 */
export const momentSums = (d: number): MomentSums => {
  const mean = new Float64Array(d)
  const S = new Float64Array(d * d)
  let n = 0
  return {
    add: (rows) => {
      const [b, length] = rows.shape
      if (rows.shape.length !== 2 || length !== d)
        throw new TweedieError('shape', `moments: expected rows [b, ${d}], got [${rows.shape}]`)
      if (b === 0) return
      const own = centredColumns(finiteValues(rows, 'moments: rows'), b, d)
      const weight = Math.sqrt((n * b) / (n + b))
      for (let a = 0; a < d; a++) {
        const shift = own.mean[a] - mean[a]
        own.columns[a * (b + 1) + b] = weight * shift
        mean[a] += (shift * b) / (n + b)
      }
      addProducts(S, own.columns, d)
      n += b
    },
    count: () => n,
    moments: () => {
      if (n < 2) throw new TweedieError('shape', `moments: expected at least 2 rows, got ${n}`)
      const covariance = new Float64Array(d * d)
      for (let a = 0; a < d; a++)
        for (let b = a; b < d; b++) covariance[a * d + b] = covariance[b * d + a] = S[a * d + b] / (n - 1)
      return {
        mean: new NdArray('float64', [d], mean.slice()),
        covariance: new NdArray('float64', [d, d], covariance),
      }
    },
  }
}
