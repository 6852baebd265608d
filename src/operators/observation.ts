import type { Tensor } from '../tensor/index.ts'
import type { Noise } from './noise.ts'
import type { Operator } from './operator.ts'

/** What was seen: y [B, ...outShape], the operator that made it, the noise on it. */
export interface Observation {
  readonly y: Tensor
  readonly A: Operator
  readonly noise: Noise
}
