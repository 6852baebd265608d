import type { Covariance } from '../linalg/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Operator } from './operator.ts'

/** y = A x + n, n ~ N(0, Σy): what was observed, inside a program. */
export interface Observation {
  /** [B, ...A.outShape]. */
  readonly y: Tensor
  /** The operator that made y. */
  readonly A: Operator
  /** Σy. */
  readonly noise: Covariance
}
