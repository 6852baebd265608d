import { expandDims, matmul, reshape, type Shape, type Tensor } from '../tensor/index.ts'
import { shapeError } from '../tensor/shape.ts'
import type { LinearOperator } from './operator.ts'

/**
 * y = P x for a dense matrix per observation (the random projections of DiEM 5.1).
 *
 * @param matrix - [B, M, N], or [1, M, N] shared by the batch
 * @param event - shape of one x with N entries, [N] by default
 * @throws TweedieError `shape` when the matrices do not act on such events
 *
 * @example
 * ```ts
 * const matrices = constant(normal(stream(0, 'projections'), [8, 2, 5])) // 2×5 for each of 8 observations
 * projection(matrices).outShape // [2]
 * ```
 */
export const projection = (matrix: Tensor, event: Shape = matrix.shape.slice(2)): LinearOperator => {
  const [, m, n] = matrix.shape
  if (matrix.shape.length !== 3 || event.reduce((a, d) => a * d, 1) !== n) {
    shapeError('projection', `matrices [${matrix.shape}] do not act on events [${event}]`)
  }
  const column = (v: Tensor) => expandDims(reshape(v, [v.shape[0], -1]), 2)
  return {
    name: 'projection',
    linear: true,
    inShape: event,
    outShape: [m],
    apply: (x) => reshape(matmul(matrix, column(x)), [x.shape[0], m]),
    adjoint: (y) => reshape(matmul(matrix, column(y), { transA: true }), [y.shape[0], ...event]),
  }
}
