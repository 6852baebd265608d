import { EigenvalueDecomposition, type Matrix } from 'ml-matrix'

/** Leading eigenpairs of a symmetric matrix. */
export interface Eigen {
  /** Descending. */
  readonly values: readonly number[]
  /** Columns q, [N, r]. */
  readonly vectors: Matrix
}

/** The r leading eigenpairs, from the whole spectrum. */
export const byDecomposition = (C: Matrix, r: number): Eigen => {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(C, {
    assumeSymmetric: true,
  })
  const order = values
    .map((_, i) => i)
    .sort((a, b) => values[b] - values[a])
    .slice(0, r)
  return { values: order.map((i) => values[i]), vectors: vectors.subMatrixColumn(order) }
}
