import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { type Circumstances, logqTerms } from '../../amortize/index.ts'

/** Observations for each coefficient, at least. */
const EACH = 8

/**
 * Coefficients of `expectedLogq` by least squares: the shortest ones where terms do not differ, such as with
 * one noise for all; fewer of few observations, at least b₀.
 *
 * @param logq - of each observation
 */
export const fitLogq = (at: readonly Circumstances[], logq: readonly number[]): number[] => {
  const rows = at.map(logqTerms)
  const terms = Math.min(rows[0].length, Math.max(1, Math.floor(rows.length / EACH)))
  const design = new Matrix(rows.map((row) => row.slice(0, terms)))
  const decomposition = new SingularValueDecomposition(design, { autoTranspose: true })
  return decomposition.solve(Matrix.columnVector(logq)).to1DArray()
}
