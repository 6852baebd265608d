import { broadcastTo, concat, rematerialise, reshape, sizeOf, slice, type Tensor } from '../tensor/index.ts'
import type { Moved } from './flow.ts'

/** How the steps of a flow are computed. */
export interface StepMemory {
  /**
   * Whether gradients compute each step again instead of keeping what is inside it: less memory, about a
   * third more time, the same result. Default false.
   */
  readonly rematerialise?: boolean
}

/**
 * A step of a flow, computed again for its gradients where that is asked for.
 *
 * @param step - from the weights and features in `at`, everything that has a gradient
 */
export const movedAgain = <T>(again: boolean | undefined, step: (at: T) => Moved, at: T): Moved => {
  if (!again) return step(at)
  // One tensor of both: as many rows, the log-determinant in the last column.
  let like: Tensor | undefined
  const both = rematerialise((at: T) => {
    const { h, logdet } = step(at)
    like ??= h
    const rows = h.shape[0]
    return concat([reshape(h, [rows, -1]), reshape(broadcastTo(logdet, [rows]), [rows, 1])], 1)
  }, at)
  const shape = like?.shape ?? []
  const [rows, size] = [shape[0], sizeOf(shape.slice(1))]
  return {
    h: reshape(slice(both, [0, 0], [rows, size]), shape),
    logdet: reshape(slice(both, [0, size], [rows, size + 1]), [rows]),
  }
}
